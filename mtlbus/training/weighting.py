"""How the losses of several tasks become one, by name.

All are called alike: `weighting(losses)` is the total, `weighting.backward(losses, parameters)` a
step's gradients, `weighting.end_epoch(means)` follows every epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.errors import choose
from .gradient_weighting import CAGrad, GradNorm, PCGrad
from .loss_weighting import DynamicWeightAverage, FixedWeights, LearnedWeights, Weighting

WEIGHTINGS: dict[str, type[Weighting]] = {
    "fixed": FixedWeights,
    "dwa": DynamicWeightAverage,
    "learned": LearnedWeights,
    "gradnorm": GradNorm,
    "pcgrad": PCGrad,
    "cagrad": CAGrad,
}


def make_weighting(name: str, tasks: Sequence[str], **options: Any) -> Weighting:
    """A weighting by name.

    Args:
        name: of `WEIGHTINGS`.
        tasks: names of the losses.
        options: of the class: `weights` of fixed, `temperature` of dwa, `radius` of cagrad, …

    Raises:
        UnknownNameError: no such weighting, or a weight for a task that does not exist.
        InputError: a package that it needs is not installed.
    """
    return WEIGHTINGS[choose("weighting", name, WEIGHTINGS)](tasks, **options)
