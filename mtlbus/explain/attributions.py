"""Which pixels an answer rests on: one signature for every attribution method.

    attribute(subject, "integrated_gradients", options) -> Attribution

Every map comes back on the network's square and on the image's own grid. The cost is known before
anything runs (`Technique.price`), and `Subject.watch` can stop it after any pass.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch

from .options import Options
from .perturbations import parts_of
from .subject import Passes, Subject
from .technique import Technique
from .techniques import technique_of


class Completeness(NamedTuple):
    """Whether the shares add up.

    Attributes:
        total: their sum.
        change: the answer for the image less the answer for the baseline.
    """

    total: float
    change: float

    @property
    def error(self) -> float:
        """What is missing or too much, in the unit of the answer."""
        return self.total - self.change

    @property
    def share(self) -> float:
        """The error as a share of the change; infinite where the answer does not change."""
        return abs(self.error) / abs(self.change) if self.change else math.inf


@dataclass(frozen=True, eq=False)
class Attribution:
    """A map of what an answer rests on.

    Attributes:
        name: of the method.
        square: size×size float32, on the network's square.
        plane: H×W float32, on the image's own grid, padding removed; values are per pixel of the
            network's input, not spread anew over finer pixels.
        completeness: for methods whose shares should add up; else None.
        cost: what was run.
        seconds: how long it took.
    """

    name: str
    square: np.ndarray
    plane: np.ndarray
    completeness: Completeness | None
    cost: Passes
    seconds: float


def attribute(subject: Subject, name: str, options: Options | None = None) -> Attribution:
    """Explain one answer with one method.

    Args:
        subject: network, image and target.
        name: of `techniques.TECHNIQUES`.
        options: None for the defaults.

    Raises:
        UnknownNameError: no such method.
        NotServed: the method cannot explain this network or answer.
    """
    technique, options = technique_of(name), options or Options()
    passed: list[tuple[int, bool]] = []

    def watch(images: int) -> None:
        subject.watch(images)
        passed.append((images, torch.is_grad_enabled()))

    watched = replace(subject, watch=watch)
    started = time.perf_counter()
    planes = technique.run(watched, options)[0].detach().float()
    # Of an image in colour: shares and slopes of its channels add up, an effect is that of all.
    square = (planes.mean(0) if technique.unit == "effect" else planes.sum(0)).cpu().numpy()
    completeness = None
    if technique.adds_up:
        total = _total(technique, watched, options, square)
        completeness = Completeness(total, _change(watched, options.baseline))
        if technique.check:
            technique.check(*completeness, float(np.abs(square).sum()))
    gradients = sum(images for images, graph in passed if graph)
    return Attribution(
        name=name,
        square=square,
        plane=subject.on_image(square),
        completeness=completeness,
        cost=Passes(sum(images for images, _ in passed) - gradients, gradients),
        seconds=time.perf_counter() - started,
    )


def _change(subject: Subject, kind: str) -> float:
    """The answer for the image less the answer for the baseline."""
    return subject.value("image", subject.grey) - subject.value(kind, subject.baseline(kind))


def _total(technique: Technique, subject: Subject, options: Options, square: np.ndarray) -> float:
    if technique.unit == "share":
        return float(square.sum(dtype=np.float64))
    parts = parts_of(subject, options)  # each pixel holds the number of its whole part
    return float(sum(square[parts == part][0] for part in range(parts.max() + 1)))
