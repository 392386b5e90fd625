"""The inner parts of a network that make its maps, and how each is silenced.

A map of a part that no answer hears explains nothing. Each method says in its own file which parts
it has (`register(…, parts_of=…)`); `explain.silencing` sets one at a time to its mean over images,
to neutral or to zero, on a copy of the network, and measures what becomes of the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Call(NamedTuple):
    """One call of a module, as a forward hook hears it.

    Attributes:
        module: the module.
        inputs: its arguments by position.
        named: its arguments by name.
        output: what it returned.
    """

    module: nn.Module
    inputs: tuple[Any, ...]
    named: dict[str, Any]
    output: Any


@dataclass(frozen=True)
class Silencing:
    """What stands in for the answer of a module.

    Attributes:
        replace: the call, and the mean over images where there is one, to the new output.
        watch: the tensor, batch first, whose mean over images `replace` gets; None for none.
    """

    replace: Callable[[Call, Tensor | None], Any]
    watch: Callable[[Call], Tensor] | None = None


@dataclass(frozen=True)
class Part:
    """A part that makes maps.

    Attributes:
        name: in the table.
        says: what is done to it, in words: "the gates are set to their mean over the images".
        silencing: how.
        modules: where, as paths within the network.
        maps: names of the maps that show the part.
        adds: for a part that adds something to features that also pass without it: the two
            tensors of a call, what it adds and what it adds to; their norms say how much it
            counts.
    """

    name: str
    says: str
    silencing: Silencing
    modules: tuple[str, ...]
    maps: tuple[str, ...]
    adds: Callable[[Call], tuple[Tensor, Tensor]] | None = None


# ── ways to silence ──────────────────────────────────────────────────────────────────────────

MEAN = "are set to their mean over the images"

zero = Silencing(lambda call, mean: torch.zeros_like(call.output))
"""The output is zero."""

mean_output = Silencing(lambda call, mean: mean.expand_as(call.output), lambda call: call.output)
"""The output is its mean over the images."""


def mean_part(name: str, what: str, module: str) -> Part:
    """A part that is one module and gives one map, of the same name: its mean over the images."""
    return Part(name, f"{what} {MEAN}", mean_output, (module,), (name,))


def parts_by_stage(
    name: str, what: str, modules: dict[int, tuple[str, ...]], maps: dict[int, tuple[str, ...]]
) -> tuple[Part, ...]:
    """The mean over the images of all stages together, then of each alone.

    Args:
        name: of the maps, before the number of their stage.
        what: they are, in words.
        modules, maps: by stage.
    """
    everywhere = (tuple(chain.from_iterable(found.values())) for found in (modules, maps))
    return (
        Part(name, f"{what} of all stages {MEAN}", mean_output, *everywhere),
        *(
            Part(f"{name}.{stage}", f"{what} of stage {stage} {MEAN}", mean_output, *found)
            for stage, *found in zip(modules, modules.values(), maps.values(), strict=True)
        ),
    )


def _logit_of_mean(call: Call, mean: Tensor) -> Tensor:
    # fp32: a mean that rounds to 1 has no logit.
    return torch.logit(mean.float(), eps=1e-6).to(call.output.dtype).expand_as(call.output)


mean_sigmoid = Silencing(_logit_of_mean, lambda call: torch.sigmoid(call.output))
"""The output goes through a sigmoid next: the gate that this makes is its mean over the images."""


def _mean_gate(call: Call, mean: Tensor) -> tuple[Tensor, Tensor]:
    gate = mean.expand_as(call.output[1])
    return call.inputs[0] * gate, gate


mean_gate = Silencing(_mean_gate, lambda call: call.output[1])
"""The module returns (features · gate, gate): the gate is its mean over the images."""


def passed_by(residual: int | str = 0) -> Silencing:
    """The module returns (features + what it adds, …): it adds nothing.

    Args:
        residual: position or name of the argument that is added to.
    """

    def replace(call: Call, mean: Tensor | None) -> tuple[Any, ...]:
        return (_argument(call, residual), *call.output[1:])

    return Silencing(replace)


def added_to(residual: int | str = 0) -> Callable[[Call], tuple[Tensor, Tensor]]:
    """`Part.adds` of a module that returns (features + what it adds, …)."""

    def parts(call: Call) -> tuple[Tensor, Tensor]:
        before = _argument(call, residual)
        return call.output[0] - before, before

    return parts


def mean_input(start: int | None = None, stop: int | None = None) -> Silencing:
    """Channels start to stop of the module's only input are their mean over the images."""

    def replace(call: Call, mean: Tensor) -> Any:
        changed = call.inputs[0].clone()
        changed[:, start:stop] = mean
        return call.module.forward(changed)  # not the call itself: that would be heard again

    return Silencing(replace, lambda call: call.inputs[0][:, start:stop])


def _argument(call: Call, key: int | str) -> Tensor:
    if isinstance(key, str):
        return call.named[key]
    return call.inputs[key]
