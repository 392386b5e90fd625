"""The phantom lab without a browser: knobs, addresses, answers, and the questions below them."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mtlbus.data.phantom import GALLERY, PhantomParameters, make_phantom
from mtlbus.data.phantom_state import read_state
from mtlbus.ui import cases
from mtlbus.ui.gate import GATE
from mtlbus.ui.lab import background, files, points
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

TURNED = "lab:scar,gain_db=3,calipers=1"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A network with inner maps, and one that says the class only; both random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl_cosa", "resnet")):
        write_stand_in(root, method, seed=seed + 40)
    return root


@pytest.fixture
def open_lab(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    return partial(visit, "phantom_lab", methods="mtl_cosa,resnet")


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption, *app.info])


def pictures(app: AppTest) -> dict:
    sent = [json.loads(found.proto.json) for found in app.main.get("bidi_component")]
    return next(one for one in sent if "panels" in one)


def test_a_knob_that_is_turned_makes_another_case_and_asks_again(open_lab, asked):
    app = open_lab(case="scar", knob="gain_db")
    assert asked == ["mtl_cosa", "resnet"]
    titles = [panel["title"] for panel in pictures(app)["panels"]]
    assert titles[0] == "The phantom" and len(titles) == 3
    assert all(panel["badge"] for panel in pictures(app)["panels"][1:])
    assert "right" in text(app) or "wrong" in text(app)
    before = pictures(app)["images"][0]["key"]

    app.slider(key="_lab_gain_db").set_value(3.0).run()
    assert app.query_params["case"] == "lab:scar,gain_db=3"
    assert asked == ["mtl_cosa", "resnet"] * 2  # one pass each, its inner maps with it
    made = make_phantom(read_state("lab:scar,gain_db=3").parameters)
    case = cases.phantom_case("lab:scar,gain_db=3")
    assert (case.image.pixels == made.image).all()
    assert pictures(app)["images"][0]["key"] == case.image.sha256 != before
    assert any("Gain 3 dB" in caption.value for caption in app.sidebar.caption)

    # Each knob that was turned is undone by one click, and the case is that of the gallery again.
    app.selectbox(key="_knob").select("calipers").run()
    app.toggle(key="_lab_calipers").set_value(True).run()
    assert app.query_params["case"] == TURNED
    app.button(key="_lab_undo_gain_db").click().run()
    assert app.query_params["case"] == "lab:scar,calipers=1"
    app.button(key="_lab_undo_calipers").click().run()
    assert app.query_params["case"] == "scar"
    assert not [b for b in app.button if b.key.startswith("_lab_undo")]


def test_an_address_brings_the_state_back_on_every_page(open_lab, root):
    app = open_lab(case=TURNED, knob="gain_db")
    assert app.slider(key="_lab_gain_db").value == 3.0
    assert app.selectbox(key="_lab_base").value == "scar"
    other = visit("predict", case=TURNED, method="mtl_cosa")
    assert other.title[0].value == "Surgical scar (benign look-alike), changed"
    bad = visit("phantom_lab", case="lab:scar,gian_db=3", faulty=True)
    assert "Did you mean 'gain\\_db'" in bad.error[0].value.replace("gain_db", "gain\\_db")
    assert not bad.exception


def test_normal_tissue_has_nothing_to_outline(open_lab):
    app = open_lab(case="lab:scar,lesion=0")
    panels = pictures(app)["panels"]
    assert panels[0]["note"].startswith("Normal tissue") and panels[0]["shapes"] == []
    assert cases.phantom_case("lab:scar,lesion=0").title == "Normal breast"
    assert app.selectbox(key="_lab_base").value == "scar"


def test_a_case_that_is_no_phantom_leads_to_one_and_stays(open_lab, asked):
    from mtlbus.ui.case_store import CaseStore
    from mtlbus.ui.cases import from_upload

    store = CaseStore()
    pixels = make_phantom(GALLERY["lipoma"].parameters, 128).image
    from mtlbus.data.intake import GreyImage

    key = store.add(from_upload("upload:abc", GreyImage(pixels, "abc" * 20, (), "mine.png")))
    app = open_lab(case=key, session={"uploads": store})
    assert "mine.png" in text(app) and asked == []
    app.button(key="_lab_take").click().run()
    assert app.query_params["case"] == "spiculated-carcinoma" and asked
    assert key in app.selectbox(key="_case_choice").options or any(
        "mine.png" in option for option in app.selectbox(key="_case_choice").options
    )


def test_the_curve_is_drawn_in_the_background_and_kept(open_lab, asked, monkeypatch):
    monkeypatch.setattr(background, "PATIENCE", 600)  # here no page looks again by itself
    app = open_lab(case="scar", knob="calipers")
    asked.clear()
    app.button(key="_lab_start_curve").click().run()
    app.session_state["_lab_job"].wait(60)
    app.run()
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    (curve,) = [c for c in charts if c["layout"].get("yaxis2")]  # probability above, Dice below
    assert [one["x"] for one in curve["data"] if one["showlegend"]] == [[0, 1]] * 2
    found = points.known(read_state("lab:scar,calipers=1").parameters, "mtl_cosa")
    assert found.probability is not None
    assert "its call" in text(app)
    assert not [b for b in app.button if b.key == "_lab_start_curve"]
    # Where the knob stands changes nothing of its curve: no network runs for it again.
    asked.clear()
    app.toggle(key="_lab_calipers").set_value(True).run()
    assert not [b for b in app.button if b.key == "_lab_start_curve"]


def test_questions_have_an_address(open_lab):
    app = open_lab(case="lipoma", lab="grid", knob="halo", knob2="gain_db")
    assert app.selectbox(key="_knob2").value == "gain_db"
    assert "halo" not in app.selectbox(key="_knob2").options
    assert "25 phantoms" in text(app)
    app = open_lab(case="lipoma", lab="ranking")
    count = len([k for k in PhantomParameters.knobs() if k not in ("malignant", "seed")])
    assert f"{count} knobs" in text(app)


def test_nobody_looks_and_the_job_ends(monkeypatch):
    monkeypatch.setattr(background, "PATIENCE", 0.3)
    began, done = time.monotonic(), []
    job = background.Job("x", [lambda: (done.append(1), time.sleep(0.2))] * 50)
    job.wait(20)
    assert not job.running and 0 < len(done) < 50 and time.monotonic() - began < 15


def test_a_stopped_job_leaves_the_line_and_a_failure_is_told():
    GATE.enter()
    try:
        job = background.Job("x", [lambda: None])
        job.stop()
        job.wait(10)
        assert not job.running and job.done == 0  # it did not need its turn to end
    finally:
        GATE.leave()
    broken = background.Job("y", [lambda: 1 / 0])
    broken.wait(10)
    assert isinstance(broken.error, ZeroDivisionError) and not broken.running
    assert threading.active_count() < 50


def test_a_phantom_is_taken_along_as_image_mask_and_parameters(root, monkeypatch):
    file = files.phantom_zip(cases.phantom_case(TURNED))
    with zipfile.ZipFile(io.BytesIO(file.make())) as archive:
        image, mask = (
            np.asarray(Image.open(io.BytesIO(archive.read(name))))
            for name in ("scar.png", "scar_mask.png")
        )
        parameters = PhantomParameters(**json.loads(archive.read("scar.json"))["parameters"])
        assert "not a medical device" in archive.read("README.txt").decode()
    again = make_phantom(parameters)
    assert (again.image == image).all() and (again.mask == (mask > 0)).all()
    assert parameters == read_state(TURNED).parameters
