"""What an attribution method says of itself; a function becomes one under `@technique(…)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from ..data.transforms import Frame
from .options import Options
from .subject import Passes, Subject

Unit = Literal["share", "slope", "effect", "heat"]
"""What the numbers of a map are: shares that should add up to the change of the answer, slopes
(change of the answer per step of grey), effects (change when a part is taken away), or heat
without unit."""
Compute = Callable[[Subject, Options], Tensor]
Price = Callable[[Options, Frame, int], Passes]


@dataclass(frozen=True)
class Technique:
    """An attribution method.

    Attributes:
        name, title: for the command line, and as people call it.
        unit: what its numbers are.
        what, isnt: what the map is and what it is not, one plain sentence each.
        cost: by options, frame of the image and size of the square.
        run: the map as 1×1×size×size.
        uses: the options that it reads.
        signed: whether negative numbers mean something.
        adds_up: whether its numbers should sum to the change of the answer.
        check: refuses a map by the sum of its numbers, the change of the answer that they should
            sum to, and the sum of their sizes; None shows any map.
    """

    name: str
    title: str
    unit: Unit
    what: str
    isnt: str
    cost: Price = field(repr=False)
    run: Compute = field(repr=False)
    uses: tuple[str, ...] = ()
    signed: bool = True
    adds_up: bool = False
    check: Callable[[float, float, float], None] | None = field(default=None, repr=False)

    def __call__(self, subject: Subject, options: Options) -> Tensor:
        """The map as 1×1×size×size."""
        return self.run(subject, options)

    def price(self, options: Options, frame: Frame, size: int) -> Passes:
        """All that `attribute` runs, with both ends of the way for a sum that is held to them.

        Ends that the subject knows already are not run again.
        """
        ends = Passes(forwards=2) if self.adds_up else Passes()
        return self.cost(options, frame, size).plus(ends)

    def reads(self, options: Options) -> tuple:
        """The values of the options that it reads: its part of a key."""
        return tuple((name, getattr(options, name)) for name in self.uses)


def technique(title: str, unit: Unit, **more) -> Callable[[Compute], Technique]:
    """Make a function an attribution method of its own name; `more` as of `Technique`."""
    return lambda run: Technique(run.__name__, title, unit, run=run, **more)


def gradient_passes(count: Callable[[Options], int]) -> Price:
    """The price of so many gradients."""
    return lambda options, frame, size: Passes(gradients=count(options))
