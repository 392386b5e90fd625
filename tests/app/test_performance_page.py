"""The Performance page without a browser, on invented predictions."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.checkpoints import Checkpoint
from mtlbus.evaluation import judged_rows
from mtlbus.evaluation.operating_points import (
    choose_threshold,
    confusion,
    threshold_for_sensitivity,
)
from mtlbus.evaluation.tables import read_predictions
from mtlbus.ui import datasets
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit
from tests.made import make_manifest


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Three methods with random weights: two with a class, one without."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl", "mtl_sa", "uresnet")):
        write_stand_in(root, method, seed)
    return root


@pytest.fixture
def page(root, monkeypatch):
    """Open the page with these query parameters."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))

    return partial(visit, "performance")


def control(app: AppTest, kind: str, key: str):
    return next(found for found in app.get(kind) if found.key == key)


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption])


def test_unequal_training_is_said_beside_the_figures(page, root, tmp_path, monkeypatch):
    shutil.copytree(root, tmp_path / "root")
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path / "root"))
    for method, epochs in (("mtl", 90), ("mtl_sa", 40), ("uresnet", 40)):
        path = tmp_path / "root" / method / "card.json"
        card = json.loads(path.read_text())
        path.write_text(json.dumps({**card, "training": {**card["training"], "epoch": epochs}}))
    assert "Epochs: MTL 90; MTL-SA, UResNet 40." in text(page(methods="mtl,mtl_sa,uresnet"))
    assert "Not trained equally" not in text(page(methods="mtl_sa,uresnet"))


def test_the_threshold_moves_matrix_and_counts(page, root):
    app = page(methods="mtl")
    rows = read_predictions(root / "mtl" / "predictions.csv")
    rows = rows[(rows["part"] == "test") & (rows["dataset"] != "phantom")]
    shown = []
    for threshold in (0.2, 0.8):
        app.slider(key="_threshold").set_value(threshold).run()
        assert not app.exception
        counts = confusion(rows["label"], rows["probability"], threshold)
        line = f"**, {counts.tp} of {counts.tp + counts.fn}"
        assert line in text(app)
        table = app.dataframe[0].value.iloc[0]
        assert (table["Found"], table["Missed"]) == (counts.tp, counts.fn)
        assert (table["False alarms"], table["Cleared"]) == (counts.fp, counts.tn)
        assert app.session_state["rule"] == "hand"
        shown.append(tuple(counts))
    assert shown[0] != shown[1]


def test_rule_and_threshold_are_in_the_address(page):
    app = page(methods="mtl")
    assert not {"rule", "threshold"} & set(app.query_params)
    app.slider(key="_threshold").set_value(0.7).run()
    address = {name: str(np.ravel(app.query_params[name])[0]) for name in ("rule", "threshold")}
    assert address == {"rule": "hand", "threshold": "0.700"}
    linked = page(methods="mtl", **address)
    assert linked.slider(key="_threshold").value == pytest.approx(0.7)
    assert linked.dataframe[0].value.equals(app.dataframe[0].value)
    control(app, "button_group", "_rule").set_value("youden").run()
    assert np.ravel(app.query_params["rule"])[0] == "youden"
    assert "threshold" not in app.query_params
    linked = page(methods="mtl", rule="youden")
    assert linked.dataframe[0].value.equals(app.dataframe[0].value)


@pytest.mark.parametrize("value", ["x", "nan", "7", "-0.1"])
def test_a_link_without_a_threshold_falls_back(page, value):
    app = page(methods="mtl", rule="hand", threshold=value)
    assert not app.error and app.slider(key="_threshold").value == 0.5
    app = page(methods="mtl", rule=value)
    assert control(app, "button_group", "_rule").value == "shipped"


@pytest.mark.parametrize(
    ("rule", "amount", "choose"),
    [
        ("least", 80, lambda *data: threshold_for_sensitivity(*data, 0.8)),
        ("cost", 3, lambda *data: choose_threshold(*data, "cost", 3)),
    ],
)
def test_rules_are_chosen_on_validation_images_only(page, root, rule, amount, choose):
    app = page(methods="mtl", rule="sensitivity" if rule == "least" else rule)
    app.slider(key=f"_{rule}").set_value(amount).run()
    rows = read_predictions(root / "mtl" / "predictions.csv")
    parts = rows[rows["dataset"] != "phantom"].groupby("part")
    expected = {part: choose(some["label"], some["probability"]) for part, some in parts}
    assert abs(expected["test"] - expected["validation"]) > 0.01  # else this could not fail
    assert app.dataframe[0].value["Threshold"].iloc[0] == f"{expected['validation']:.3f}"
    assert np.ravel(app.query_params[rule])[0] == str(amount)


def test_an_address_of_before_is_followed(page):
    assert page(methods="mtl", rule="sensitivity_95").slider(key="_least").value == 95


def test_all_networks_by_one_click(page):
    app = page(methods="mtl")
    app.button(key="_pick_methods_all").click().run()
    assert np.ravel(app.query_params["methods"])[0] == "mtl,mtl_sa,uresnet"
    assert app.button(key="_pick_methods_all").disabled


