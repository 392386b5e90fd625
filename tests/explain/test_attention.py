"""Maps as arrays, on maps small enough to work out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mtlbus.core.errors import InputError
from mtlbus.core.outputs import Map, positive_logit
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.data.transforms import Frame
from mtlbus.explain.attention import (
    added,
    attention_grid,
    attention_row,
    cell_boxes,
    cells_on_image,
    evenness,
    logit_split,
    received,
    score_cells,
    window_of,
)
from mtlbus.explain.views import list_views
from mtlbus.methods import create_model
from mtlbus.nn.swin import split_windows


def a_map(values, kind, **more) -> Map:
    return Map(torch.tensor(values), kind, "somewhere", 32, "A test.", **more)


@pytest.fixture
def attention() -> Map:
    """Two heads over a grid of 1×2 cells."""
    heads = [[[0.9, 0.1], [0.5, 0.5]], [[0.3, 0.7], [0.0, 1.0]]]
    return a_map(heads, "attention", grid=(1, 2))


def test_row_of_one_head_and_of_the_mean(attention):
    assert attention_row(attention, (0, 0), head=1) == pytest.approx(np.array([[0.3, 0.7]]))
    assert attention_row(attention, (0, 0)) == pytest.approx(np.array([[0.6, 0.4]]))


def test_received_is_the_column_mean(attention):
    assert received(attention, head=0) == pytest.approx(np.array([[0.7, 0.3]]))
    assert received(attention) == pytest.approx(np.array([[0.425, 0.575]]))


def test_cells_are_numbered_row_by_row():
    weights = torch.eye(6)[None]
    found = attention_row(Map(weights, "attention", "", 32, "", grid=(2, 3)), (1, 0))
    assert np.argwhere(found == 1).tolist() == [[1, 0]]


@pytest.fixture
def windowed() -> Map:
    """4×4 cells in 2×2 windows of 2×2 cells, one head.

    Every query of window w looks at key w alone, but for query 3 of window 1 (row 1, column 3),
    which looks 0.1, 0.2, 0.3 and 0.4.
    """
    weights = torch.zeros(4, 1, 4, 4)
    for window in range(4):
        weights[window, 0, :, window] = 1
    weights[1, 0, 3] = torch.tensor([0.1, 0.2, 0.3, 0.4])
    return Map(weights, "attention", "", 8, "", grid=(2, 2), windows=(2, 2))


def test_a_cell_is_looked_up_in_its_window(windowed):
    """Row 1, column 3 is the last cell of the upper right window: rows 0 and 1, columns 2 and 3."""
    nan = np.nan
    expected = [
        [nan, nan, 0.1, 0.2],
        [nan, nan, 0.3, 0.4],
        [nan, nan, nan, nan],
        [nan, nan, nan, nan],
    ]
    np.testing.assert_allclose(attention_row(windowed, (1, 3)), expected, rtol=1e-6)
    assert window_of(windowed, (1, 3)) == (0, 1, 2, 3)
    # Window 2 is the lower left one; its cells look at its key 2, which is row 3, column 0.
    row = attention_row(windowed, (2, 1))
    assert np.argwhere(row == 1).tolist() == [[3, 0]] and np.isfinite(row).sum() == 4
    with pytest.raises(InputError, match="rows 0 to 3 and columns 0 to 3"):
        attention_row(windowed, (4, 0))


def test_received_over_windows_lies_in_place_and_sums_to_one(windowed):
    """Each window holds a quarter; in window 1 three of four cells look at key 1."""
    quarter = [[0.1, 3.2], [0.3, 0.4]]  # sums over the four cells of window 1
    expected = np.zeros((4, 4))
    expected[0, 0] = expected[3, 0] = expected[3, 3] = 1 / 4
    expected[:2, 2:] = np.array(quarter) / 16
    assert received(windowed) == pytest.approx(expected, abs=1e-6)
    assert received(windowed).sum() == pytest.approx(1)


def test_cells_that_fill_up_the_last_window_are_no_part_of_the_grid(windowed):
    assert attention_grid(windowed) == (4, 4)
    assert attention_grid(windowed, size=24) == (3, 3)  # stride 8


@torch.inference_mode()
def test_windows_lie_where_the_network_cuts_them():
    """Against the network's own cut: a key carries the number of its cell, and is found there."""
    cells = torch.arange(16.0).view(1, 4, 4, 1)
    windows = split_windows(cells, (2, 2))[0, :, :, 0]  # windows×N
    weights = torch.zeros(4, 1, 4, 4)
    weights[:, 0] = windows[:, None, :]  # every query "looks" with the number of the key's cell
    found = Map(weights, "attention", "", 8, "", grid=(2, 2), windows=(2, 2))
    for cell in np.ndindex(4, 4):
        row = attention_row(found, cell)
        inside = np.isfinite(row)
        assert inside[cell] and (row[inside] == np.arange(16.0).reshape(4, 4)[inside]).all()


