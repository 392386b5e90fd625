"""Predict without a browser: what is shown, what is refused, and that controls run no network."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mtlbus.core.card import OperatingPoint
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.data.transforms import Frame
from mtlbus.figures.overlay import encode_png
from mtlbus.findings import Finding
from mtlbus.inference.familiarity import fit, write_familiarity
from mtlbus.inference.predictor import Prediction, Predictor
from mtlbus.ui import cases
from mtlbus.ui.predict import batch
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit
from tests.data.test_dicom import dataset, packed, region
from tests.made import card_of

LABEL = "Probability of malignancy, if this is a lesion"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Networks with a mask and a class, with a mask only, and with a class only; all random.

    To the last one every image is far from its training images.
    """
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl", "uresnet", "resnet", "lenet")):
        write_stand_in(root, method, seed=seed + 40)
    predictor = Predictor.of(root / "lenet", "cpu")
    rows = np.random.default_rng(0).normal(size=(40, 16)) + 90
    write_familiarity(predictor.checkpoint, fit(("pooled_features",), rows, rows))
    return root


@pytest.fixture
def points(monkeypatch) -> None:
    """Two operating points for every network, at 0 and at 1: the call is another one at each."""
    from mtlbus.findings import points
    from mtlbus.ui import verdict

    entries = {
        "balanced": {"threshold": 0.0, "purpose": "Kept as it is."},
        "youden": {"threshold": 1.0, "purpose": "Nearly all are benign."},
    }
    found = {
        key: points.Point(key, one["threshold"], OperatingPoint.model_validate(one))
        for key, one in entries.items()
    }
    for module in (points, verdict):
        monkeypatch.setattr(module, "operating_points", lambda card: found)


