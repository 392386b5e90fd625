"""The same image a little different: mirrored, cropped, brighter, darker. Does the answer stay?

None of these changes what the lesion is, and a training turns images in the same ways and further.
An answer that moves is unsteady on this image; one that stays may still be wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..data.limits import MIN_SIDE
from ..data.transforms import Frame, square_image
from .loaded import Prepared
from .predictor import Predictor

CUT = 0.06  # of a side, cut away
GAIN, GAMMA = 1.2, 0.8


class Again(NamedTuple):
    """What a network says about a changed image.

    Attributes:
        change: what was done, in words: "mirrored".
        probability: of malignancy, 0..1; None for a network without a class.
        presence: how sure it is of a lesion (`Prediction.presence`); None without a mask.
        peak: the highest tumour probability of a pixel; None without a mask.
    """

    change: str
    probability: float | None
    presence: float | None
    peak: float | None


def _cut(left: float = 0, right: float = 0, below: float = 0) -> Callable[[np.ndarray], np.ndarray]:
    """Cuts shares of the sides away; above lies the skin, which stays."""

    def part(plane: np.ndarray) -> np.ndarray:
        height, width = plane.shape
        rows = slice(0, height - round(below * height))
        return plane[rows, round(left * width) : width - round(right * width)]

    return part


def _grey(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Changes grey values of 0..1 and keeps them there."""

    def changed(pixels: np.ndarray) -> np.ndarray:
        values = change(pixels.astype(np.float32) / 255)
        return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)

    return changed


_CROPS = {
    "cropped on the left": _cut(left=CUT),
    "cropped on the right": _cut(right=CUT),
    "cropped below": _cut(below=CUT),
    "cropped on three sides": _cut(CUT, CUT, CUT),
}
_CHANGES = {
    "mirrored": lambda pixels: pixels[:, ::-1],
    **_CROPS,
    "brighter": _grey(lambda grey: grey * GAIN),
    "darker": _grey(lambda grey: grey / GAIN),
    "with lifted shadows": _grey(lambda grey: grey**GAMMA),
}
COUNT = len(_CHANGES)


def changed(pixels: np.ndarray, outline: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """The changed images by what was done to them, each h×w uint8.

    Args:
        pixels: H×W uint8.
        outline: H×W bool, what a crop must not cut; a crop that would is left out.
    """
    found = {}
    for name, change in _CHANGES.items():
        if name in _CROPS:
            cuts = outline is not None and change(outline).sum() < outline.sum()
            if cuts or min(change(pixels).shape) < MIN_SIDE:
                continue
        found[name] = np.ascontiguousarray(change(pixels))
    return found


def ask_again(predictor: Predictor, images: dict[str, np.ndarray]) -> list[Again]:
    """What a network says about changed images, in one pass.

    Args:
        predictor: the network.
        images: as of `changed`.

    Raises:
        CheckpointError: it answers with something that is no number.
    """
    ready = [
        Prepared("", Frame(pixels.shape[0], pixels.shape[1], predictor.fit), square[None], 0.0)
        for pixels in images.values()
        for square in (square_image(pixels, predictor.size, predictor.fit),)
    ]
    return [
        Again(
            name,
            found.probability,
            found.presence,
            None if found.mask_square is None else float(found.mask_square.max()),
        )
        for name, found in zip(images, predictor.predict_together(ready), strict=True)
    ]
