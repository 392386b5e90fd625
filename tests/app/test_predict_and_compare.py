"""Predict and Compare without a browser: what is shown, and that controls run no network."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.inference.predictor import Predictor
from tests.app.stand_ins import write_stand_in

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Networks with a mask and a class, with a mask only, and with a class only; all random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl_cosa", "mtl", "uresnet", "resnet")):
        write_stand_in(root, method, seed=seed + 40)
    return root


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The methods whose network ran, in order."""
    ran = []
    predict = Predictor.predict

    def counted(self, *arguments, **options):
        ran.append(self.checkpoint.method)
        return predict(self, *arguments, **options)

    monkeypatch.setattr(Predictor, "predict", counted)
    return ran


@pytest.fixture
def open_page(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))

    def run(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.switch_page(f"pages/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception and not app.error
        return app

    return run


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption, *app.info])


def test_controls_of_predict_run_no_network(open_page, asked):
    app = open_page("predict", case="fibroadenoma", method="mtl")
    assert asked == ["mtl"]
    for change in (
        lambda: app.slider(key="mask_threshold").set_value(0.1),
        lambda: app.slider(key="mask_fill").set_value(40),
        lambda: app.toggle(key="show_outline").set_value(False),
        lambda: app.toggle(key="show_truth").set_value(True),
        lambda: app.toggle(key="show_agreement").set_value(True),
    ):
        change().run()
        assert not app.exception and not app.error
    assert asked == ["mtl"]


def test_the_mask_threshold_changes_what_is_measured(open_page):
    app = open_page("predict", case="fibroadenoma", method="mtl")
    low = app.slider(key="mask_threshold").set_value(0.05).run()
    table = next(m.value for m in low.markdown if m.value.startswith("| Measure"))
    high = app.slider(key="mask_threshold").set_value(0.95).run()
    tables = [m.value for m in high.markdown if m.value.startswith("| Measure")]
    assert not tables or tables[0] != table
    assert tables or "empty at this threshold" in text(high)


def test_numbers_that_the_card_lacks_are_not_said(open_page):
    shown = text(open_page("predict", method="mtl"))  # its point has no test figures
    assert "Of 100" not in shown and "Counted on" not in shown


def test_a_network_without_a_class_gives_no_call(open_page):
    app = open_page("predict", method="uresnet")
    assert "does not say benign or malignant" in text(app)
    assert "Probability of malignancy" not in [metric.label for metric in app.metric]
    assert "Dice" in [metric.label for metric in app.metric]


def test_a_network_without_a_mask_measures_nothing(open_page):
    app = open_page("predict", method="resnet")
    assert "draws no outline" in text(app)
    assert "Probability of malignancy" in [metric.label for metric in app.metric]


def test_several_images_become_a_table_and_bad_ones_a_line(open_page):
    app = open_page("predict", method="mtl")
    files = [("broken.png", b"nothing", "image/png")]
    for name in ("simple-cyst", "lipoma"):
        buffer = io.BytesIO()
        Image.fromarray(make_phantom(GALLERY[name].parameters, 128).image).save(buffer, "PNG")
        files.append((f"{name}.png", buffer.getvalue(), "image/png"))
    app.file_uploader(key="_batch_files").set_value(files).run()
    assert not app.exception
    assert [error.value.split()[0] for error in app.error] == ["broken.png"]
    table = app.dataframe[0].value
    assert list(table["file"]) == ["broken.png", "simple-cyst.png", "lipoma.png"]
    assert table["probability"].notna().sum() == 2


def test_adding_a_method_to_compare_runs_only_that_one(open_page, asked):
    app = open_page("compare", case="scar", methods="mtl")
    assert asked == ["mtl"]
    app.button_group(key="_pick_methods").set_value(["mtl", "uresnet"]).run()
    assert not app.exception and not app.error
    assert asked == ["mtl", "uresnet"]
    assert app.query_params["methods"] == "mtl,uresnet"
    app.slider(key="compare_threshold").set_value(0.3).run()
    assert asked == ["mtl", "uresnet"]


def test_compare_holds_any_mixture(open_page):
    app = open_page("compare", methods="mtl_cosa,mtl,uresnet,resnet")
    table = app.dataframe[0].value
    assert len(table) == 4
    assert table["Probability"].isna().sum() == 1 and table["Area (px)"].isna().sum() == 1
    assert len(app.dataframe[1].value) == 3  # pairs of the three that outline


def test_compare_with_one_or_none_says_what_is_missing(open_page):
    app = open_page("compare", methods="resnet")
    assert "at least two networks that outline" in text(app)
    app.button_group(key="_pick_methods").set_value([]).run()
    assert not app.exception and not app.error
    assert "at least one network" in text(app)


def test_dice_between_methods_by_hand():
    from mtlbus.ui.pictures import pairwise_dice

    a, b, empty = np.zeros((3, 4, 4), bool)
    a[:2], b[1:3] = True, True
    found = pairwise_dice({"a": a, "b": b, "c": empty, "d": empty})
    assert found["a", "b"] == 2 * 4 / 16
    assert found["a", "c"] == 0 and found["c", "d"] == 1
