"""The contact sheet, what is found on it, and the walk from case to case."""

from __future__ import annotations

import csv

import pytest
from PIL import Image

from mtlbus.core.card import OperatingPoint
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.findings import Point
from mtlbus.ui.browse.collection import Entry, mixed, natural
from mtlbus.ui.browse.wish import Wish
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit


def entry(name: str, kind: str, probability: float | None, part: str = "test", **facts: str):
    return Entry(name, name, kind, bytes, facts=facts, part=part, probability=probability)


ENTRIES = [
    entry("benign (2)", "benign", 0.1, birads="2", device="GE"),
    entry("benign (10)", "benign", 0.7, birads="4"),
    entry("malignant (1)", "malignant", 0.4, birads="4", histology="Invasive ductal"),
    entry("malignant (2)", "malignant", None, "seen"),
    entry("normal (1)", "normal", 0.9),
]
POINT = Point("balanced", 0.5, OperatingPoint.model_validate({"threshold": 0.5}), (0.3, 0.6))


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        (Wish(), [0, 1, 2, 3, 4]),
        (Wish(text="DUCTAL "), [2]),
        (Wish(text="ge"), [0]),
        (Wish(only=("benign", "malignant")), [0, 1, 2, 3]),
        (Wish(only=("unseen", "malignant")), [2]),
        (Wish(only=("wrong",)), [1, 2]),
        (Wish(only=("grey",)), [2]),
        (Wish(facts={"birads": "4"}), [1, 2]),
        (Wish(only=("wrong",), facts={"birads": "2"}), []),
    ],
)
def test_a_wish_finds_what_is_like_it(wish, found):
    assert wish.among(ENTRIES, POINT) == [ENTRIES[i] for i in found]


def test_names_are_ordered_as_people_count():
    names = ["benign (10)", "malignant (1)", "benign (2)", "Benign (1)"]
    assert sorted(names, key=natural) == ["Benign (1)", "benign (2)", "benign (10)", names[1]]


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """Ten images in a manifest, named so that letters would order them otherwise."""
    image = make_phantom(GALLERY["simple-cyst"].parameters, 64).image
    with (tmp_path / "list.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("image", "mask", "label", "group"))
        for number in range(1, 11):
            Image.fromarray(image + number % 3).save(tmp_path / f"case {number}.png")
            table.writerow((f"case {number}.png", "", number % 2, number))
    write_stand_in(tmp_path / "weights", "mtl")
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path / "weights"))
    monkeypatch.setenv("MTLBUS_DATA", f"manifest={tmp_path / 'list.csv'}")


def tiles(app) -> list[str]:
    return [one.label for one in app.button if str(one.key).startswith("_tile_")]


def test_from_the_sheet_to_a_case_and_on_to_the_next(dataset):
    app = visit("cases", source="manifest", only="malignant")
    assert tiles(app) == [f"case {number}" for number in (1, 3, 5, 7, 9)]
    app.button(key="_tile_manifest:case 9").click().run()
    assert app.title[0].value == "case 9" and not app.exception
    app.switch_page("pages/predict.py").run()  # where the button led
    app.button(key="_walk_next").click().run()
    assert app.title[0].value == "case 1"  # after the last one found comes the first
    app.button(key="_walk_back").click().run()
    assert app.title[0].value == "case 9" and app.query_params["case"] == "manifest:case 9"


def test_a_blind_reader_sees_neither_name_nor_answer(dataset):
    app = visit("cases", source="manifest", blind="1", find="malignant", only="malignant")
    assert tiles(app) == [f"Case {number}" for number in range(1, 11)]
    keys = [str(one.key)[6:] for one in app.button if str(one.key).startswith("_tile_")]
    assert keys == mixed(keys) != sorted(keys, key=natural)  # nor does the order tell
    assert not app.get("button_group")[1:] and not app.main.text_input  # no list of cancers
    app.button(key="_tile_manifest:case 3").click().run()
    app.switch_page("pages/predict.py").run()
    shown = "\n".join(one.value for one in [*app.title, *app.markdown, *app.caption])
    assert app.title[0].value == "Blind case" and "case 3" not in shown
    assert ": it is" not in shown and "case" not in app.query_params
    app.button(key="_unblind").click().run()
    assert app.title[0].value == "case 3" and app.query_params["case"] == "manifest:case 3"


def test_a_lecture_has_no_sidebar_and_hides_the_answer_until_it_is_asked_for(dataset):
    app = visit("predict", case="lipoma", lecture="1", blind="1", method="mtl")
    assert not app.sidebar.selectbox and app.title[0].value == "What do you see?"
    app.button(key="_lecture_blind").click().run()
    assert app.subheader[0].value == GALLERY["lipoma"].title
    assert "it is benign" in "\n".join(one.value for one in app.markdown)
    app.button(key="_walk_next").click().run()
    names = mixed(GALLERY)  # benign ones and cancers come in turns, as they were blind
    assert app.subheader[0].value == GALLERY[names[names.index("lipoma") + 1]].title
    app.button(key="_lecture_leave").click().run()
    assert app.sidebar.selectbox and "lecture" not in app.query_params


@pytest.mark.parametrize(
    ("page", "query"), [("what_if", {"methods": "-"}), ("home", {"case": "no-such-case"})]
)
def test_nobody_is_shut_up_in_a_lecture_on_a_page_that_ends_early(page, query):
    app = visit(page, lecture="1", faulty=True, **query)
    app.button(key="_lecture_leave").click().run()
    assert app.sidebar.selectbox and "lecture" not in app.query_params
