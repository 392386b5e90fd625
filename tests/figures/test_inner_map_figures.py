"""Arrows, bars and clear cells: what is drawn is where the arrays say."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from mtlbus.data.transforms import Frame
from mtlbus.explain.views import Arrows
from mtlbus.figures.arrows import arrow_figure, magnification
from mtlbus.figures.cells import (
    attention_scale,
    cell_figure,
    difference_scale,
    gate_scale,
    strength_scale,
)
from mtlbus.figures.channels import channel_figure

GREY, FRAME = np.full((100, 160), 90, dtype=np.uint8), Frame(100, 160)


def overlay(figure) -> np.ndarray:
    """The picture of a fine map, H×W×4."""
    source = next(image.source for image in figure.layout.images if "png" in image.source)
    opened = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    return np.array(opened.convert("RGBA"))


def test_arrows_end_where_they_point_with_heads_of_equal_strokes():
    arrows = Arrows(np.array([50.0]), np.array([40.0]), np.array([3.0]), np.array([4.0]), 1, 20.0)
    figure = arrow_figure(GREY, arrows, magnified=2)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    x, y = lines[0].x, lines[0].y
    assert (x[0], y[0], x[1], y[1]) == (50.0, 40.0, 56.0, 48.0)
    tip = np.array([x[4], y[4]])
    strokes = [np.linalg.norm(tip - (x[k], y[k])) for k in (3, 5)]
    assert tip.tolist() == [56.0, 48.0] and strokes == pytest.approx([3.0, 3.0], abs=0.1)
    assert x[2] is None and x[6] is None


@pytest.mark.parametrize(
    ("length", "factor"), [(0.0, 1), (100.0, 1), (20.0, 1), (11.9, 2), (2.0, 10), (0.1, 200)]
)
def test_the_longest_arrow_spans_about_its_cell(length, factor):
    """24 px of room in a cell of 20."""
    zero = np.zeros(1)
    assert magnification(Arrows(zero, zero, np.array([length]), zero, 1, 20.0)) == factor


def test_bars_are_sorted_and_keep_their_channel():
    bars = channel_figure(np.array([0.2, 0.9, 0.5])).data[0]
    assert list(bars.y) == [0.9, 0.5, 0.2] and list(bars.customdata) == [1, 2, 0]
    unsorted = channel_figure(np.array([0.2, 0.9, 0.5]), by_weight=False)
    assert list(unsorted.data[0].y) == [0.2, 0.9, 0.5]
    assert tuple(unsorted.layout.yaxis.range) == (0, 1)


def test_only_weights_within_0_and_1_have_that_scale():
    assert channel_figure(np.array([-0.2, 3.0])).layout.yaxis.range is None


def test_cells_that_cannot_be_looked_at_are_clear():
    plane = np.full((64, 64), np.nan)
    plane[32:40, 32:40] = 1 / 64
    scale = attention_scale(plane)
    # 64 cells can be looked at, so an even share is 1/64, and the scale reaches to four of them.
    assert scale.high == pytest.approx(4 / 64) and scale.ticks[1] == pytest.approx(1 / 64)
    alpha = overlay(cell_figure(GREY, plane, FRAME, scale, opacity=1))[..., 3]
    # Cells of 2.5 px; rows 32 to 39 begin at 80 in the square, 50 on the image.
    assert (alpha[50:70, 80:100] == 255).all() and alpha.sum() == 20 * 20 * 255


def test_a_fine_difference_is_clear_where_gates_agree():
    plane = np.zeros((64, 64))
    plane[32], plane[33] = 1, -1
    shown = overlay(cell_figure(GREY, plane, FRAME, difference_scale(), opacity=1))
    assert shown[51, 80].tolist() == [0xF0, 0xE4, 0x42, 255]
    assert shown[53, 80].tolist() == [0x56, 0xB4, 0xE9, 255]
    assert shown[20, 80, 3] == 0


def test_gates_keep_their_scale_and_features_say_their_maximum():
    assert (gate_scale().low, gate_scale().high) == (0, 1)
    scale = strength_scale(2.345)
    assert scale.high == 2.345 and scale.labels[-1] == "2.35"
    assert strength_scale(0.0).high > 0
