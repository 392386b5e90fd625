"""A case and its mirror, and two cases, taken along: notebook, tables, arrays, drawing, report."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mtlbus.export.arrays import npz_of
from mtlbus.export.drawing import svg_of
from mtlbus.export.pair_report import mirror_report
from mtlbus.export.recipes import notebook_of
from mtlbus.export.tables import csv_of
from mtlbus.figures.pairwise_dice import pairwise_dice
from mtlbus.inference.mirror import mirrored
from tests.export.conftest import HOSTILE, PALETTE
from tests.export.test_notebooks import run
from tests.export.test_report import read

METHODS = ["mtl", "uresnet", "resnet"]


def arrays_of(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        return dict(found)


def test_the_notebook_of_a_mirror(uploaded, mirror_view):
    view = mirror_view(uploaded)
    names = run(notebook_of(view))
    assert names["check"]["same"].all() and len(names["check"]) == 15
    table = names["table"]
    assert list(table.index) == METHODS
    one, turned = view.by_network[0]
    p, q = one.prediction.probability, turned.prediction.probability
    assert table.loc["mtl", "probability"] == pytest.approx(p, abs=1e-5)
    assert table.loc["mtl", "probability_mirrored"] == pytest.approx(q, abs=1e-5)
    assert table.loc["mtl", "change_points"] == pytest.approx(100 * (q - p), abs=1e-3)
    masks = one.prediction.mask(view.mask_threshold), turned.prediction.mask(view.mask_threshold)
    dice = pairwise_dice([masks[0], masks[1][:, ::-1]])[0, 1]
    assert 0 < dice < 1 and table.loc["mtl", "dice_mirrored"] == pytest.approx(dice)
    assert table.loc["mtl", "call"] == one.call and pd.isna(table.loc["uresnet", "call"])
    assert names["NUMBER"] == 0, "the picture is that of a network that outlines"


def test_a_mirror_turns_the_image_and_names_it_another_one(uploaded):
    turned = mirrored(uploaded.image)
    np.testing.assert_array_equal(turned.pixels, uploaded.image.pixels[:, ::-1])
    assert turned.sha256 != uploaded.image.sha256
    np.testing.assert_array_equal(mirrored(turned).pixels, uploaded.image.pixels)


def test_the_mirror_of_networks_without_an_outline(phantom, mirror_view):
    view = mirror_view(phantom)
    halves = (replace(half, views=half.views[2:]) for _, half in view.halves)
    names = run(notebook_of(type(view)(*halves)))
    assert names["check"]["same"].all() and "NUMBER" not in names
    assert np.isnan(names["check"].loc[("resnet", "dice_mirrored"), "here"])


def test_the_notebook_of_two_cases(uploaded, phantom, two_cases_view):
    view = two_cases_view(uploaded, phantom)
    names = run(notebook_of(view))
    assert names["check"]["same"].all()
    assert list(names["table"].index) == [
        f"{method}, {word} case" for word in ("first", "second") for method in METHODS
    ]
    for (word, half), label in zip(view.halves, ("first", "second"), strict=True):
        assert word == label
        for one in half.views:
            row = names["table"].loc[f"{one.prediction.method}, {word} case"]
            assert row["call"] == one.call
            if one.prediction.probability is not None:
                assert row["probability"] == pytest.approx(one.prediction.probability, abs=1e-5)
            if one.prediction.mask_square is not None:
                assert row["dice"] == pytest.approx(one.against_truth["dice"])
    np.testing.assert_array_equal(names["first"].image.pixels, uploaded.image.pixels)
    np.testing.assert_array_equal(names["second"].image.pixels, phantom.image.pixels)


def test_a_hostile_title_is_no_markup_in_a_notebook_of_two(uploaded, phantom, two_cases_view):
    text = notebook_of(two_cases_view(uploaded, phantom))
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "markdown":
            assert "<script" not in "".join(cell["source"])
    assert uploaded.title == HOSTILE


def test_the_tables_of_pairs(uploaded, phantom, mirror_view, two_cases_view):
    view = mirror_view(phantom)
    table = pd.read_csv(io.StringIO(csv_of(view))).set_index("method")
    assert list(table.index) == METHODS
    shown = table["probability_mirrored"] - table["probability"]
    np.testing.assert_allclose(100 * shown, table["change_points"], atol=1e-9)
    assert np.isnan(table.loc["resnet", "dice_mirrored"])
    pairs = {one.prediction.method: (one, turned) for one, turned in view.by_network}
    one, turned = pairs["mtl"]
    assert table.loc["mtl", "area_px"] == one.lesion.area_px
    assert table.loc["mtl", "area_px_mirrored"] == turned.lesion.area_px
    assert table["image_sha256"].unique() == [phantom.image.sha256]
    view = two_cases_view(uploaded, phantom)
    table = pd.read_csv(io.StringIO(csv_of(view)))
    assert list(table["method"]) == [name for name in METHODS for _ in "12"]
    assert list(table["case"][:2]) == [f"'{uploaded.title}", phantom.title]
    digests = [uploaded.image.sha256, phantom.image.sha256]
    assert list(table["image_sha256"]) == digests * 3


def test_the_arrays_of_pairs_and_comparisons(phantom, uploaded, compare_view, mirror_view):
    found = arrays_of(npz_of(compare_view(phantom)))
    assert found.keys() == {
        "README", "image", "truth", "mtl_mask_probability", "mtl_mask", "uresnet_mask_probability",
        "uresnet_mask",
    }  # fmt: skip
    view = mirror_view(uploaded)
    found = arrays_of(npz_of(view))
    np.testing.assert_array_equal(found["image"][:, ::-1], found["mirror_image"])
    np.testing.assert_array_equal(
        found["mirror_mtl_mask"], view.second.views[0].prediction.mask(view.mask_threshold)
    )
    readme = json.loads(str(found["README"]))
    assert readme["arrays"].keys() | {"README"} == found.keys()
    assert readme["weights_sha256"]["mtl"] == view.first.views[0].prediction.weights_sha256


def test_two_drawings_side_by_side(uploaded, phantom, two_cases_view):
    text = svg_of(two_cases_view(uploaded, phantom), PALETTE)
    found = read(text.partition("?>")[2])
    assert found.text.count("not a medical device") == 2
    widths = [int(width) for width in re.findall(r'width="(\d+)" height="\d+" role="img"', text)]
    assert re.search(rf'viewBox="0 0 {sum(widths) + 24} \d+"', text)
    assert f"translate({widths[0] + 24})" in text


def test_the_report_of_a_mirror_has_both_numbers(uploaded, mirror_view):
    view = mirror_view(uploaded)
    text = read(mirror_report(view, PALETTE)).text
    one, turned = (half.views[0].prediction.probability for _, half in view.halves)
    assert f"{100 * one:.0f} % → {100 * turned:.0f} %" in text
    assert text.count("Dice 0.") >= 2 and "turned left to right" in text
