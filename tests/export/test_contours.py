"""Outlines as lines: exact against the mask, against geometry, and at the rim."""

from __future__ import annotations

import math
import re

import numpy as np
from matplotlib.path import Path as Polygon
from scipy import ndimage

from mtlbus.export.contours import outlines, svg_path


def area(line: np.ndarray) -> float:
    """Of a closed line, by the shoelace formula."""
    x, y = line.T
    return abs(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2)


def inside(lines: list[np.ndarray], height: int, width: int) -> np.ndarray:
    """Which middles of pixels lie within the lines, by the even-odd rule."""
    rows, columns = np.indices((height, width))
    middles = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1)
    hits = sum(Polygon(line).contains_points(middles).astype(int) for line in lines)
    return (hits % 2 == 1).reshape(height, width)


def test_a_middle_is_inside_exactly_where_the_plane_is_above_the_threshold():
    noise = np.random.default_rng(0).random((60, 80))
    plane = ndimage.gaussian_filter(noise, 4)
    for threshold in np.quantile(plane, [0.1, 0.5, 0.9]):
        lines = outlines(plane, float(threshold))
        assert all((line[0] == line[-1]).all() for line in lines), "closed, also at the rim"
        np.testing.assert_array_equal(inside(lines, 60, 80), plane > threshold)


def test_a_disc_and_its_hole_have_their_areas():
    y, x = np.indices((100, 100)) + 0.5
    distance = np.hypot(x - 50, y - 50)
    (disc,) = outlines(np.clip(0.5 + (30 - distance) / 8, 0, 1), 0.5)
    assert math.isclose(area(disc), math.pi * 30**2, rel_tol=0.003)
    np.testing.assert_allclose(np.hypot(*(disc - 50).T), 30, atol=0.05)
    ring = outlines(np.minimum(distance - 10, 30 - distance), 0)
    assert sorted(round(area(line), -1) for line in ring) == [310, 2830]  # 100 π and 900 π


def test_a_mask_that_fills_the_image_is_outlined_by_its_rim():
    (line,) = outlines(np.ones((20, 30), bool), 0.5)
    assert area(line) == 20 * 30
    assert outlines(np.zeros((20, 30), bool), 0.5) == []


def test_the_path_closes_each_line_and_ends_at_its_points():
    plane = np.zeros((8, 8))
    plane[2:4, 2:4] = plane[6, 6] = 1
    path = svg_path(outlines(plane, 0.5))
    assert path.count("M") == path.count("Z") == 2
    numbers = np.array(re.findall(r"[\d.]+", path), float)
    assert numbers.min() >= 1.9 and numbers.max() <= 7.1
