"""All that a form of map needs to be drawn: whose maps, which of them, how, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ...core.outputs import Map
from .look import Look
from .stage import Stage
from .view_picks import Pick


class Detail(NamedTuple):
    """What is looked at inside a view.

    Attributes:
        channel: of a gate: "mean", "max" or one.
        head: of attention; None for the mean of all.
        cell: that looks, row and column; None where there is no attention.
        sample: of offsets; None for the mean of all.
        by_weight: sort weights of channels.
        stretch: let the colours of gates run from the lowest to the highest cell.
    """

    channel: int | str = "mean"
    head: int | None = None
    cell: tuple[int, int] | None = None
    sample: int | None = None
    by_weight: bool = True
    stretch: bool = False


@dataclass(frozen=True)
class Shown:
    """A look with what is picked of it.

    Attributes:
        look: the network and the image.
        pick, detail: what of its maps.
        stage: where the pictures stand.
        top: where a scale without fixed ends has to reach at least.
        beside: the other look where two are compared.
    """

    look: Look
    pick: Pick
    detail: Detail
    stage: Stage
    top: float = 0.0
    beside: Look | None = None

    @property
    def names(self) -> list[str]:
        """Of the picked maps."""
        return list(self.pick.names.values())

    @property
    def map(self) -> Map:
        """The first of them."""
        return self.look.maps[self.names[0]]
