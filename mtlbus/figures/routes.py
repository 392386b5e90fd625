"""How an arrow of a diagram runs from box to box: straight, or by right angles, corners rounded."""

from __future__ import annotations

from itertools import pairwise
from math import hypot
from typing import NamedTuple

CORNER = 9.0
GAP = 3.0  # between the tip of an arrow and its box

Point = tuple[float, float]


class Box(NamedTuple):
    """A rectangle by its centre, pixels.

    Attributes:
        x, y: the centre; arrows touch the sides at this height.
        width, height: the size.
        above: how much more of the height lies above `y` than below it.
    """

    x: float
    y: float
    width: float
    height: float
    above: float = 0.0

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - (self.height + self.above) / 2

    @property
    def bottom(self) -> float:
        return self.y + (self.height - self.above) / 2


class Path(NamedTuple):
    """The corners of an arrow, from its start to its tip."""

    points: tuple[Point, ...]

    @property
    def middle(self) -> Point:
        """The middle of its longest part, where its label stands."""
        start, end = max(pairwise(self.points), key=lambda part: _length(*part))
        return (start[0] + end[0]) / 2, (start[1] + end[1]) / 2

    def as_svg(self) -> str:
        """The value of `d`, with round corners."""
        drawn = [f"M{self.points[0][0]:g},{self.points[0][1]:g}"]
        for before, corner, after in zip(
            self.points, self.points[1:], self.points[2:], strict=False
        ):
            radius = min(CORNER, _length(before, corner) / 2, _length(corner, after) / 2)
            into, out = _towards(corner, before, radius), _towards(corner, after, radius)
            drawn.append(
                f"L{into[0]:g},{into[1]:g} Q{corner[0]:g},{corner[1]:g} {out[0]:g},{out[1]:g}"
            )
        return " ".join([*drawn, f"L{self.points[-1][0]:g},{self.points[-1][1]:g}"])


def route(start: Box, end: Box, way: str = "", lane: float | None = None) -> Path:
    """The corners of an arrow.

    Args:
        start, end: the boxes.
        way: "straight", or the order of horizontal and vertical parts, "hv", "vh", "hvh" or
            "vhv"; "" is straight within a row or column, else "hvh".
        lane: x of the middle part of "hvh", y of that of "vhv"; half-way where None.
    """
    if not way:
        level = abs(start.y - end.y) < 1 or abs(start.x - end.x) < 1
        way = "straight" if level else "hvh"
    if way == "straight":
        if abs(start.x - end.x) < 1:
            return Path((_below_or_above(start, end.y), _below_or_above(end, start.y, GAP)))
        return Path((_beside(start, end.x), _beside(end, start.x, GAP)))
    if way == "hv":
        return Path((_beside(start, end.x), (end.x, start.y), _below_or_above(end, start.y, GAP)))
    if way == "vh":
        return Path((_below_or_above(start, end.y), (start.x, end.y), _beside(end, start.x, GAP)))
    if way == "hvh":
        first, last = _beside(start, end.x), _beside(end, start.x, GAP)
        middle = (first[0] + last[0]) / 2 if lane is None else lane
        return Path((first, (middle, first[1]), (middle, last[1]), last))
    middle = (start.y + end.y) / 2 if lane is None else lane
    first, last = _below_or_above(start, middle), _below_or_above(end, middle, GAP)
    return Path((first, (first[0], middle), (last[0], middle), last))


def _beside(box: Box, x: float, gap: float = 0.0) -> Point:
    """The middle of the side that faces `x`."""
    return (box.right + gap if x > box.x else box.left - gap), box.y


def _below_or_above(box: Box, y: float, gap: float = 0.0) -> Point:
    """The middle of the upper or lower side, whichever faces `y`."""
    return box.x, (box.bottom + gap if y > box.y else box.top - gap)


def _length(start: Point, end: Point) -> float:
    return hypot(end[0] - start[0], end[1] - start[1])


def _towards(start: Point, end: Point, distance: float) -> Point:
    share = distance / max(_length(start, end), 1e-9)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
