"""Outlines as lines with coordinates, between the pixels, for drawings that can be enlarged.

`contourpy` comes with matplotlib, which Captum requires.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from contourpy import LineType, contour_generator

from ..core.extent import extent


def outlines(plane: np.ndarray, threshold: float) -> list[np.ndarray]:
    """The lines along which a plane takes a value, each closed.

    The plane is linear between the middles of its pixels, so a middle lies inside (even-odd)
    exactly where the plane is above the threshold. What reaches the rim of the image is closed
    along it.

    Args:
        plane: H×W numbers, or a mask.
        threshold: the value; 0.5 for a mask.

    Returns:
        N×2 arrays of x and y in pixels, (0, 0) being the upper left corner of the image; the last
        point is the first.
    """
    values = np.asarray(plane, dtype=np.float64)
    height, width = values.shape
    # A line runs between a pixel above and its neighbour: nothing is looked for further away.
    part = extent(values > threshold, margin=1)
    if part is None:
        return []
    below = min(float(values.min()), threshold) - 1
    # The rim goes on for one pixel, then falls: what is cut off there becomes an edge of the image.
    padded = np.pad(np.pad(values[part], 1, mode="edge"), 1, constant_values=below)
    y, x = (along.start + np.arange(count) for along, count in zip(part, padded.shape, strict=True))
    generator = contour_generator(x, y, padded, line_type=LineType.Separate)
    lines = cast(list[np.ndarray], generator.lines(threshold))
    return [np.clip(line - 1.5, 0, (width, height)) for line in lines]


def svg_path(lines: list[np.ndarray]) -> str:
    """Closed lines as the `d` of an SVG path, hundredths of a pixel."""
    return "".join("M" + "L".join(f"{x:.2f},{y:.2f}" for x, y in line[:-1]) + "Z" for line in lines)
