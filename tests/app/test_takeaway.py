"""Take it away, without a browser: each menu, what it holds, and that nothing runs for it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.core.wording import DISCLAIMER
from mtlbus.evaluation import judged_rows
from mtlbus.export.case_views import CompareView, MirrorView, TwoCasesView, stem_of
from mtlbus.export.method_views import MethodView, OverviewView
from mtlbus.export.numbers import mirror_numbers
from mtlbus.export.views import PerformanceView, View
from mtlbus.findings import Finding
from mtlbus.inference.predictor import Predictor
from mtlbus.ui import services, takeaway
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

CASE = {"Report (HTML)", "Open as notebook", "Numbers (CSV)", "Drawing (SVG)"}
PREDICTED = CASE | {"Arrays (NPZ)", "Picture (PNG)", "Numbers (JSON)", "Charts (ZIP)"}
MENUS = {
    ("predict", "method=mtl"): PREDICTED,
    ("home", ""): PREDICTED,
    ("compare", "methods=mtl,uresnet"): CASE | {"Picture (PNG)", "Arrays (NPZ)", "Charts (ZIP)"},
    ("compare", "methods=mtl,uresnet&compare=mirror"): CASE | {"Picture (PNG)", "Arrays (NPZ)"},
    ("compare", "methods=mtl&compare=two&second=scar"): CASE - {"Report (HTML)"} | {
        "Report of the first case (HTML)", "Report of the second case (HTML)", "Picture (PNG)",
        "Arrays (NPZ)",
    },
    ("methods", ""): {"Open as notebook", "Numbers (CSV)"},
    ("what_if", "methods=mtl&edits=gain:6"): CASE - {"Report (HTML)"} | {
        "Report of the first case (HTML)", "Report of the second case (HTML)", "Picture (PNG)",
        "Arrays (NPZ)",
    },
    ("methods", "method=mtl"): {
        "Open as notebook", "Numbers (CSV)", "Drawing (SVG)", "Drawing (PNG)",
    },
    ("attention", "method=mtl_cosa"): {
        "Open as notebook", "Report (HTML)", "Numbers (CSV)", "Arrays (NPZ)", "Charts (ZIP)",
    },
    ("attributions", "method=mtl&attributions=saliency&placebo=0"): {
        "Open as notebook", "Report (HTML)", "Maps (NPZ)", "All maps (PNG)", "Numbers (CSV)",
        "Saliency (PNG)",
    },
    ("performance", "methods=mtl,uresnet"): {
        "Open as notebook", "Report (HTML)", "Numbers (CSV)", "Predictions of MTL (CSV)",
        "Predictions of UResNet (CSV)", "Charts (ZIP)",
    },
    ("performance", "methods=uresnet"): {
        "Open as notebook", "Report (HTML)", "Numbers (CSV)", "Predictions of UResNet (CSV)",
        "Charts (ZIP)",
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

    return lambda page, query: visit(page, **dict(parse_qsl(query, strict_parsing=True)))


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
    app.slider(key="_mask_threshold").set_value(0.35).run()
    view = offered[-1]
    assert isinstance(view, Finding)
    assert (view.case.key, view.prediction.method) == ("fibroadenoma", "mtl")
    assert view.mask_threshold == 0.35
    assert view.point.threshold == view.prediction.threshold


def test_compare_is_taken_away_as_it_is_shown(open_page, offered):
    app = open_page("compare", "methods=mtl,uresnet")
    app.slider(key="_mask_threshold").set_value(0.25).run()
    view = offered[-1]
    assert isinstance(view, CompareView)
    assert [one.prediction.method for one in view.views] == ["mtl", "uresnet"]
    assert {one.mask_threshold for one in view.views} == {0.25}
    assert view.views[1].point is None


def test_the_mirror_is_taken_away_as_it_is_shown(open_page, offered):
    app = open_page("compare", "case=scar&methods=mtl,uresnet&compare=mirror")
    app.slider(key="_mask_threshold").set_value(0.25).run()
    view = offered[-1]
    assert isinstance(view, MirrorView)
    assert (view.first.case.key, view.mask_threshold) == ("scar", 0.25)
    table = app.dataframe[0].value
    numbers = [mirror_numbers(a, b) for a, b in view.by_network]
    assert list(table["Dice, mirror"]) == [one["dice_mirrored"] for one in numbers]
    assert list(table["Mirror (px)"]) == [one["mask_area_px_mirrored"] for one in numbers]
    assert view.first.views[0].call in ("benign", "malignant") and view.first.views[1].call is None


def test_two_cases_are_taken_away_as_they_are_shown(open_page, offered):
    open_page("compare", "case=lipoma&methods=mtl&compare=two&second=scar")
    view = offered[-1]
    assert isinstance(view, TwoCasesView)
    assert [half.case.key for _, half in view.halves] == ["lipoma", "scar"]


def test_home_is_taken_away_as_predict_would_be(open_page, offered):
    open_page("home", "case=lipoma")
    open_page("predict", "case=lipoma&method=mtl_cosa")
    home, predict = offered[-2:]
    assert isinstance(home, Finding) and stem_of(home) == stem_of(predict)
    assert home.prediction.probability == predict.prediction.probability
    assert home.point == predict.point and home.mask_threshold == predict.mask_threshold


def test_the_drawing_of_a_method_is_that_of_the_sizes_shown(open_page, offered, monkeypatch):
    asked = []
    monkeypatch.setattr(takeaway, "offer", lambda view, more: asked.append((view, more)))
    app = open_page("methods", "method=ctan")
    app.segmented_control(key="_sizes").set_value("paper").run()
    (view, (file, picture)) = asked[-1]
    assert isinstance(view, MethodView) and view.checkpoint is None
    assert file.ending == "_paper.svg" and file.make().startswith("<svg")
    assert picture.ending == "_paper.png" and picture.make().startswith(b"\x89PNG")


def test_the_overview_takes_what_the_filter_leaves(open_page, offered):
    open_page("methods", "paper=ctan")
    view = offered[-1]
    assert isinstance(view, OverviewView) and len(view.methods) == 5
    assert view.stem == "methods_ctan"


def test_the_threshold_of_performance_goes_with_it(open_page, offered):
    app = open_page("performance", "methods=mtl,uresnet&images=busi")
    app.slider(key="_threshold").set_value(0.37).run()
    view = offered[-1]
    assert isinstance(view, PerformanceView)
    assert [one.threshold for one in view.methods] == [0.37, None]
    assert {name for one in view.methods for name in one.rows["dataset"]} == {"busi"}
    assert {name for one in view.methods for name in one.rows["part"]} == {"test"}


@pytest.fixture
def reports(monkeypatch) -> list[Callable[[], str]]:
    """What makes the reports of the menus that were drawn, the last one last."""
    makers = []
    offer = takeaway.report_file

    def noted(make, *arguments):
        makers.append(make)
        return offer(make, *arguments)

    monkeypatch.setattr(takeaway, "report_file", noted)
    return makers


def drawn(html: str) -> tuple[str, int]:
    """A report, and how many charts it draws; it is small and runs nothing."""
    assert html.startswith("<!doctype html>") and "default-src 'none'" in html
    assert "<script" not in html and len(html.encode()) < 1024**2
    return html, html.count('<img src="data:image/svg+xml')


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("map=region", ["Tumour, 8×8 weights", "Regions of the predicted mask"]),
        ("map=region_score", ["no estimate", "log-odds", "Here attention adds nothing"]),
        (
            "map=cosa_attention.tumour&cell=3,4",
            ["Where the cell in row 3, column 4 looks", "Here attention adds nothing"],
        ),
    ],
)
def test_the_report_of_attention_holds_what_the_page_shows(chosen, said, open_page, reports):
    app = open_page("attention", f"method=mtl_cosa&{chosen}")
    text, charts = drawn(reports[-1]())
    assert charts == len(app.get("plotly_chart"))
    for words in said:
        assert words in text
    for caption in app.main.caption:
        if DISCLAIMER in caption.value:  # of the frame; a report has its own
            continue
        assert re.split(r"[*&'<\"]", caption.value)[0] in text
    assert services.checkpoint("mtl_cosa").digest in text


def test_the_report_of_attributions_holds_maps_placebos_and_numbers(open_page, reports):
    open_page("attributions", "method=mtl_cosa&attributions=saliency,gradcam")
    text, charts = drawn(reports[-1]())
    assert charts == 0 and text.count('<img src="data:image/png') == 4
    assert "Placebo ρ" in text and "shuffled weights" in text and "Explained" in text
    assert "steps 24" in text, "without the settings nobody could make the maps again"


def test_the_report_of_performance_holds_curves_and_matrices(open_page, reports):
    app = open_page("performance", "methods=mtl,mtl_cosa,uresnet&images=busi")
    app.slider(key="_threshold").set_value(0.37).run()
    text, charts = drawn(reports[-1]())
    assert charts == 7  # ROC, precision and recall, decision, calibration, two matrices, outlines
    assert text.count("Called malignant from 0.370 on.") == 2
    for method in ("mtl", "uresnet"):
        assert judged_rows.load_table(services.checkpoint(method)).digest in text


@pytest.mark.parametrize(
    ("page", "query", "ending", "figures"),
    [
        ("predict", "case=scar&method=mtl", "_bar.zip", ["probability-of-malignancy"]),
        ("compare", "methods=mtl,mtl_cosa,uresnet", "_votes.zip",
         ["networks-that-call-it-lesion", "networks-that-are-outvoted"]),
        ("phantom_lab", "methods=mtl_cosa", "_maps.zip", ["mtl-cosa-share-of-the-decision"]),
        ("surgery", "method=mtl_cosa", "_picture.png", None),
    ],
)  # fmt: skip
def test_a_figure_that_is_no_chart_of_plotly_is_a_file_too(
    page, query, ending, figures, open_page, monkeypatch
):
    menus = []
    draw = takeaway.menu
    monkeypatch.setattr(takeaway, "menu", lambda *a, **k: menus.append(a[0]) or draw(*a, **k))
    open_page(page, query)
    content = next(file for file in menus[-1] if file.ending == ending).make()
    if figures is None:
        assert content.startswith(b"\x89PNG")
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    for number, figure in enumerate(figures, start=1):
        assert found.pop(f"{number:02}-{figure}.png").startswith(b"\x89PNG")
        assert b"<svg" in found.pop(f"{number:02}-{figure}.svg")
    assert not found


@pytest.mark.parametrize(("page", "query"), MENUS, ids=str)
def test_a_menu_and_its_files(page, query, open_page, offered, monkeypatch):
    made = []
    for name in (
        "notebook_of",
        "csv_of",
        "report_of",
        "mirror_report",
        "svg_of",
        "npz_of",
        "together",
    ):
        make = getattr(takeaway, name)
        monkeypatch.setattr(
            takeaway, name, lambda *a, make=make, name=name, **k: made.append(name) or make(*a, **k)
        )
    app = open_page(page, query)
    assert labels(app) == MENUS[page, query]
    assert made == [], "a file is made when its button is pressed"
    monkeypatch.setattr(Predictor, "predict", None)  # calling it would fail
    contents = {file.ending: file.make() for file in takeaway.files(offered[-1])}
    assert len(made) == len(contents) >= 1
    assert json.loads(contents[".ipynb"])["nbformat"] == 4
    if ".csv" in contents:
        assert len(list(csv.reader(io.StringIO(contents[".csv"])))) > 1
    for ending, content in contents.items():
        if ending.endswith(".html"):
            assert content.startswith("<!doctype html>")
            assert contents[".svg"].startswith("<?xml")
    if ".npz" in contents:
        with np.load(io.BytesIO(contents[".npz"]), allow_pickle=False) as arrays:
            assert "README" in arrays.files
    if page == "compare":
        assert contents[".png"].startswith(b"\x89PNG")
