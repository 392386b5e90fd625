"""A picture changed to see what happens: a list of steps, each pure, the same every time.

An address holds them: "gain:6_blur:1.5_mirror" makes the picture brighter, then unsharp, then turns
it left to right. The true outline goes along. What was done stands in the notes, and the digest
depends on nothing but the image before and the steps.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ..core.errors import InputError, choose
from .edits import part_of
from .intake import GreyImage
from .limits import MIN_SIDE

MOST_STEPS = 12
_DYNAMIC_RANGE = 60.0  # dB from black to white, as most scanners show; a gain shifts greys by it
_ARM = 60  # of the width of the image: half a caliper's cross
_MOST_NUMBER = 20_000


class Change(NamedTuple):
    """What a step of a kind does.

    Attributes:
        title: on the page.
        about: what it is, one sentence.
        numbers: how many it has.
        low, high, step, usual: of one that has a single number.
        unit: of that number.
    """

    title: str
    about: str
    numbers: int = 1
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    usual: float = 0.0
    unit: str = ""


CHANGES = {
    "gain": Change("Gain", "The whole picture brighter or darker; 60 dB run from black to white.",
                   1, -20, 20, 1, 6, "dB"),
    "gamma": Change("Gamma", "Bends the greys: below 1 lifts the shadows.", 1, 0.3, 3, 0.1, 0.7),
    "tgc": Change("Depth gain", "Brighter or darker with depth: nothing at the skin, all of it at "
                  "the bottom.", 1, -30, 30, 1, -10, "dB"),
    "speckle": Change("Speckle", "Grain two pixels wide, in per cent of the greys.", 1, 1, 40, 1,
                      8, "%"),
    "blur": Change("Blur", "A Gaussian of this width.", 1, 0.5, 10, 0.5, 2, "px"),
    "mirror": Change("Mirror", "Left becomes right.", 0),
    "crop": Change("Crop", "Keeps what is inside of a box.", 4),
    "calipers": Change("Draw calipers", "Two bright crosses, as readers leave them.", 4),
    "paint": Change("Paint out", "A box filled from its edges: for marks and letters.", 4),
    "copy": Change("Copy a patch", "A part of the picture laid over another place.", 6),
}  # fmt: skip
ALLOWED = (
    f"Allowed: at most {MOST_STEPS} steps, joined by “_”, each a name with its numbers, as "
    f"gain:6 or crop:LEFT,TOP,WIDTH,HEIGHT. Names: {', '.join(CHANGES)}."
)


@dataclass(frozen=True)
class EditStep:
    """One change of a picture.

    Attributes:
        kind: a name of `CHANGES`.
        numbers: one within its bounds, or whole pixels: left, top, width, height of a box; x, y,
            x, y of two points; of a copy its box and where its upper left corner comes to lie.
    """

    kind: str
    numbers: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        about = CHANGES[choose("change", self.kind[:40], CHANGES)]
        good = len(self.numbers) == about.numbers and all(map(math.isfinite, self.numbers))
        if good and about.numbers == 1:
            good = about.low <= self.numbers[0] <= about.high
        elif good:
            good = all(n == int(n) and 0 <= n <= _MOST_NUMBER for n in self.numbers)
        if not good:
            few = {0: "no number", 1: f"one number from {about.low:g} to {about.high:g}"}
            bounds = few.get(about.numbers, f"{about.numbers} whole numbers of pixels")
            raise InputError(f"{self.written[:60]!r}: {self.kind} has {bounds}. {ALLOWED}")

    @property
    def written(self) -> str:
        """The step in an address."""
        told = ",".join(f"{number:g}" for number in self.numbers)
        return f"{self.kind}:{told}" if told else self.kind

    @property
    def words(self) -> str:
        """The step as people read it."""
        about = CHANGES[self.kind]
        if about.numbers == 1:
            sign = "+" if about.low < 0 < self.numbers[0] else ""
            value = f"{sign}{self.numbers[0]:g}".replace("-", "−")
            return f"{about.title} {value} {about.unit}".rstrip()
        if about.numbers == 0:
            return about.title
        at = "{:g}, {:g}".format(*self.numbers[:2])
        return f"{about.title} at {at}"


def write_edits(steps: Sequence[EditStep]) -> str:
    """Steps as an address holds them; "" for none."""
    return "_".join(step.written for step in steps)


def read_edits(text: str) -> tuple[EditStep, ...]:
    """The steps that an address holds.

    Raises:
        InputError: they are no steps, or too many.
    """
    parts = text.split("_") if text else []
    if len(parts) > MOST_STEPS:
        raise InputError(f"{len(parts)} changes of a picture. {ALLOWED}")
    steps = []
    for part in parts:
        kind, _, told = part.partition(":")
        try:
            numbers = tuple(map(float, told.split(","))) if told else ()
        except ValueError:
            raise InputError(f"{part[:60]!r} is no change of a picture. {ALLOWED}") from None
        steps.append(EditStep(kind, numbers))
    return tuple(steps)


def edited(
    image: GreyImage, truth: np.ndarray | None, steps: Sequence[EditStep]
) -> tuple[GreyImage, np.ndarray | None]:
    """An image and its true outline after the steps; both stay as they are.

    Args:
        image: as it came.
        truth: true lesion, H×W bool; None where it is unknown.
        steps: in their order; at least one.

    Raises:
        InputError: a box does not lie on the picture, or leaves too little of it.
    """
    grey = image.pixels
    for step in steps:
        grey, truth = _done(grey, truth, step)
    written = f"{image.sha256} {write_edits(steps)}"
    notes = (*image.notes, *(f"changed to see what happens: {step.words}" for step in steps))
    digest = hashlib.sha256(written.encode()).hexdigest()
    changed = replace(
        image, pixels=np.ascontiguousarray(grey), notes=notes, chroma=None, sha256=digest
    )
    return changed, None if truth is None else np.ascontiguousarray(truth)


def _done(
    grey: np.ndarray, truth: np.ndarray | None, step: EditStep
) -> tuple[np.ndarray, np.ndarray | None]:
    numbers = step.numbers
    if step.kind == "mirror":
        return grey[:, ::-1], None if truth is None else truth[:, ::-1]
    if step.kind == "crop":
        rows, columns = part_of(grey, numbers, MIN_SIDE)
        inside = None if truth is None else truth[rows, columns]
        lost = truth is not None and truth.any() and inside is not None and not inside.any()
        return grey[rows, columns], None if lost else inside
    whole = [int(n) for n in numbers]
    if step.kind == "calipers":
        return _crosses(grey, whole), truth
    if step.kind == "paint":
        return _painted(grey, whole), truth
    if step.kind == "copy":
        return _copied(grey, whole[:4], whole[4:]), truth
    return _regreyed(grey.astype(np.float32), step.kind, numbers[0]), truth


def _regreyed(grey: np.ndarray, kind: str, value: float) -> np.ndarray:
    """Changes of greys and sharpness, rounded and clipped once: H×W float32 to uint8."""
    if kind == "gain":
        grey = grey + 255 * value / _DYNAMIC_RANGE
    elif kind == "gamma":
        grey = 255 * (grey / 255) ** value
    elif kind == "tgc":
        depth = (np.arange(len(grey), dtype=np.float32) / max(1, len(grey) - 1))[:, None]
        grey = grey + 255 * value / _DYNAMIC_RANGE * depth
    elif kind == "blur":
        grey = ndimage.gaussian_filter(grey, value)
    else:  # speckle, drawn the same for every picture of this size
        grain = np.random.default_rng(0).standard_normal(grey.shape, dtype=np.float32)
        grain = ndimage.gaussian_filter(grain, 1.0)
        grey = grey * (1 + value / 100 * grain / max(float(grain.std()), 1e-6))
    return np.round(np.clip(grey, 0, 255)).astype(np.uint8)


def _crosses(grey: np.ndarray, ends: Sequence[int]) -> np.ndarray:
    grey, arm = grey.copy(), max(2, grey.shape[1] // _ARM)
    for x, y in (ends[:2], ends[2:]):
        if not (x < grey.shape[1] and y < grey.shape[0]):
            raise InputError(f"A caliper at {x}, {y} does not lie on the picture. Draw it inside.")
        grey[max(0, y - arm) : y + arm + 1, x] = 255
        grey[y, max(0, x - arm) : x + arm + 1] = 255
    return grey


def _painted(grey: np.ndarray, box: Sequence[int]) -> np.ndarray:
    """A box filled from what lies around it: each pixel the mean of its four edges, near ones more.

    An edge is the median across three pixels outside of the box; where the picture ends it has no
    say.
    """
    left, top, width, height = box
    rows, columns = part_of(grey, box)
    down = (np.arange(height) + 1.0)[:, None]
    across = (np.arange(width) + 1.0)[None, :]
    edges = [
        (grey[rows, max(0, left - 3) : left], 1, across),
        (grey[rows, left + width : left + width + 3], 1, width + 1 - across),
        (grey[max(0, top - 3) : top, columns], 0, down),
        (grey[top + height : top + height + 3, columns], 0, height + 1 - down),
    ]
    total, weights = np.zeros((height, width)), np.zeros((height, width))
    for edge, axis, distance in edges:
        if edge.size:
            weight = 1 / distance
            total = total + weight * np.median(edge, axis=axis, keepdims=True)
            weights = weights + weight
    if not weights.any():
        raise InputError("The box is the whole picture: nothing is left to fill it from.")
    filled = grey.copy()
    filled[rows, columns] = np.round(total / weights).astype(np.uint8)
    return filled


def _copied(grey: np.ndarray, box: Sequence[int], to: Sequence[int]) -> np.ndarray:
    rows, columns = part_of(grey, box)
    (x, y), (_, _, width, height) = to, box
    if x >= grey.shape[1] or y >= grey.shape[0]:
        raise InputError(f"The patch would lie at {x}, {y}, outside of the picture.")
    copied = grey.copy()
    place = copied[y : y + height, x : x + width]  # what reaches beyond the picture is left out
    place[:] = grey[rows, columns][: place.shape[0], : place.shape[1]]
    return copied
