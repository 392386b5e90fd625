"""Maps over the image: cells in their place, pictures as pictures, the split adds up."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from mtlbus.data.transforms import Frame
from mtlbus.explain.attention import LogitSplit
from mtlbus.figures.cells import (
    attention_scale,
    cell_figure,
    difference_scale,
    gate_scale,
    signed_scale,
    stretched,
)
from mtlbus.figures.regions import REGION_COLOURS, logit_figure, region_figure

FRAME = Frame(100, 160)
GREY = np.random.default_rng(0).integers(0, 255, (100, 160), dtype=np.uint8)


def picture(uri: str) -> np.ndarray:
    opened = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    return np.asarray(opened.convert("RGBA"))


def heatmap(figure):
    return next(trace for trace in figure.data if trace.type == "heatmap")


def test_cells_lie_where_the_square_puts_them():
    plane = np.arange(64, dtype=float).reshape(8, 8) / 64
    figure = cell_figure(GREY, plane, FRAME, gate_scale())
    cells = heatmap(figure)
    assert np.array_equal(cells.z, plane)
    assert list(cells.y) == [-30, -10, 10, 30, 50, 70, 90, 110, 130]
    assert list(cells.x) == [20 * edge for edge in range(9)]
    assert (cells.zmin, cells.zmax) == (0, 1)
    assert tuple(figure.layout.yaxis.range) == (100, 0)  # the image's own rows: padding is cut
    assert figure.layout.yaxis.scaleanchor == "x"


def test_clicks_find_the_visible_cells():
    plane = np.full((8, 8), 1 / 64)
    figure = cell_figure(GREY, plane, FRAME, attention_scale(plane), clickable=True)
    points = next(
        trace for trace in figure.data if trace.customdata is not None and trace.type == "scatter"
    )
    assert len(points.x) == 48
    where = dict(
        zip(map(tuple, points.customdata), zip(points.x, points.y, strict=True), strict=True)
    )
    assert where[(1, 0)] == (10.0, 5.0)  # ten of its twenty rows are seen
    assert where[(3, 2)] == (50.0, 40.0)


def test_a_click_takes_the_nearest_cell_however_fine_the_grid():
    """Plotly takes the last of the points under the pointer, so none may reach into another cell,
    and it must look beyond the points themselves."""
    plane = np.full((64, 64), 1 / 4096)
    figure = cell_figure(GREY, plane, FRAME, attention_scale(plane), clickable=True)
    points = next(trace for trace in figure.data if trace.customdata is not None)
    narrowest = 240 / 64  # pixels of the screen, where the picture is only 240 wide
    assert points.marker.size <= narrowest and figure.layout.hoverdistance == -1


def test_the_scale_of_attention_ends_at_the_largest_cell():
    row = np.array([0.65, *[0.05] * 7])
    scale = attention_scale(row)
    assert (scale.low, scale.high) == (0, 0.65) and scale.labels[-1] == "65.0% most"
    shared = attention_scale(np.full(8, 0.125), least=0.7)
    assert shared.high == 0.7 and shared.labels[-1] == "70.0%"
    assert attention_scale(np.zeros((2, 2))).high > 0


def test_even_attention_looks_even():
    """The scale reaches to four times an even share, however little the cells differ."""
    flat = attention_scale(np.array([0.13, 0.12] * 4))
    assert flat.high == 0.5 and flat.ticks == (0, 0.125, 0.5)
    assert flat.labels == ("0", "12.5% even", "50.0%")
    assert attention_scale(np.array([0.6, 0.4])).high == 1


def test_a_signed_scale_has_zero_in_the_middle():
    scale = signed_scale(0.4)
    assert (scale.low, scale.high) == (-0.4, 0.4) and scale.ticks == (-0.4, 0, 0.4)
    assert signed_scale(0.0).high > 0


def test_a_stretched_scale_says_so_and_keeps_a_zero_in_its_middle():
    gate = stretched(gate_scale(), np.array([[0.42, 0.5], [0.53, 0.44]]))
    assert (gate.low, gate.high) == (0.42, 0.53) and gate.labels == ("0.420", "stretched", "0.530")
    difference = stretched(difference_scale(), np.array([[-0.02, 0.01]]))
    assert (difference.low, difference.high) == (-0.02, 0.02) and difference.labels[0] == "−0.020"
    assert stretched(gate_scale(), np.full((2, 2), 0.5)).high > 0.5


def test_fine_grids_travel_as_a_picture():
    plane = np.zeros((128, 128))
    plane[64:] = 1
    figure = cell_figure(GREY, plane, FRAME, gate_scale(), opacity=0.5)
    assert not [trace for trace in figure.data if trace.type == "heatmap"]
    overlay = picture(figure.layout.images[1].source)
    assert overlay.shape == (100, 160, 4)
    assert (overlay[:50] == overlay[0, 0]).all() and (overlay[50:] == overlay[99, 0]).all()
    assert (overlay[0, 0] != overlay[99, 0]).any() and overlay[0, 0, 3] == 128


def test_the_scale_bar_touches_its_picture_however_narrow_the_column():
    """Below the picture of a narrow column it stood 100 pixels away."""
    figure = cell_figure(GREY, np.zeros((8, 8)), FRAME, gate_scale())
    bar = next(t.marker.colorbar for t in figure.data if t.type == "scatter")
    assert (bar.y, bar.yanchor) == (1, "bottom")
    assert figure.layout.yaxis.constraintoward == "top"


def test_regions_are_tinted_in_their_colours():
    regions = np.zeros((3, 160, 160))
    regions[0] = 1
    regions[:, 80:90, 50:60] = np.array([0, 1, 0])[:, None, None]
    figure = region_figure(GREY, regions, ("a", "b", "c"), FRAME, opacity=1.0)
    overlay = picture(figure.layout.images[1].source)
    tinted = np.argwhere((overlay[..., :3] == tuple(bytes.fromhex(REGION_COLOURS[1][1:]))).all(-1))
    assert tinted.min(axis=0).tolist() == [50, 50] and tinted.max(axis=0).tolist() == [59, 59]
    assert [trace.name for trace in figure.data] == ["a", "b", "c"]


@pytest.mark.parametrize("side", [256, 1200])
@pytest.mark.parametrize("cells", [8, 256])
def test_an_image_costs_little(side, cells):
    """Two looks of one picture each stay far below 500 KB, even where image and map are noise."""
    noise = np.random.default_rng(1)
    grey = noise.integers(0, 255, (side, side), dtype=np.uint8)
    figure = cell_figure(grey, noise.random((cells, cells)), Frame(side, side), gate_scale())
    assert len(json.dumps(figure.to_plotly_json(), default=str)) < 200_000


def test_the_bars_add_up_to_the_logit():
    split = LogitSplit(("a", "b"), np.array([0.5, -1.25]), 0.25, -0.5)
    bars = logit_figure(split).data[0]
    assert list(bars.y) == ["a", "b", "constant", "logit"]
    assert list(bars.x[:3]) == [0.5, -1.25, 0.25] and sum(bars.x[:3]) == split.total
    assert list(bars.measure) == ["relative"] * 3 + ["total"]
    assert bars.text[-1] == "−0.50"


def test_two_splits_share_an_axis():
    small = LogitSplit(("a", "b"), np.array([0.5, -1.25]), 0.25, -0.5)
    large = LogitSplit(("a", "b"), np.array([-4.0, 7.0]), 0.25, 3.25)
    low, high = logit_figure(small).layout.xaxis.range
    assert -4 < low < -0.75 and 0.5 < high < 3
    assert logit_figure(small, beside=large).layout.xaxis.range == (
        logit_figure(large, beside=small).layout.xaxis.range
    )
    low, high = logit_figure(small, beside=large).layout.xaxis.range
    assert low < -4 and high > 3.25
