"""The verdict on every page: grey and without promises where anything speaks against it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mtlbus.data.intake import read_image
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.export.recipes import notebook_of
from mtlbus.export.report import report_of
from mtlbus.export.tables import csv_of
from mtlbus.ui import cases, services, state, takeaway
from mtlbus.ui.case_store import CaseStore
from mtlbus.ui.finding import finding_of
from mtlbus.ui.predict import files
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

PROMISE = "Of 100 malignant lesions it calls"
IF = "Probability of malignancy, if this is a lesion"
POINT = {
    "threshold": 0.0001,
    "test": {
        "n": 501,
        "sensitivity": {"value": 0.9, "low": 0.8, "high": 0.95},
        "specificity": {"value": 0.8, "low": 0.7, "high": 0.9},
    },
}


def rewrite(folder: Path, **fields) -> None:
    card = json.loads((folder / "card.json").read_text())
    card["training"]["data"] = {"busi": 1, "busbra": 1}
    (folder / "card.json").write_text(json.dumps(card | fields))


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """All call everything malignant. The first one knows normals, the second one never saw any,
    the third one knows normals and finds none of the images sure enough to hold a lesion."""
    root = tmp_path_factory.mktemp("checkpoints")
    counted = {
        "normal": {"n": 26, "outlined": {"value": 2 / 26}},
        "lesion": {"n": 501, "missed": {"value": 5 / 501}},
    }
    cards = {
        "mtl": {"trained_with_normals": True, "presence": {"threshold": 0.0, "test": counted}},
        "mtl_sa": {},
        "mtl_cosa": {"trained_with_normals": True, "presence": {"threshold": 1, "test": counted}},
    }
    for (method, fields), seed in zip(cards.items(), (10, 1, 3), strict=True):
        folder = write_stand_in(root, method, seed)  # with a mask of a likely size
        rewrite(folder, operating_points={"balanced": POINT, "youden": POINT}, **fields)
    return root


@pytest.fixture(autouse=True)
def here(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))


def upload_page(page: str, pixels: np.ndarray, folder: Path, **query: str) -> AppTest:
    path = folder / "mine.png"
    Image.fromarray(pixels).save(path)
    store, image = CaseStore(), read_image(path)
    key = f"{state.UPLOAD}{image.sha256[:12]}"
    store.add(cases.from_upload(key, image))
    return visit(page, session={"uploads": store}, faulty=True, case=key, **query)


def text(app: AppTest) -> str:
    return "\n".join(one.value for one in [*app.main.markdown, *app.main.caption, *app.main.info])


def points(app: AppTest) -> list:
    return [one for one in app.get("button_group") if one.key == "_point"]


def scan() -> np.ndarray:
    return make_phantom(GALLERY["large-carcinoma"].parameters, 128).image


@pytest.mark.parametrize("page", ["home", "predict"])
def test_a_known_lesion_is_called_in_colour_and_judged(page):
    app = visit(page, case="lipoma", method="mtl")
    (metric,) = [one for one in app.metric if "Probability" in one.label]
    assert metric.delta.startswith("MTL: ") and metric.delta.endswith(" % → malignant")
    assert metric.proto.color == metric.proto.MetricColor.ORANGE
    assert "wrong: it is benign" in text(app)  # a lipoma is


@pytest.mark.parametrize("page", ["home", "predict"])
def test_a_network_that_never_saw_normals_doubts_an_upload(page, tmp_path):
    app = upload_page(page, scan(), tmp_path, method="mtl_sa")
    (metric,) = [one for one in app.metric if "Probability" in one.label]
    assert metric.label == IF and metric.proto.color == metric.proto.MetricColor.GRAY
    shown = text(app)
    assert "never saw a normal breast" in shown and PROMISE not in shown
    assert "Trained and counted on BUSI and BUS-BRA only." in shown
    assert "found nothing" not in shown


def test_a_promise_is_made_where_nothing_speaks_against_it_and_with_its_scope(tmp_path):
    shown = text(upload_page("predict", scan(), tmp_path, method="mtl"))
    assert PROMISE in shown and "expect worse" in shown and "501 test images of BUSI" in shown
    doubted = text(upload_page("predict", 255 - scan(), tmp_path, method="mtl"))
    assert "seems to be inverted" in doubted and PROMISE not in doubted


@pytest.mark.parametrize("page", ["home", "predict"])
def test_no_lesion_outlined_is_said_in_words_without_a_pill(page, tmp_path):
    app = upload_page(page, scan(), tmp_path, method="mtl_cosa")
    assert not app.metric and not app.get("html")
    assert "outlined something on 2 of 26 normal images and missed 5 of 501" in text(app)
    assert not points(app)  # none to choose where nothing is called
    if page == "predict":
        assert points(upload_page(page, scan(), tmp_path, method="mtl"))


@pytest.mark.parametrize("page", ["surgery", "attention"])
def test_no_lesion_outlined_is_said_where_the_class_is_looked_into(page, tmp_path):
    app = upload_page(page, scan(), tmp_path, method="mtl_cosa")
    assert "o lesion outlined" in text(app)
    assert not [
        one
        for one in app.metric
        if one.label.startswith("Probability") and IF[:-1] not in one.label
    ]


def test_in_a_lecture_the_reason_comes_first(tmp_path):
    app = upload_page("predict", scan(), tmp_path, method="mtl_sa", lecture="1")
    shown = [str(getattr(one, "value", "")) for one in app.main]
    reason = next(n for n, one in enumerate(shown) if one.startswith(":material/warning:"))
    answer = next(n for n, one in enumerate(shown) if "malignant, with caution" in one)
    assert reason < answer and "if this is a lesion" in text(app)


def test_compare_counts_with_its_cautions_first(tmp_path):
    app = upload_page("compare", scan(), tmp_path, methods="mtl,mtl_sa,mtl_cosa")
    shown = text(app)
    assert "1 of these networks cannot say that there is none" in shown
    assert "If this is a lesion: 2 of 2 call it malignant" in shown
    assert "1 of 3 outline no lesion" in shown and "Trained and counted on BUSI" in shown
    assert shown.index("cannot say") < shown.index("call it malignant")
    table = app.dataframe[0].value.set_index("Network")
    assert table.loc["MTL-COSA", "Says"] == "No lesion outlined"
    assert table.loc["MTL-SA", "Says"].endswith("→ malignant, with caution")
    known = visit("compare", case="lipoma", methods="mtl,mtl_sa,mtl_cosa")
    assert "0 of 3 are right: it is benign" in text(known)
    assert set(known.dataframe[0].value["Truth"]) == {"wrong: it is benign"}


def test_a_table_of_many_says_what_each_is_worth(tmp_path):
    Image.fromarray(scan()).save(tmp_path / "a.png")
    app = visit("predict", method="mtl_sa")
    file = ("a.png", (tmp_path / "a.png").read_bytes(), "image/png")
    app.file_uploader(key="_batch_files").set_value([file]).run()
    row = app.dataframe[0].value.iloc[0]
    assert row["verdict"].startswith("If this is a lesion: ")
    assert row["verdict"].endswith("→ malignant, with caution")
    assert "never saw a normal breast" in row["reasons"] and row["input"] == "ok"
    assert "expect worse" in text(app)


@pytest.mark.parametrize("page", ["home", "predict", "compare", "attention", "attributions"])
def test_a_refusal_can_be_set_aside_and_marks_what_follows(page, tmp_path):
    blank = np.full((128, 128), 90, np.uint8)
    app = upload_page(page, blank, tmp_path, method="mtl", methods="mtl")
    assert len(app.error) == 1 and "shown anyway" not in text(app)
    (button,) = [one for one in app.button if one.label == "It is ultrasound, show it anyway"]
    button.click().run()
    assert not app.error and not app.exception
    assert text(app).count("The input checks refused this image; a person had it shown") == 1
    again = upload_page(page, blank, tmp_path, method="mtl", methods="mtl")  # another visitor
    assert len(again.error) == 1


def test_what_was_shown_anyway_is_marked_in_every_file(tmp_path, monkeypatch):
    Image.fromarray(np.full((128, 128), 90, np.uint8)).save(tmp_path / "blank.png")
    case = cases.from_upload("upload:1", read_image(tmp_path / "blank.png"))
    monkeypatch.setattr(services, "overridden", lambda one: True)
    finding = finding_of(case, services.predict(case, "mtl"))
    document = json.loads(files.as_json(finding))
    assert document["input"] == "caution" and document["cautions"][0]["name"] == "overridden"
    assert document["call"] is None or document["cautious"]
    report = report_of([finding], takeaway.PALETTE)
    assert report.index("a person had it shown anyway") < report.index('class="verdict"')
    assert "overridden" in csv_of(finding)
    assert "a person had it shown anyway" in notebook_of(finding)
