"""Home without a browser: a finished prediction, three doors, and only figures that are known."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.ui import home_view, services
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit
from tests.made import card_of

CONDITIONAL = "Probability of malignancy, if this is a lesion"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    for method in ("mtl", "uresnet"):
        write_stand_in(root, method)
    return root


@pytest.fixture
def home(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    return visit("")


def test_a_sample_opens_in_predict(home):
    assert [metric.label for metric in home.metric] == [CONDITIONAL]
    home.button(key="_sample_lipoma").click().run()
    assert not home.exception
    assert home.title[0].value == GALLERY["lipoma"].title
    assert home.query_params["case"] == "lipoma"


def test_every_sample_has_a_picture_with_words_and_a_button(home):
    told = [entry.alt for picture in home.image for entry in picture.proto.imgs]
    for name, entry in GALLERY.items():
        assert f"Phantom: {entry.title}" in told
        assert home.button(key=f"_sample_{name}").label == entry.title


def test_a_blind_reader_sees_no_name_in_the_gallery(home):
    home.query_params["blind"] = "1"
    home.run()
    tiles = [one.label for one in home.button if str(one.key).startswith("_sample_")]
    assert tiles == [f"Case {number}" for number in range(1, len(GALLERY) + 1)]
    told = [entry.alt for picture in home.image for entry in picture.proto.imgs]
    helps = [one.help for one in home.button if str(one.key).startswith("_sample_")]
    for entry in GALLERY.values():
        assert f"Phantom: {entry.title}" not in told and entry.text not in helps


def test_a_bad_file_stays_on_home_and_is_all_that_it_shows(home):
    home.file_uploader(key="_home_upload").set_value(("bad.png", b"no", "image/png")).run()
    assert home.title[0].value == "Refused: bad.png" and not home.metric
    assert home.error[0].value.startswith("bad.png")


def test_an_upload_goes_on_to_predict(home):
    buffer = io.BytesIO()
    Image.fromarray(make_phantom(GALLERY["scar"].parameters, 96).image).save(buffer, "PNG")
    file = ("mine.png", buffer.getvalue(), "image/png")
    home.file_uploader(key="_home_upload").set_value(file).run()
    assert not home.exception and home.title[0].value == "mine.png"


def test_home_and_predict_open_the_same_network(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    monkeypatch.setattr(services, "FAVOURITE", "uresnet")  # not the first one of these
    app = visit("")
    assert any(c.value.startswith("What UResNet says") for c in app.caption)
    app.switch_page("pages/predict.py").run()
    assert app.selectbox(key="_pick_method").value == "uresnet"


def test_the_bar_is_told_in_words(home):
    (bar,) = home.get("html")
    assert 'role="img" aria-label="Bar from 0 to 100 %' in bar.proto.body


def test_the_track_record_is_that_of_the_card_or_none(monkeypatch):
    rates = {"sensitivity": {"value": 0.894, "low": 0.8}, "specificity": {"value": 0.826}}

    def told(test: dict | None) -> str:
        points = {"a": {"threshold": 0.4, "test": test}}
        card = card_of(operating_points=points, default_operating_point="a")
        monkeypatch.setattr(services, "checkpoint", lambda method: type("C", (), {"card": card}))
        monkeypatch.setattr(services, "title_of", lambda method: "MTL")
        return home_view.track_record("mtl")

    said = told({"n": 501, **rates})
    assert "MTL finds **89 of 100** cancers and clears **83 of 100**" in said and "501" in said
    for unknown in (None, {}, rates, {"n": 9, "sensitivity": {"value": None}}):
        assert "of 100" not in told(unknown)
    assert "of 100" not in home_view.track_record(None)
