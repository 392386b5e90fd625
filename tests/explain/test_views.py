"""Views of inner maps by kind and shape, on maps small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.ops import deform_conv2d

from mtlbus.core.errors import InputError
from mtlbus.core.outputs import Map, MapWords
from mtlbus.data.transforms import Frame
from mtlbus.explain.views import (
    arrows_on_image,
    channel_weights,
    displacement,
    feature_plane,
    find_view,
    form_of,
    gate_difference,
    gate_plane,
    list_views,
    ungated_of,
)
from mtlbus.methods import get_spec, list_methods


def a_map(values, kind, **more) -> Map:
    return Map(torch.as_tensor(values), kind, "somewhere", 32, "A test.", **more)


PLANE, CHANNEL = torch.zeros(2, 3, 3), torch.zeros(5, 1, 1)


def test_names_are_grouped_by_family_level_and_branch():
    maps = {f"mask.{level}.{task}": a_map(PLANE, "gate") for level in (1, 2) for task in ("a", "b")}
    maps |= {"gate.1": a_map([0.5], "scalar", labels=("x",)), "mask_of_all": a_map(PLANE, "gate")}
    maps |= {"weight.1": a_map(CHANNEL, "gate"), "pooled_features": a_map(PLANE, "feature")}
    views = list_views(maps)
    assert [(view.title, view.form) for view in views] == [
        ("Mask", "gate"),
        ("Mask of all", "gate"),
        ("Weight", "channels"),
        ("Numbers", "numbers"),
    ]
    assert views[0].levels == {
        "1": {"a": "mask.1.a", "b": "mask.1.b"},
        "2": {"a": "mask.2.a", "b": "mask.2.b"},
    }
    assert views[1].levels == {"": {"": "mask_of_all"}}


def test_a_link_finds_its_view_by_map_or_family():
    maps = {"mask.1.a": a_map(PLANE, "gate"), "other.1": a_map(PLANE, "gate")}
    views = list_views(maps)
    assert find_view(views, "other.1").title == "Other"
    assert find_view(views, "other.7.difference").title == "Other"
    assert find_view(views, "no such map").title == find_view(views, None).title == "Mask"


@pytest.mark.parametrize(
    ("found", "form"),
    [
        (a_map(PLANE, "gate"), "gate"),
        (a_map(CHANNEL, "gate"), "channels"),
        (a_map([0.1, 0.2], "scalar"), "channels"),
        (a_map([0.1, 0.2], "scalar", labels=("a", "b")), "numbers"),
        (a_map([0.1], "scalar"), "numbers"),
        (a_map(PLANE, "feature"), "feature"),
        (a_map(PLANE, "offset"), "offset"),
    ],
)
def test_kind_and_shape_make_the_form(found, form):
    assert form_of("any", found) == form
    assert form_of("pooled_features", found) is None
    assert form_of("pooled_features.task", found) is None


@pytest.mark.parametrize("method", list_methods())
def test_only_what_serves_a_computation_has_no_view(method):
    """By the specification, so that a new kind of map cannot be forgotten."""
    shapes = {
        "gate": PLANE, "feature": PLANE, "offset": PLANE, "attention": torch.zeros(1, 9, 9),
        "region": PLANE, "score": PLANE, "scalar": torch.zeros(2),
    }  # fmt: skip
    spec = get_spec(method)
    maps = {found.name: a_map(shapes[found.kind], found.kind) for found in spec.maps}
    shown = {name for view in list_views(maps) for name in view.maps}
    shown |= {name for name in maps for gate in shown if ungated_of(gate, maps) is maps[name]}
    assert {name.partition(".")[0] for name in maps.keys() - shown} <= {
        "pooled_features",
        "encoder_means",
    }


def test_gate_channels():
    gate = a_map([[[0.2, 0.4]], [[0.6, 0.0]]], "gate")
    assert gate_plane(gate) == pytest.approx(np.array([[0.4, 0.2]]))
    assert gate_plane(gate, "max") == pytest.approx(np.array([[0.6, 0.4]]))
    assert gate_plane(gate, 1) == pytest.approx(np.array([[0.6, 0.0]]))
    with pytest.raises(InputError, match="0 to 1"):
        gate_plane(gate, 2)


def test_difference_of_two_tasks():
    first = a_map([[[0.2, 0.4]], [[0.6, 0.0]]], "gate")
    second = a_map([[[0.1, 1.0]], [[0.1, 0.4]]], "gate")
    assert gate_difference(first, second) == pytest.approx(np.array([[0.3, -0.5]]))
    assert gate_difference(first, second, "max") == pytest.approx(np.array([[0.5, -0.6]]))
    assert gate_difference(first, second, 1) == pytest.approx(np.array([[0.5, -0.4]]))
    with pytest.raises(InputError, match="cannot be compared"):
        gate_difference(first, a_map(PLANE, "gate"))


def test_features_answer_by_size_not_by_sign():
    features = a_map([[[1.0, -3.0]], [[-1.0, 1.0]]], "feature")
    assert feature_plane(features) == pytest.approx(np.array([[1.0, 2.0]]))
    assert feature_plane(features, "max") == pytest.approx(np.array([[1.0, 3.0]]))
    assert feature_plane(features, 0) == pytest.approx(np.array([[1.0, 3.0]]))


def test_features_after_a_gate_are_the_product():
    features = a_map([[[1.0, -3.0]], [[-1.0, 1.0]]], "feature")
    gate = a_map([[[0.5, 0.1]], [[0.2, 1.0]]], "gate")
    assert feature_plane(features, gate=gate) == pytest.approx(np.array([[0.35, 0.65]]))
    assert feature_plane(features, 1, gate) == pytest.approx(np.array([[0.2, 1.0]]))
    one = a_map([[[0.5, 0.1]]], "gate")
    assert feature_plane(features, 1, one) == pytest.approx(np.array([[0.5, 0.1]]))
    assert gate_plane(one, 1) == pytest.approx(np.array([[0.5, 0.1]]))


def test_features_before_a_gate_stand_beside_it():
    maps = {
        "aaa_gate.1": a_map(PLANE, "gate", words=MapWords("AAA gate")),
        "aaa_gate.2": a_map(PLANE, "gate"),
        "aaa_features.1": a_map(PLANE, "feature"),
        "aaa_features.2": a_map(PLANE, "feature"),
        "other_features.1": a_map(PLANE, "feature"),
        "ag_gate.1": a_map(PLANE, "gate"),
    }
    views = list_views(maps)
    assert [view.title for view in views] == ["AAA gate", "Other features", "Ag gate"]
    assert ungated_of("aaa_gate.2", maps) is maps["aaa_features.2"]
    assert ungated_of("ag_gate.1", maps) is None and ungated_of("other_features.1", maps) is None
    assert find_view(views, "aaa_features.2") == views[0]
    assert find_view(views, "other_features.1") == views[1]


def test_channel_weights_of_both_shapes():
    assert channel_weights(a_map([[[0.5]], [[0.25]]], "gate")).tolist() == [0.5, 0.25]
    assert channel_weights(a_map([0.5, 0.25], "scalar")).tolist() == [0.5, 0.25]


def test_mean_displacement_by_hand():
    """Two samples in one cell: (down, right) = (1, 2) and (3, −4)."""
    offset = a_map([[[1.0]], [[2.0]], [[3.0]], [[-4.0]]], "offset")
    assert displacement(offset).ravel().tolist() == [2.0, -1.0]
    assert displacement(offset, 1).ravel().tolist() == [3.0, -4.0]
    with pytest.raises(InputError, match="0 to 1"):
        displacement(offset, 2)


def test_offsets_are_in_the_order_of_the_operator():
    """A kernel that reads its middle sample, moved by 1 cell to the right and 2 down."""
    features = torch.rand(1, 1, 9, 9)
    kernel = torch.zeros(1, 1, 3, 3)
    kernel[0, 0, 1, 1] = 1
    offset = torch.tensor([2.0, 1.0]).repeat(9).view(1, 18, 1, 1).expand(1, 18, 9, 9)
    read = deform_conv2d(features, offset, kernel, padding=1)[0, 0]
    down, right = displacement(a_map(offset[0], "offset"), 4)[:, 3, 3].astype(int)
    assert read[3, 3] == pytest.approx(features[0, 0, 3 + down, 3 + right])
    assert (down, right) == (2, 1)


def test_a_constant_offset_gives_parallel_arrows_of_known_length():
    """100×160 in a square of 160: 8×8 cells of 20 px; 0.5 cells right, 0.25 up = 10 and −5 px."""
    moved = np.stack([np.full((8, 8), -0.25), np.full((8, 8), 0.5)])
    arrows = arrows_on_image(moved, Frame(100, 160))
    assert (arrows.dx == 10).all() and (arrows.dy == -5).all()
    assert arrows.longest == pytest.approx(125**0.5) and arrows.cell == 20
    # Middles of rows 1 to 6 are at 0, 20, … 100 px of the image; the last is below its edge.
    assert set(arrows.x) == {10.0 + 20 * k for k in range(8)}
    assert set(arrows.y) == {20.0 * k for k in range(5)} and len(arrows.x) == 40


def test_many_cells_are_thinned():
    arrows = arrows_on_image(np.zeros((2, 128, 128)), Frame(128, 128))
    assert arrows.step == 4 and len(arrows.x) == 32 * 32 and arrows.longest == 0
    assert sorted(set(arrows.x))[:2] == [2.5, 6.5]
