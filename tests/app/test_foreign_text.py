"""A picture link, a script and a colour in every parameter, name, table and card: never markup."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.evaluation.tables import read_predictions, write_predictions
from mtlbus.ui.quiz import rooms
from mtlbus.ui.quiz.rooms import Item, reply_of
from mtlbus.ui.quiz.tally import replies_csv, standings, table_csv
from tests.app.foreign_text import charts_of, markdown_of
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

HOSTILE = "![q](http://foreign.test/q.png)<script>q</script>:red[q]"
NAMED = "![q](www.foreign.test)<b>q<b>:red[q]"  # the same without what no file name holds
RAW = ("![q](", "<script>q", "<b>q", ":red[q]")
PAGES = ("home", "predict", "compare", "attention", "attributions", "performance", "methods")
PARAMETERS = (
    "method", "methods", "map", "beside", "map2", "tab", "paper", "compare", "attributions",
    "target", "settings", "placebo", "point", "mask_threshold", "mask_fill", "show_outline",
    "show_truth", "show_agreement", "compare_fill", "compare_truth", "compare_agreement", "cell",
    "channel", "head", "sample", "stretch", "images", "rule", "section", "threshold", "end",
    "prevalence", "sizes", "untrained", "wiring",
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Two networks, whose cards and tables somebody else wrote."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl", "mtl_sa")):
        folder = write_stand_in(root, method, seed)
        rows = read_predictions(folder / "predictions.csv")
        rows["dataset"] = rows["dataset"].replace("busi", HOSTILE)
        for column in ("image_id", "histology", "device", "group"):
            rows[column] = f"{HOSTILE} {column} " + (np.arange(len(rows)) % 40).astype(str)
        rows["image_id"] += rows.index.astype(str)
        write_predictions(folder / "predictions.csv", rows)
        path = folder / "card.json"
        path.write_text(json.dumps(_hostile(json.loads(path.read_text()))))
    return root


def _hostile(card: dict) -> dict:
    points = card["operating_points"]
    points["balanced"]["purpose"] = HOSTILE
    points[HOSTILE] = {**points["balanced"], "threshold": 0.4}
    datasets = card["metrics"]["datasets"]
    datasets[HOSTILE] = datasets.pop("busi")
    training = {**card["training"], "machine": HOSTILE, "command": HOSTILE, "recipe": {}}
    training["data"] = {HOSTILE: 3, "busi": 4}
    card["spec"]["paper"] = dict.fromkeys(card["spec"]["paper"], HOSTILE)
    for map_ in card["spec"]["maps"]:
        map_["meaning"] = HOSTILE
    return {
        **card, "title": HOSTILE, "intended_use": HOSTILE, "limits": HOSTILE,
        "licences": [HOSTILE], "training": training,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def shown_here(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))


def held(app) -> list[tuple[str, str]]:
    """The texts of a page; fails where one of them would be read as markup."""
    texts = [*markdown_of(app)]
    for place, text in texts:
        marks = [mark for mark in RAW if "<" in mark] if place == "html.body" else RAW
        found = [mark for mark in marks if mark in text]
        assert not found, f"{place} holds {found}: {text}"
    for spec in charts_of(app):
        assert "<script" not in spec and "<b>q" not in spec and "<a" not in spec
    return texts


def shows(texts, word: str) -> bool:
    return any(word in text for _, text in texts)


def test_the_search_finds_what_is_not_escaped():
    from streamlit.testing.v1 import AppTest

    def page(text):
        import streamlit as st

        with st.sidebar, st.expander("x"):
            st.metric("a", "b", help=text)
        st.text(text)

    app = AppTest.from_function(page, kwargs={"text": HOSTILE}).run()
    with pytest.raises(AssertionError, match=r"metric\.help"):
        held(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_parameter(page):
    held(visit(page, faulty=True, **dict.fromkeys(PARAMETERS, HOSTILE)))


def test_the_steps_of_an_outline():
    held(visit("surgery", faulty=True, outline=HOSTILE, method="mtl"))


def test_the_changes_of_a_picture():
    held(visit("what_if", faulty=True, edits=f"gain:{HOSTILE}", methods="mtl"))


def test_a_nickname():
    """As its player and as the host see it, in the results and in the CSV."""
    named = ":red[q]<b>q<b>", "=1+1"
    room = rooms.ROOMS.open([Item("phantoms:1000000", 1)], ["mtl"])
    players = [rooms.ROOMS.join(room, name) for name in named]
    held(visit("quiz", room=room.code, player=room.host))
    for player in players:
        rooms.ROOMS.reply(room, player, 0, reply_of(70))
    app = visit("quiz", room=room.code, player=players[0].token)
    held(app)
    assert app.dataframe[0].value["Reader"].tolist()[:2] == [f"{named[0]} (you)", "'=1+1"]
    found = standings(room, {"mtl": HOSTILE})
    assert "\n'=1+1," in table_csv(found) and ",'=1+1," in replies_csv(room, found)
    held(visit("quiz", faulty=True, room=HOSTILE, player=HOSTILE))


@pytest.mark.parametrize("page", PAGES)
def test_a_network_of_somebody_elses(page):
    held(visit(page, faulty=True, method="mtl", methods="mtl,mtl_sa"))


@pytest.mark.parametrize("section", ["outlines", "two", "slices", "papers", "metrics"])
def test_the_tables_of_somebody_elses(section):
    app = visit("performance", methods="mtl,mtl_sa", section=section, end="fn", images=HOSTILE)
    assert shows(held(app), r"foreign.test")


@pytest.mark.parametrize("tab", ["model", "training", "paper"])
def test_the_card_of_somebody_elses(tab):
    held(visit("methods", method="mtl", tab=tab))


@pytest.mark.parametrize("start", ["", "busi:", "folder:", "upload:", f"{HOSTILE}:"])
@pytest.mark.parametrize("page", ["home", "predict"])
def test_a_case_that_is_not_there(page, start):
    held(visit(page, faulty=True, case=start + HOSTILE))


def test_a_second_case_that_is_not_there():
    held(visit("compare", faulty=True, compare="two", second=HOSTILE, methods="mtl"))
    held(visit("attention", faulty=True, method="mtl_sa", beside=f"case:{HOSTILE}"))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A dataset whose files and folders are named by somebody else."""
    for label in ("benign", "malignant"):
        (tmp_path / label).mkdir()
        for number, name in enumerate((NAMED, "plain")):
            phantom = make_phantom(list(GALLERY.values())[number].parameters, 128)
            Image.fromarray(phantom.image).save(tmp_path / label / f"{name}{number}.png")
    monkeypatch.setenv("MTLBUS_DATA", f"folder={tmp_path}")
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_an_image_of_a_dataset(page, folder):
    from mtlbus.data import folder as layout

    name = next(s.id for s in layout.load(folder).samples if "q" in s.id)
    app = visit(
        page, faulty=True, case=f"folder:{name}", second=f"folder:{name}", compare="two",
        method="mtl", methods="mtl",
    )  # fmt: skip
    if page not in ("performance", "methods"):
        held(app)


def test_an_uploaded_file():
    buffer = io.BytesIO()
    Image.fromarray(make_phantom(GALLERY["lipoma"].parameters, 128).image).save(buffer, "PNG")
    good, bad = ((f"{NAMED}.png", data, "image/png") for data in (buffer.getvalue(), b"no"))
    app = visit("predict", method="mtl")
    app.file_uploader(key="_upload").set_value(bad).run()
    assert not app.exception and shows(held(app), r"Refused: !\[q\]")
    app.file_uploader(key="_upload_1").set_value(good).run()
    assert not app.exception and shows(held(app), r"!\[q\]")
    app.file_uploader(key="_batch_files").set_value([good, bad]).run()
    assert not app.exception
    held(app)


def test_a_file_whose_name_is_no_utf8(folder):
    """Protobuf, the address and JSON take no such name; the page has one that they take."""
    path = next((folder / "benign").iterdir())
    os.rename(path, os.fsencode(path.parent) + b"/caf\xe9\x01.png")
    for page in ("predict", "compare"):
        app = visit(page, case=r"folder:caf\xe9\x01", method="mtl", methods="mtl")
        assert shows(held(app), r"caf\\xe9\\x01") or page == "compare"