@pytest.fixture
def open_page(root, monkeypatch):
    """Open the page with these query parameters."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))

    return partial(visit, "predict")


@pytest.fixture(scope="module")
def scan():
    """A phantom of 128 px with its true mask."""
    return make_phantom(GALLERY["large-carcinoma"].parameters, 128)


def upload(app: AppTest, content: bytes, name: str = "scan.png", key: str = "_upload") -> AppTest:
    (uploader,) = (one for one in app.file_uploader if one.key.startswith(key))
    uploader.set_value((name, content, "application/octet-stream")).run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption, *app.info])


def picture(app: AppTest) -> dict:
    """What the picture was sent: its regions as lines, what the colours mean."""
    sent = [json.loads(found.proto.json) for found in app.main.get("bidi_component")]
    assert ["sources" in element for element in sent] == [True, False]
    assert list(sent[0]["sources"]) == [image["key"] for image in sent[1]["images"]]
    return sent[1]


def measures(app: AppTest) -> str:
    """The table of measurements; "" where there is none."""
    return next((m.value for m in app.markdown if m.value.startswith("| Measure")), "")


def labels(app: AppTest) -> list[str]:
    return [metric.label for metric in app.metric]


def calls(app: AppTest) -> list[str]:
    return [m.delta.rpartition(" → ")[2] for m in app.metric if m.label == LABEL]


def test_controls_run_no_network(open_page, asked):
    app = open_page(case="fibroadenoma", method="mtl")
    assert asked == ["mtl"]
    for change in (
        lambda: app.slider(key="_mask_threshold").set_value(0.1),
        lambda: app.slider(key="_mask_fill").set_value(40),
        lambda: app.toggle(key="_show_outline").set_value(False),
        lambda: app.toggle(key="_show_truth").set_value(True),
        lambda: app.toggle(key="_show_agreement").set_value(True),
    ):
        change().run()
        assert not app.exception and not app.error
    assert asked == ["mtl"]


def test_the_operating_point_moves_the_call(open_page, points, asked):
    app = open_page(case="fibroadenoma", method="mtl")
    asked.clear()
    assert "both rates are as alike" in text(app) and "point" not in app.query_params
    assert calls(app) == ["malignant"]
    picked = app.segmented_control(key="_point").set_value("youden").run()
    assert picked.segmented_control(key="_point").value == "youden"
    assert "largest sum of both rates" in text(picked) and calls(picked) == ["benign"]
    assert picked.query_params["point"] == "youden" and asked == []


def test_a_link_names_the_operating_point(open_page, points):
    app = open_page(case="fibroadenoma", method="mtl", point="youden")
    assert app.segmented_control(key="_point").value == "youden"
    assert "largest sum of both rates" in text(app)
    app.switch_page("pages/compare.py").run()
    app.switch_page("pages/predict.py").run()
    assert app.segmented_control(key="_point").value == "youden"
    wrong = open_page(case="fibroadenoma", method="mtl", point="magic")
    assert wrong.segmented_control(key="_point").value == "balanced"


def test_the_mask_threshold_changes_what_is_measured(open_page):
    app = open_page(case="fibroadenoma", method="mtl")
    low = measures(app.slider(key="_mask_threshold").set_value(0.05).run())
    high = app.slider(key="_mask_threshold").set_value(0.95).run()
    assert measures(high) != low
    assert measures(high) or "above the mask threshold of 0.95" in text(high)


def test_numbers_that_the_card_lacks_are_not_said(open_page):
    shown = text(open_page(method="mtl"))  # its point has no test figures
    assert "Of 100" not in shown and "Counted on" not in shown


def test_a_network_without_a_class_gives_no_call(open_page):
    app = open_page(method="uresnet")
    assert "does not say benign or malignant" in text(app)
    assert LABEL not in labels(app) and "Dice" in labels(app)


def test_a_network_without_a_mask_measures_nothing(open_page):
    app = open_page(method="resnet")
    assert "draws no outline" in text(app)
    assert LABEL in labels(app) and not measures(app)


def test_every_stage_has_its_time(open_page):
    (line,) = [c.value for c in open_page(method="mtl").caption if "Computed in" in c.value]
    for stage in ("input checks", "scale", "network", "back to the image", "measurements"):
        assert f"{stage} " in line


# What speaks against an image.


def test_a_good_image_passes_in_one_line(open_page):
    shown = text(open_page(case="simple-cyst", method="mtl"))
    assert "The input checks found nothing" in shown and "caution]" not in shown


def test_a_refused_image_is_not_asked_about(open_page, asked):
    app = open_page(method="mtl")
    asked.clear()
    upload(app, encode_png(np.full((200, 200), 90, np.uint8)), "blank.png")
    (error,) = app.error
    assert "blank" in error.value and error.value.startswith("Nothing is predicted. It is blank")
    assert app.title[0].value == "blank.png" and asked == [] and not labels(app)


def test_a_doubtful_image_is_predicted_with_its_reason(open_page, scan, asked):
    app = open_page(method="mtl")
    asked.clear()
    upload(app, encode_png(255 - scan.image), "negative.png")
    assert asked == ["mtl"] and LABEL in labels(app)
    assert ":orange-badge[" in text(app) and "seems to be inverted" in text(app)


def test_an_unfamiliar_image_is_doubted(open_page):
    shown = text(open_page(case="simple-cyst", method="lenet"))
    assert "unlike the images this network was trained on" in shown
    assert "found nothing" not in shown and "- " not in shown  # nor any promise


def test_a_file_of_other_weights_is_said_quietly(open_page, root, monkeypatch):
    (root / "resnet" / "familiarity.safetensors").write_bytes(
        (root / "lenet" / "familiarity.safetensors").read_bytes()
    )
    from mtlbus.ui import services
    from mtlbus.ui.gate import GATE
    from mtlbus.ui.results import ResultStore

    # the network of the test before would still be there
    monkeypatch.setattr(services, "_NETWORKS", ResultStore(10**9, lambda network: 1, GATE))
    app = open_page(case="simple-cyst", method="resnet")
    assert "belongs to other weights" in text(app) and "found nothing" in text(app)


def test_cautions_stand_before_the_call(open_page, points):
    kinds = [
        "caution" if "unlike the images" in str(getattr(found, "value", "")) else found.type
        for found in open_page(case="simple-cyst", method="lenet").main
        if found.type != "metric" or found.label == LABEL
        if getattr(found, "key", None) != "_tool"  # of the picture, beside the verdict
    ]
    places = [kinds.index(kind) for kind in ("caution", "metric", "html", "button_group")]
    assert places == sorted(places)


# The picture.


def test_right_and_wrong_disables_what_it_replaces(open_page):
    app = open_page(case="fibroadenoma", method="mtl")
    replaced = ("toggle", "_show_outline"), ("toggle", "_show_truth"), ("slider", "_mask_fill")
    for on in (True, False):
        app.toggle(key="_show_agreement").set_value(on).run()
        assert [getattr(app, kind)(key=key).disabled for kind, key in replaced] == [on] * 3
        assert not app.slider(key="_mask_threshold").disabled


def test_the_picture_is_kept_over_pages_and_in_the_link(open_page):
    app = open_page(case="fibroadenoma", method="mtl")
    assert not {"mask_threshold", "mask_fill", "show_outline"} & {*app.query_params}
    app.slider(key="_mask_threshold").set_value(0.3).run()
    app.slider(key="_mask_fill").set_value(25).run()
    app.toggle(key="_show_outline").set_value(False).run()
    app.toggle(key="_show_truth").set_value(True).run()
    wanted = {"mask_threshold": "0.3", "mask_fill": "25", "show_outline": "0", "show_truth": "1"}
    assert wanted.items() <= app.query_params.items()
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/predict.py").run()
    for again in (app, open_page(case="fibroadenoma", method="mtl", **wanted)):
        assert not again.exception
        assert again.slider(key="_mask_threshold").value == 0.3
        assert again.slider(key="_mask_fill").value == 25
        assert not again.toggle(key="_show_outline").value
        assert again.toggle(key="_show_truth").value
    open_page(case="scar", method="mtl", mask_threshold="x", mask_fill="-5", show_truth="maybe")


def test_the_legend_is_a_line_of_the_page_and_burned_into_what_is_exported():
    from mtlbus.ui import cases, pictures

    case = cases.phantom_case("fibroadenoma")
    plane = case.truth.astype(np.float32)
    said = Finding(
        case, Prediction("mtl", "a", "b", None, 256, plane, plane, None, None), card_of()
    )
    style = pictures.Style(truth=True)
    assert pictures.legend(said, pictures.Style()) == []
    assert [words for _, words in pictures.legend(said, style)] == [
        "true outline",
        "predicted outline, threshold 0.50",
    ]
    plain = pictures.draw(said, pictures.Style()).shape
    assert pictures.draw(said, style).shape == plain
    one, two = (
        Image.open(io.BytesIO(pictures.export_png(said, chosen))).height
        for chosen in (pictures.Style(), style)
    )
    assert one < two


def test_the_page_says_what_the_colours_mean(open_page):
    app = open_page(case="fibroadenoma", method="mtl")
    assert picture(app)["legend"] == []
    app.toggle(key="_show_agreement").set_value(True).run()
    assert "marked, but not lesion" in [words for _, words in picture(app)["legend"]]


def test_a_network_that_computes_is_said_and_a_wait_tells_the_place(root, monkeypatch):
    import streamlit as st

    from mtlbus.ui import cases, gate, services, widgets

    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    monkeypatch.setattr(gate, "SAY_EVERY", 0.05)
    said, told = [], []
    case = cases.phantom_case("microlobulated-carcinoma")
    services.predictor("mtl")
    spinner = st.spinner
    monkeypatch.setattr(st, "spinner", lambda text: said.append(text) or spinner(text))

    class Place:
        def caption(self, words):
            told.append(words)
            free.set()  # the one inside goes as soon as the wait has been told

        def empty(self):
            told.append("")

    monkeypatch.setattr(st, "empty", Place)
    inside, free = threading.Event(), threading.Event()

    def other():
        with gate.GATE.turn():
            inside.set()
            free.wait(30)

    busy = threading.Thread(target=other)
    busy.start()
    inside.wait(30)
    widgets.ask(case, "mtl")
    busy.join()
    widgets.ask(case, "mtl")  # there already
    assert said == [f"Asking {services.title_of('mtl')} …"]
    assert told[0].startswith(":material/hourglass_top: Waiting for the network: 1 before you")
    assert told[-1] == "" and not gate.GATE.is_taken


# Sizes in mm.


def test_dicom_brings_its_spacing(open_page, scan):
    app = open_page(method="mtl")
    whole = region(0.01, 0.01, box=(0, 0, 127, 127))
    content = packed(dataset(scan.image, SequenceOfUltrasoundRegions=[whole]))
    app = upload(app, content, "scan.dcm")
    app = app.slider(key="_mask_threshold").set_value(0.05).run()
    assert " mm² (" in measures(app) and "A pixel is 0.100 mm, as the file tells" in text(app)
    assert not app.number_input


def test_a_spacing_can_be_typed_in_and_belongs_to_its_image(open_page, scan, asked):
    app = upload(open_page(method="mtl"), encode_png(scan.image))
    app = app.slider(key="_mask_threshold").set_value(0.05).run()
    assert "mm" not in measures(app) and "In px" in text(app)
    asked.clear()
    app.number_input[0].set_value(0.2).run()
    assert " mm² (" in measures(app) and "A pixel is 0.200 mm, as typed in" in text(app)
    assert asked == []
    app = upload(app, encode_png(scan.image[:, ::-1].copy()), "other.png")
    assert "mm" not in measures(app) and app.number_input[0].value is None


def test_a_pixel_of_the_square_is_larger_where_the_image_was_made_smaller():
    phantom = cases.phantom_case("simple-cyst")
    wide = SimpleNamespace(frame=Frame(300, 512), size=256)  # 512 px of the image in 256
    step = phantom.image.spacing[0]
    assert Finding(phantom, wide, None).square_mm == pytest.approx(2 * step)
    for unknown in (None, (step, 2 * step)):
        image = replace(phantom.image, spacing=unknown)
        assert Finding(replace(phantom, image=image), wide, None).square_mm is None


# A true mask of one's own.


def test_a_true_mask_can_be_added_and_taken_away(open_page, scan, asked):
    app = upload(open_page(method="mtl"), encode_png(scan.image))
    assert "Dice" not in labels(app)
    asked.clear()
    (key,) = [u.key for u in app.file_uploader if u.key and u.key.startswith("_true_mask")]
    app = upload(app, encode_png(scan.mask), "mask.png", key)
    assert "Dice" in labels(app) and asked == [] and app.title[0].value == "scan.png"
    assert app.toggle(key="_show_agreement")
    assert [o for o in app.selectbox(key="_case_choice").options if "Upload" in o] == [
        "Upload: scan.png"
    ]
    app.file_uploader(key=key).set_value([]).run()
    assert "Dice" not in labels(app) and not app.exception


def test_a_mask_of_another_size_is_one_line(open_page, scan):
    app = upload(open_page(method="mtl"), encode_png(scan.image))
    (key,) = [u.key for u in app.file_uploader if u.key and u.key.startswith("_true_mask")]
    app = upload(app, encode_png(scan.mask[:, :99].copy()), "mask.png", key)
    (error,) = app.error
    assert "99×128 px, the image 128×128 px" in error.value and "Dice" not in labels(app)


# Several images.


def png(name: str) -> tuple[str, bytes, str]:
    buffer = io.BytesIO()
    Image.fromarray(make_phantom(GALLERY[name].parameters, 128).image).save(buffer, "PNG")
    return f"{name}.png", buffer.getvalue(), "image/png"


def test_several_images_become_a_table_and_bad_ones_a_line(open_page):
    app = open_page(method="mtl")
    files = [
        ("broken.png", b"nothing", "image/png"),
        ("blank.png", encode_png(np.zeros((64, 64), np.uint8)), "image/png"),
        png("simple-cyst"),
        png("lipoma"),
    ]
    app.file_uploader(key="_batch_files").set_value(files).run()
    assert not app.exception and not app.error
    table = app.dataframe[0].value
    assert list(table["image"]) == ["broken.png", "blank.png", "simple-cyst.png", "lipoma.png"]
    assert list(table["input"]) == ["refused", "refused", "ok", "ok"]
    assert "broken.png" in table["reasons"][0] and "blank" in table["reasons"][1]
    assert table["probability"].notna().sum() == 2
    assert "2 refused" in text(app)
    told = app.get("text")[0].value.splitlines()
    reasons = [table["reasons"][0], f"blank.png: {table['reasons'][1]}"]
    assert told == [f"• {reason}" for reason in reasons]


def test_of_many_refused_images_the_first_are_told_above_the_table():
    names = [f"{n}.png" for n in range(15)]
    rows = pd.DataFrame({"image": names, "input": "refused", "reasons": "It is blank."})
    rows.loc[3, "input"] = "ok"
    told = batch._reasons(rows).splitlines()
    assert len(told) == 13 and told[3] == "• 4.png: It is blank."
    assert told[-1].startswith("• 2 more")


def test_what_was_stopped_waits_for_a_click(open_page, asked):
    app = open_page(method="mtl")
    app.file_uploader(key="_batch_files").set_value([png("scar"), png("lipoma")]).run()
    app.selectbox(key="_pick_method").set_value("resnet").run()  # nothing started it for this one
    (go,) = [button for button in app.button if button.label.startswith("Continue")]
    assert go.label == "Continue with 2 of 2 images" and not app.dataframe
    asked.clear()
    go.click().run()
    assert len(app.dataframe[0].value) == 2 and asked == ["resnet", "resnet"]


def test_asked_again_only_where_somebody_wants_it(open_page, asked):
    app = open_page(case="lobulated-fibroadenoma", method="mtl")
    assert asked == ["mtl"] and "mirrored" not in text(app)
    app.toggle(key="_steady").set_value(True).run()
    assert "with the image mirrored, cropped a little" in text(app) and asked == ["mtl"]
    app.toggle(key="_others").set_value(True).run()
    assert set(asked) == {"mtl", "resnet", "lenet"}  # the one without a class is not asked
    assert "2 other networks say" in text(app) and not app.exception
    assert app.query_params["steady"] == app.query_params["others"] == "1"
    assert "Chart (PNG, SVG)" in [one.proto.label for one in app.get("download_button")]
    outlines_only = open_page(case="lobulated-fibroadenoma", method="uresnet", steady="1")
    assert "mirrored" not in text(outlines_only)


def test_a_network_that_raises_is_one_line_and_frees_the_gate(open_page, monkeypatch):
    from mtlbus.ui.gate import GATE

    def broken(*_: object) -> Prediction:
        raise RuntimeError("shapes cannot be multiplied")

    with monkeypatch.context() as patched:
        patched.setattr(Predictor, "predict", broken)
        app = open_page(method="mtl", case="lipoma", faulty=True)
    (error,) = app.error
    assert error.value.startswith("Something unforeseen happened (RuntimeError)")
    assert not app.exception and not GATE.is_taken
    assert not open_page(method="mtl", case="lipoma").error, "nothing of it is kept"
