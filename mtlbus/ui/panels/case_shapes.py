"""The regions that a look draws over a case: outlines, or what is right and wrong."""

from __future__ import annotations

import numpy as np

from ...figures import colours
from ..pictures import RIGHT_AND_WRONG, TRUTH_BESIDE, Look
from . import region_shapes
from .region_shapes import Shape


def shapes_of(inside: np.ndarray | None, truth: np.ndarray | None, look: Look) -> tuple[Shape, ...]:
    """What is drawn, the lowest first.

    Args:
        inside: level of the predicted outline; None where there is none.
        truth: level of the true outline; None where it is unknown.
        look: how it is drawn; its threshold is already in `inside`.
    """
    if look.agreement and truth is not None and inside is not None:
        areas = region_shapes.agreement(inside, truth, tuple(RIGHT_AND_WRONG))
        return (*areas, region_shapes.region(truth, TRUTH_BESIDE, line=1.5))
    shapes = []
    if look.truth and truth is not None:
        shapes.append(region_shapes.region(truth, colours.TRUTH, line=2.0))
    if inside is not None and (look.outline or look.fill > 0):
        line = 2.5 if look.outline else 0.0
        shapes.append(region_shapes.region(inside, look.colour, line, look.fill))
    return tuple(shapes)
