"""The regions that a style draws over a case: outlines, or what is right and wrong."""

from __future__ import annotations

import numpy as np

from ...figures import colours
from ..pictures import RIGHT_AND_WRONG, TRUTH_BESIDE, Style
from . import region_shapes
from .region_shapes import Shape


def shapes_of(
    inside: np.ndarray | None, truth: np.ndarray | None, style: Style
) -> tuple[Shape, ...]:
    """What is drawn, the lowest first.

    Args:
        inside: level of the predicted outline; None where there is none.
        truth: level of the true outline; None where it is unknown.
        style: how it is drawn; its threshold is already in `inside`.
    """
    if style.agreement and truth is not None and inside is not None:
        areas = region_shapes.agreement(inside, truth, tuple(RIGHT_AND_WRONG))
        return (*areas, region_shapes.region(truth, TRUTH_BESIDE, line=1.5))
    shapes = []
    if style.truth and truth is not None:
        shapes.append(region_shapes.region(truth, colours.TRUTH, line=2.0))
    if inside is not None and (style.outline or style.fill > 0):
        line = 2.5 if style.outline else 0.0
        shapes.append(region_shapes.region(inside, style.colour, line, style.fill))
    return tuple(shapes)
