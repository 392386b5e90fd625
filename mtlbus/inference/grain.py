"""Fine structure changes faster with depth than across: what tells ultrasound from a photograph.

A pulse is shorter than its beam is wide, so speckle is wider than it is high, at every depth and
in every tissue. In a photograph, a drawing or a CT slice no direction leads. Measured in blocks,
so that one strong edge (skin, a rib, a shadow) does not decide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

_FINE = 2.0  # pixels; what a Gaussian of this width keeps is no fine structure
_BLOCK = 16  # pixels
_NOISE = 0.5  # squared grey levels, added so that an even block counts as undecided


class Grain(NamedTuple):
    """How fine structure runs in the lit blocks of an image.

    Attributes:
        lead: median over the blocks of the logarithm of power down over power across.
        share: of the blocks in which it changes faster down than across, 0..1.
    """

    lead: float
    share: float


def grain(reduced: np.ndarray, lit: float) -> Grain | None:
    """The grain of an image; None where fewer than four blocks are lit.

    Args:
        reduced: H×W uint8, its longer side at most 256 px.
        lit: mean grey level from which a block counts.
    """
    grey = reduced.astype(np.float32)
    fine = grey - ndimage.gaussian_filter(grey, _FINE)
    down = (fine[1:, :-1] - fine[:-1, :-1]) ** 2
    across = (fine[:-1, 1:] - fine[:-1, :-1]) ** 2
    leads = np.log((_means(down) + _NOISE) / (_means(across) + _NOISE))
    leads = leads[_means(grey[:-1, :-1]) > lit]
    if leads.size < 4:
        return None
    return Grain(float(np.median(leads)), float((leads > 0).mean()))


def _means(plane: np.ndarray) -> np.ndarray:
    """Mean in blocks of 16×16 pixels; what is left over at the lower and right edge is dropped."""
    rows, columns = (side // _BLOCK for side in plane.shape)
    blocks = plane[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    return blocks.mean(axis=(1, 3))
