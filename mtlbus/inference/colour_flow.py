"""Colour that means something: clusters of saturated pixels in tissue, and the box around them.

Colour Doppler and elastography paint areas; calipers, letters and a maker's logo are strokes, or
lie beside the scan. So a share of all pixels says little: a vessel of 0.2 % counts, a line of
yellow text does not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

_SATURATED = 60  # brightest minus darkest channel, of 255; JPEG leaves less on grey
_STROKE = 200  # the longer side over this is the widest stroke of letters and calipers, pixels
_LEAST = 0.0005  # share of the pixels that solid colour in tissue must cover
_TISSUE = 15  # median grey level around a cluster from which it lies in tissue
_BOX_AREA, _BOX_HOLLOW = 0.03, 4.0  # of the image; how many times its own area a box encloses


class Flow(NamedTuple):
    """What of an image is painted.

    Attributes:
        share: of the pixels in solid colour that lies in tissue, 0..1.
        box: whether a coloured outline encloses a part of the image, as a Doppler box does.
    """

    share: float
    box: bool

    @property
    def found(self) -> bool:
        """Whether this is more than marks."""
        return self.box or self.share >= _LEAST


def colour_flow(pixels: np.ndarray, chroma: np.ndarray | None) -> Flow:
    """Look for painted areas.

    Args:
        pixels: H×W uint8 grey.
        chroma: H×W uint8, brightest minus darkest channel; None for an image without colour.
    """
    if chroma is None:
        return Flow(0.0, False)
    saturated = chroma > _SATURATED
    if not saturated.any():
        return Flow(0.0, False)
    stroke = max(3, round(max(pixels.shape) / _STROKE))
    solid = ndimage.binary_opening(saturated, np.ones((stroke, stroke), bool))
    return Flow(_in_tissue(pixels, saturated, solid), _has_box(saturated))


def _in_tissue(pixels: np.ndarray, saturated: np.ndarray, solid: np.ndarray) -> float:
    """Share of the pixels in clusters whose surroundings are not black."""
    labels, count = ndimage.label(solid)
    area = 0
    for number, place in enumerate(ndimage.find_objects(labels, count), start=1):
        rows, columns = (slice(max(0, part.start - 4), part.stop + 4) for part in place)
        around = pixels[rows, columns][~saturated[rows, columns]]
        if around.size and np.median(around) >= _TISSUE:
            area += int((labels[place] == number).sum())
    return area / pixels.size


def _has_box(saturated: np.ndarray) -> bool:
    """Whether a thin closed outline lies among the saturated pixels."""
    joined = ndimage.binary_dilation(saturated, np.ones((3, 3), bool))
    labels, count = ndimage.label(joined)
    for number, place in enumerate(ndimage.find_objects(labels, count), start=1):
        outline = labels[place] == number
        if outline.size < _BOX_AREA * saturated.size:
            continue
        enclosed = int(ndimage.binary_fill_holes(outline).sum())
        if enclosed >= max(_BOX_AREA * saturated.size, _BOX_HOLLOW * int(outline.sum())):
            return True
    return False