@pytest.mark.parametrize("cell", [(1, 0), (0, 2), (-1, 0)])
def test_a_cell_outside_says_what_exists(attention, cell):
    with pytest.raises(InputError, match="rows 0 to 0 and columns 0 to 1"):
        attention_row(attention, cell)


def test_only_attention_has_rows():
    with pytest.raises(InputError, match="'gate'"):
        attention_row(a_map([[[0.5]]], "gate"), (0, 0))


def test_cells_over_a_wide_image_lose_their_padding():
    """100×160: the square has 30 rows above and below; a cell of 8×8 is 20 px."""
    plane = np.arange(64).reshape(8, 8)
    found = cells_on_image(plane, Frame(100, 160))
    assert found.shape == (100, 160)
    # Row 0 of the image is row 30 of the square, in cell row 1 (20 to 39), which ends after 10.
    assert (found[0, :20] == 8).all() and (found[9, :20] == 8).all()
    assert (found[10, :20] == 16).all() and found[99, 159] == 6 * 8 + 7
    assert set(np.unique(found)) == set(range(8, 56))


def test_regions_at_full_resolution_keep_their_place():
    """A 2× finer grid than the image: each pixel takes the value at its middle."""
    plane = np.zeros((320, 320))
    plane[2 * (30 + 40) + 1, 2 * 7 + 1] = 1
    found = cells_on_image(plane, Frame(100, 160))
    assert np.argwhere(found).tolist() == [[40, 7]]


def test_boxes_agree_with_the_pixels():
    frame = Frame(100, 160)
    boxes = cell_boxes((8, 8), frame)
    cells = cells_on_image(np.arange(64).reshape(8, 8), frame)
    for cell in boxes.seen():
        row, column = cell
        area = (boxes.bottom[row] - boxes.top[row]) * (boxes.right[column] - boxes.left[column])
        assert area == (cells == 8 * row + column).sum()
        x, y = boxes.centre(cell)
        assert cells[int(y), int(x)] == 8 * row + column
    assert not boxes.sees((0, 3)) and not boxes.sees((7, 3)) and len(boxes.seen()) == 48


def test_split_by_hand():
    maps = {
        "region_score": a_map([[1.0, 2.0, 3.0], [4.0, 0.0, 3.5]], "score", labels=("a", "b", "c")),
        "region_constant": a_map([0.5, 0.25], "scalar", labels=("benign", "malignant")),
    }
    split = logit_split(maps)
    assert split.regions == ("a", "b", "c")
    assert split.contributions == pytest.approx([3.0, -2.0, 0.5])
    assert split.constant == pytest.approx(-0.25) and split.total == pytest.approx(1.25)
    assert split.probability == pytest.approx(0.7772998611746911)


def test_without_scores_there_is_no_split(attention):
    with pytest.raises(InputError, match="no split"):
        logit_split({"sa_attention": attention})


@torch.inference_mode()
def test_split_of_a_random_network_is_its_logit():
    model = create_model("mtl_cosa").eval()
    for module in model.cosa.attention:
        module.gamma.fill_(0.7)
    images = torch.randn(1, 3, 256, 256)
    output = model(images, maps=True)
    maps = {name: replace(m, tensor=m.tensor[0]) for name, m in output.maps.items()}
    split = logit_split(maps)
    logit = float(positive_logit(output.class_logits[MALIGNANCY.name]))
    assert split.total == pytest.approx(logit, abs=1e-4)
    assert score_cells(maps).sum(axis=(1, 2)) == pytest.approx(split.contributions, abs=1e-5)
    ratios = added(maps)
    assert ratios and set(ratios) <= {"background", "tumour", "margin"}
    for module in model.cosa.attention:
        module.gamma.fill_(1.4)
    twice = model(images, maps=True).maps["cosa_added"].tensor[0]
    shown = maps["region_weights"].labels.index
    assert {key: float(twice[shown(key)]) for key in ratios} == pytest.approx(
        {key: 2 * ratio for key, ratio in ratios.items()}, rel=1e-4
    )
    views = list_views(maps)
    assert [view.title for view in views] == [
        "Regions",
        "Share of the decision",
        "COSA attention",
        "Numbers",
    ]
    assert list(views[2].levels) == ["background", "tumour", "margin"]
    assert views[0].maps == ("regions", "region_weights")


def test_evenness_of_a_row():
    assert evenness(np.full(64, 1 / 64)) == pytest.approx(1)
    assert evenness(np.array([1.0, 0, 0, 0])) == 0
    assert evenness(np.array([0.5, 0.5, 0, 0])) == pytest.approx(0.5)  # 1 bit of 2
    assert evenness(np.array([2.0, 2.0, 0, 0])) == pytest.approx(0.5)  # need not add up to 1