def test_a_click_on_a_judged_image_opens_it(page, monkeypatch, tmp_path):
    """The images of the list have small pictures where their dataset is here."""
    path = make_manifest(tmp_path / "data", count=4)
    monkeypatch.setenv("MTLBUS_DATA", f"manifest={path}")
    names = list(datasets.samples_of("manifest"))
    rows = pd.DataFrame(
        {"image_id": names, "dataset": "manifest", "dice": 0.5, "birads": "", "method": "mtl"}
    )

    def script(rows, cells):
        import streamlit as st

        from mtlbus.ui.performance import case_list

        event = type("Event", (), {"selection": type("S", (), {"cells": cells})})
        shown = []
        st.dataframe, kept = (lambda table, **_: shown.append(table) or event), st.dataframe
        st.switch_page, left = (lambda name: shown.append(name)), st.switch_page
        try:
            case_list.show(rows, {"image_id": "Image", "dice": "Dice", "birads": "B"}, "k", "All.")
        finally:
            st.dataframe, st.switch_page = kept, left
        st.session_state["shown"] = shown

    app = AppTest.from_function(script, kwargs={"rows": rows, "cells": [(1, "dice")]}).run()
    assert not app.exception
    table, page_after = app.session_state["shown"]
    assert list(table) == ["picture", "image_id", "dice", "dataset"]
    assert all(one.startswith("data:image/jpeg;base64,") for one in table["picture"])
    assert page_after == "pages/predict.py" and app.session_state["method"] == "mtl"
    assert app.session_state["case"] == f"manifest:{names[1]}"


def test_phantoms_stay_apart(page):
    assert "**150 test images** (BUS-BRA 90, BUSI 60)" in text(page(methods="mtl"))
    assert "**20 test images** (phantoms 20)" in text(page(methods="mtl", images="phantom"))


@pytest.mark.parametrize(
    "section", ["calibration", "outlines", "metrics", "two", "parts", "papers"]
)
def test_every_section_opens_from_its_address(page, section):
    app = page(methods="mtl,mtl_sa,uresnet", section=section)
    assert control(app, "button_group", "_section").value == section
    assert not app.error


def test_a_method_without_a_class_says_so(page):
    app = page(methods="uresnet")
    assert "Without a class" in text(app)
    assert not [found for found in app.slider if found.key == "_threshold"]


def test_cases_of_a_cell(page, root):
    app = page(methods="mtl")
    control(app, "button_group", "_end").set_value("fn").run()
    missed = int(app.dataframe[0].value["Missed"].iloc[0])
    cases = app.dataframe[1].value
    assert len(cases) == missed > 0
    assert cases["probability"].is_monotonic_increasing


def test_pairs_are_compared_on_common_images(root):
    first, second = (judged_rows.load_table(Checkpoint(root / name)) for name in ("mtl", "mtl_sa"))
    pair = judged_rows.compare(first, second, judged_rows.REAL, (0.5, 0.5))
    assert pair.n == 150
    itself = judged_rows.compare(first, first, judged_rows.REAL, (0.5, 0.5))
    assert (itself.auc.difference, itself.calls.p_value) == (0, 1)


def test_no_prediction_file_is_one_line(page, root, tmp_path, monkeypatch):
    folder = write_stand_in(tmp_path, "mtl")
    (folder / "predictions.csv").unlink()
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    assert "No predictions at" in visit("performance", faulty=True).error[0].value


def test_normal_images_have_a_section_with_false_alarms_and_misses(
    page, root, tmp_path, monkeypatch
):
    shutil.copytree(root, tmp_path / "root")
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path / "root"))
    app = page(methods="mtl,mtl_sa", section="normals")
    assert "None of the chosen networks was judged on normal images" in app.info[0].value
    counts = {
        "normal": {
            "n": 20,
            "outlined": {"value": 0.35, "low": 0.2, "high": 0.5},
            "malignant": {"value": 0.0, "low": 0.0, "high": 0.16},
        },
        "lesion": {"n": 90, "missed": {"value": 0.01, "low": 0.0, "high": 0.03}},
    }
    path = tmp_path / "root" / "mtl" / "card.json"
    card = json.loads(path.read_text())
    presence = {"score": "s", "threshold": 0.9, "validation": counts, "test": counts}
    path.write_text(json.dumps({**card, "presence": presence, "trained_with_normals": False}))
    app = page(methods="mtl,mtl_sa", section="normals")
    assert not app.exception
    table = app.dataframe[-1].value
    assert list(table["Part"]) == ["test", "validation"] and set(table["Network"]) == {"MTL"}
    row = table.iloc[0]
    assert row["of them outlined"] == "35.0% (20.0 to 50.0)" and row["Normal images"] == "20"
    assert row["called malignant"] == "0.0% (0.0 to 16.0)"
    assert row["without an outline"] == "1.0% (0.0 to 3.0)" and row["Threshold"] == "0.900"
    assert "MTL learned from images with a lesion alone" in text(app)
    path.write_text(json.dumps({**card, "presence": presence, "trained_with_normals": True}))
    assert "with a lesion alone" not in text(page(methods="mtl,mtl_sa", section="normals"))
