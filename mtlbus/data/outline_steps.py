"""A reader's outline: what a network drew, corrected step by step.

Each step is pure, so the same steps on the same mask make the same outline. An address holds them:
"add:12.30.80.30.46.90_cut:5.5.20.5.20.40_grow:3" adds a triangle, takes another one away, and moves
the whole edge 3 pixels outward.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..core.errors import InputError

Points = Sequence[tuple[float, float]]
"""Corners of a polygon, each column and row in pixels; (0, 0) is the image's upper left corner."""

MOST_STEPS = 20
MOST_CORNERS = 60  # of one polygon; a line that is drawn by hand is thinned out to so many
FARTHEST = 40  # pixels that the edge moves at once
LARGEST = 20_000  # columns or rows, beyond any image
WORDS = {
    "add": "an area added", "cut": "an area cut off", "grow": "the edge moved",
    "clear": "all taken away", "truth": "the true outline",
}  # fmt: skip
ALLOWED = (
    f"Allowed: at most {MOST_STEPS} steps, joined by “_”, each add:X.Y.X.Y.X.Y… or cut:X.Y… with 3 "
    f"to {MOST_CORNERS} corners, grow:N or grow:-N with N from 1 to {FARTHEST}, clear, or truth."
)
_WHOLE = re.compile(r"-?[0-9]{1,5}")


@dataclass(frozen=True)
class OutlineStep:
    """One correction.

    Attributes:
        kind: "add" or "cut" a polygon, "grow" the outline (below 0 it shrinks), "clear" all of it,
            or take the "truth".
        numbers: x and y of each corner, one after the other, or by how many pixels it grows.
    """

    kind: str
    numbers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        count, corners = len(self.numbers), self.kind in ("add", "cut")
        good = {
            "add": 6 <= count <= 2 * MOST_CORNERS and count % 2 == 0,
            "grow": count == 1 and 1 <= abs(self.numbers[0]) <= FARTHEST,
            "clear": count == 0,
            "truth": count == 0,
        }.get("add" if corners else self.kind, False)
        if not good or (corners and not all(0 <= n <= LARGEST for n in self.numbers)):
            raise InputError(f"No step of an outline: {self.written[:60]!r}. {ALLOWED}")

    @property
    def written(self) -> str:
        """The step in an address."""
        return f"{self.kind}:{'.'.join(map(str, self.numbers))}".rstrip(":")

    @property
    def words(self) -> str:
        """The step as people read it."""
        if self.kind != "grow":
            return WORDS[self.kind]
        (by,) = self.numbers
        return f"{WORDS['grow']} {abs(by)} px {'outward' if by > 0 else 'inward'}"


def polygon_step(kind: str, points: Points) -> OutlineStep:
    """A polygon that was drawn by hand: in whole pixels, thinned out to `MOST_CORNERS`.

    Raises:
        InputError: fewer than three corners, or no polygon at all.
    """
    corners = [(round(x), round(y)) for x, y in points]
    corners = [c for n, c in enumerate(corners) if c != corners[n - 1]]
    if len(corners) > MOST_CORNERS:
        picked = np.linspace(0, len(corners), MOST_CORNERS, endpoint=False).astype(int)
        corners = [corners[n] for n in picked]
    return OutlineStep(kind, tuple(n for corner in corners for n in corner))


def write_steps(steps: Sequence[OutlineStep]) -> str:
    """Steps as an address holds them; "" for none."""
    return "_".join(step.written for step in steps)


def read_steps(text: str) -> tuple[OutlineStep, ...]:
    """The steps that an address holds.

    Raises:
        InputError: they are no steps, or too many.
    """
    parts = text.split("_") if text else []
    if len(parts) > MOST_STEPS:
        raise InputError(f"{len(parts)} steps of an outline. {ALLOWED}")
    steps = []
    for part in parts:
        kind, _, told = part.partition(":")
        numbers = told.split(".") if told else []
        if not all(_WHOLE.fullmatch(one) for one in numbers):
            raise InputError(f"No step of an outline: {part[:60]!r}. {ALLOWED}")
        steps.append(OutlineStep(kind, tuple(map(int, numbers))))
    return tuple(steps)


def corrected(
    mask: np.ndarray, steps: Sequence[OutlineStep], truth: np.ndarray | None = None
) -> np.ndarray:
    """A mask after the steps.

    Args:
        mask: what the network drew, H×W bool; it stays as it is.
        steps: in their order.
        truth: the true outline, H×W bool; None where it is unknown.

    Raises:
        InputError: a step takes a true outline that is unknown.
    """
    found = mask.copy()
    for step in steps:
        if step.kind == "truth":
            if truth is None:
                raise InputError("The true outline is not known here. Draw one instead.")
            found = truth.copy()
        elif step.kind == "clear":
            found = np.zeros_like(found)
        elif step.kind == "grow":
            found = grown(found, step.numbers[0])
        else:
            inside = polygon(step.numbers, found.shape)
            found = found | inside if step.kind == "add" else found & ~inside
    return found


def grown(mask: np.ndarray, by: int) -> np.ndarray:
    """A mask whose edge is moved outward by some pixels, or inward below 0; round at corners."""
    if by < 0:
        return ~grown(~mask, -by)
    if not mask.any():
        return mask.copy()
    return ndimage.distance_transform_edt(~mask) <= by


def polygon(numbers: Sequence[int], shape: tuple[int, int]) -> np.ndarray:
    """The pixels whose middles lie inside of a polygon (even-odd), H×W bool.

    Each edge turns what lies right of it in the rows that it crosses from outside to inside and
    back; how often a pixel was turned says where it lies.

    Args:
        numbers: x and y of each corner, one after the other.
        shape: height and width of the image; the polygon may reach beyond it.
    """
    height, width = shape
    turned = np.zeros((height, width + 1), dtype=np.int32)
    corners = np.reshape(np.asarray(numbers, dtype=float), (-1, 2))
    for (x, y), (u, v) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y > v:
            (x, y), (u, v) = (u, v), (x, y)
        # A row's middle is half a pixel below its top: no corner lies on it.
        rows = np.arange(max(0, int(np.ceil(y - 0.5))), min(height, int(np.ceil(v - 0.5))))
        if len(rows):
            across = x + (rows + 0.5 - y) * (u - x) / (v - y)
            np.add.at(turned, (rows, np.clip(np.ceil(across - 0.5), 0, width).astype(int)), 1)
    return np.cumsum(turned, axis=1)[:, :width] % 2 == 1
