"""Take it away, without a browser: each menu, what it holds, and that nothing runs for it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.export.views import CompareView, PerformanceView, PredictView, View
from mtlbus.inference.predictor import Predictor
from mtlbus.ui import takeaway
from tests.app.stand_ins import write_stand_in

APP = Path(__file__).resolve().parents[2] / "app.py"
CASE = {"Report (HTML)", "Open as notebook", "Numbers (CSV)", "Drawing (SVG)"}
MENUS = {
    ("predict", "method=mtl"): CASE | {"Arrays (NPZ)", "Picture (PNG)", "Numbers (JSON)"},
    ("compare", "methods=mtl,uresnet"): CASE | {"Picture (PNG)"},
    ("attention", "method=mtl_cosa"): {"Open as notebook", "Numbers (CSV)", "Arrays (NPZ)"},
    ("attributions", "method=mtl&attributions=saliency&placebo=0"): {
        "Open as notebook", "Maps (NPZ)", "Numbers (CSV)", "Saliency (PNG)",
    },
    ("performance", "methods=mtl,uresnet"): {
        "Open as notebook", "Numbers (CSV)", "Predictions of MTL (CSV)",
        "Predictions of UResNet (CSV)",
    },
    ("performance", "methods=uresnet"): {
        "Open as notebook", "Numbers (CSV)", "Predictions of UResNet (CSV)",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Networks with a mask and a class, and with a mask only; all random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl_cosa", "mtl", "uresnet")):
        write_stand_in(root, method, seed=seed + 80)
    return root


@pytest.fixture
def open_page(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))

    def run(page: str, query: str = "") -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=90)
        app.switch_page(f"pages/{page}.py")
        for part in filter(None, query.split("&")):
            name, _, value = part.partition("=")
            app.query_params[name] = value
        app.run()
        assert not app.exception and not app.error
        return app

    return run


@pytest.fixture
def offered(monkeypatch) -> list[View]:
    """The views whose menus were drawn, the last one last."""
    views = []
    draw = takeaway.offer

    def noted(view, *arguments, **options):
        views.append(view)
        draw(view, *arguments, **options)

    monkeypatch.setattr(takeaway, "offer", noted)
    return views


def labels(app: AppTest) -> set[str]:
    popovers = app.get("popover")
    menu = next(block for block in popovers if block.proto.popover.label == "Take it away")
    return {button.label for button in menu.get("download_button")}


def test_predict_is_taken_away_as_it_is_shown(open_page, offered):
    app = open_page("predict", "case=fibroadenoma&method=mtl")
    app.slider(key="mask_threshold").set_value(0.35).run()
    view = offered[-1]
    assert isinstance(view, PredictView)
    assert (view.case.key, view.prediction.method) == ("fibroadenoma", "mtl")
    assert view.mask_threshold == 0.35
    assert view.point.threshold == view.prediction.threshold


def test_compare_is_taken_away_as_it_is_shown(open_page, offered):
    app = open_page("compare", "methods=mtl,uresnet")
    app.slider(key="compare_threshold").set_value(0.25).run()
    view = offered[-1]
    assert isinstance(view, CompareView)
    assert [one.prediction.method for one in view.views] == ["mtl", "uresnet"]
    assert {one.mask_threshold for one in view.views} == {0.25}
    assert view.views[1].point is None


def test_the_threshold_of_performance_goes_with_it(open_page, offered):
    app = open_page("performance", "methods=mtl,uresnet&images=busi")
    app.slider(key="_threshold").set_value(0.37).run()
    view = offered[-1]
    assert isinstance(view, PerformanceView)
    assert [one.threshold for one in view.methods] == [0.37, None]
    assert {name for one in view.methods for name in one.rows["dataset"]} == {"busi"}
    assert {name for one in view.methods for name in one.rows["part"]} == {"test"}


@pytest.mark.parametrize(("page", "query"), MENUS, ids=str)
def test_a_menu_and_its_files(page, query, open_page, offered, monkeypatch):
    made = []
    for name in ("notebook_of", "csv_of", "report_of", "svg_of", "npz_of"):
        make = getattr(takeaway, name)
        monkeypatch.setattr(
            takeaway, name, lambda *a, make=make, name=name: made.append(name) or make(*a)
        )
    app = open_page(page, query)
    if page == "attributions":  # nothing is computed there before it is asked for
        app.button(key="_run").click().run()
    assert labels(app) == MENUS[page, query]
    assert made == [], "a file is made when its button is pressed"
    monkeypatch.setattr(Predictor, "predict", None)  # calling it would fail
    contents = {file.ending: file.make() for file in takeaway.files(offered[-1])}
    assert len(made) == len(contents) - (page == "compare") >= 1
    assert json.loads(contents[".ipynb"])["nbformat"] == 4
    if ".csv" in contents:
        assert len(list(csv.reader(io.StringIO(contents[".csv"])))) > 1
    if ".html" in contents:
        assert contents[".html"].startswith("<!doctype html>")
        assert contents[".svg"].startswith("<?xml")
    if ".npz" in contents:
        with np.load(io.BytesIO(contents[".npz"]), allow_pickle=False) as arrays:
            assert "README" in arrays.files
    if page == "compare":
        assert contents[".png"].startswith(b"\x89PNG")
