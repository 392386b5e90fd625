"""CSV that spreadsheets read and do not run; NPZ that opens without pickle and explains itself."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

from mtlbus.export.arrays import npz_of
from mtlbus.export.tables import csv_of


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


def test_the_numbers_of_a_prediction(uploaded, predict_view):
    view = predict_view(uploaded)
    table = read(csv_of(view)).set_index("quantity")
    found = view.prediction
    assert float(table.loc["probability", "value"]) == found.probability
    assert int(table.loc["mask_area_px", "value"]) == found.mask(view.mask_threshold).sum()
    assert table.loc["box", "value"] == " ".join(map(str, view.lesion.box))
    assert table.loc["area_px", "unit"] == "px" and table.loc["area_mm2", "unit"] == "mm²"
    assert table.loc["weights_sha256", "value"] == found.weights_sha256
    assert table.loc["image_sha256", "value"] == uploaded.image.sha256
    assert "not a medical device" in table.loc["terms", "value"]


def test_a_name_is_no_formula(uploaded, predict_view):
    value = read(csv_of(predict_view(uploaded))).set_index("quantity").loc["case", "value"]
    assert value == f"'{uploaded.title}" and uploaded.title.startswith("=")


def test_one_row_a_method(phantom, compare_view):
    view = compare_view(phantom)
    table = read(csv_of(view)).set_index("method")
    assert list(table.index) == ["mtl", "uresnet", "resnet"]
    assert np.isnan(table.loc["uresnet", "probability"])
    assert np.isnan(table.loc["resnet", "mask_area_px"])
    assert table["image_sha256"].nunique() == 1 and table["weights_sha256"].nunique() == 3
    masks = [one.prediction.mask(one.mask_threshold) for one in view.views[:2]]
    shared, whole = (masks[0] & masks[1]).sum(), masks[0].sum() + masks[1].sum()
    assert table.loc["mtl", "dice_to_the_others"] == pytest.approx(2 * shared / whole)
    assert np.isnan(table.loc["resnet", "dice_to_the_others"])
    seconds = view.views[0].prediction.seconds
    assert table.loc["mtl", "milliseconds"] == pytest.approx(1000 * sum(seconds.values()))


def test_performance_against_scikit_learn(performance_view):
    table = read(csv_of(performance_view)).set_index("method")
    rows = performance_view.methods[0].rows
    called = rows["probability"] >= 0.4
    tn, fp, fn, tp = confusion_matrix(rows["label"], called).ravel()
    assert tuple(table.loc["mtl", ["tp", "fp", "tn", "fn"]]) == (tp, fp, tn, fn)
    auc = roc_auc_score(rows["label"], rows["probability"])
    assert table.loc["mtl", "auc"] == pytest.approx(auc)
    assert table.loc["mtl", "auc_low"] < auc < table.loc["mtl", "auc_high"]
    assert np.isnan(table.loc["uresnet", "auc"]) and table.loc["uresnet", "dice"] > 0


def test_the_arrays_of_a_prediction(uploaded, predict_view):
    view = predict_view(uploaded)
    with np.load(io.BytesIO(npz_of(view)), allow_pickle=False) as found:
        np.testing.assert_array_equal(found["image"], uploaded.image.pixels)
        np.testing.assert_array_equal(found["truth"], uploaded.truth)
        np.testing.assert_array_equal(
            found["mask"], found["mask_probability"] > view.mask_threshold
        )
        readme = json.loads(str(found["README"]))
        assert readme["arrays"].keys() | {"README"} == set(found.files)
    assert readme["weights_sha256"] == view.prediction.weights_sha256
    assert "not a medical device" in readme["terms"]


def test_the_arrays_of_the_maps(phantom, attention_view):
    view = attention_view(phantom)
    with np.load(io.BytesIO(npz_of(view)), allow_pickle=False) as found:
        assert set(view.maps) < set(found.files)
        for name, one in view.maps.items():
            np.testing.assert_array_equal(found[name], one.tensor.numpy())
        readme = json.loads(str(found["README"]))
    assert all(readme["arrays"][name] for name in view.maps)
