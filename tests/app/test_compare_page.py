"""Compare without a browser: what is shown, what runs, and what travels to the browser."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.data.phantom import GALLERY
from mtlbus.export.tables import table_of
from mtlbus.findings.measured import lesion_rows
from mtlbus.ui import services, state, takeaway
from mtlbus.ui.case_store import CaseStore
from mtlbus.ui.compare import ask
from mtlbus.ui.finding import finding_of
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

ALL = "mtl_cosa,mtl,uresnet,resnet"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Networks with a mask and a class, with a mask only, and with a class only; all random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(ALL.split(",")):
        write_stand_in(root, method, seed=seed + 40)
    return root


@pytest.fixture
def open_page(root, monkeypatch):
    """Open the page with these query parameters."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))

    return partial(visit, "compare")


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption, *app.info])


def pictures(app: AppTest) -> list[dict]:
    """What the linked pictures of the page were sent, one entry a group."""
    return [sent for sent in elements(app) if "panels" in sent]


def sources(app: AppTest) -> list[dict]:
    """The images of the groups by their keys, in the same order."""
    return [sent["sources"] for sent in elements(app) if "sources" in sent]


def elements(app: AppTest) -> list[dict]:
    return [json.loads(found.proto.json) for found in app.main.get("bidi_component")]


def test_adding_a_network_runs_only_that_one_and_controls_run_none(open_page, asked):
    app = open_page(case="scar", methods="mtl")
    assert asked == ["mtl"]
    app.button_group(key="_pick_methods").set_value(["mtl", "uresnet"]).run()
    assert asked == ["mtl", "uresnet"]
    assert app.query_params["methods"] == "mtl,uresnet"
    for change in (
        lambda: app.slider(key="_mask_threshold").set_value(0.3),
        lambda: app.slider(key="_compare_fill").set_value(40),
        lambda: app.toggle(key="_compare_truth").set_value(True),
        lambda: app.toggle(key="_compare_agreement").set_value(True),
    ):
        change().run()
        assert not app.exception and not app.error
    app.selectbox(key="_case_choice").select("lipoma").run()
    assert asked == ["mtl", "uresnet"] * 2
    app.selectbox(key="_case_choice").select("scar").run()
    assert len(asked) == 4  # a case that was there before runs none


def test_all_networks_share_one_preprocessing(open_page, asked, monkeypatch):
    sizes, prepare = [], services.prepare

    def counted(image, size, fit):
        sizes.append(size)
        return prepare(image, size, fit)

    monkeypatch.setattr(services, "prepare", counted)
    open_page(case="angular-carcinoma", methods=ALL)
    assert sorted(asked) == sorted(ALL.split(",")) and sizes == [256]


def test_any_mixture_is_shown_rightly(open_page):
    app = open_page(case="scar", methods=ALL)
    table = app.dataframe[0].value
    assert list(table["Network"]) == ["MTL-COSA", "MTL", "ResNet", "UResNet"]
    assert table["Probability"].isna().sum() == 1 and table["Area (mm²)"].isna().sum() == 1
    panels = {panel["title"]: panel for panel in pictures(app)[0]["panels"]}
    assert panels["ResNet"]["note"].startswith("draws no outline · ")
    assert not panels["ResNet"]["shapes"]
    assert panels["UResNet"]["badge"] == "outline only" and panels["UResNet"]["kind"] == "none"
    assert panels["MTL"]["badge"].endswith(("% → benign", "% → malignant"))
    assert all(GALLERY["scar"].title in panel["alt"] for panel in panels.values())
    assert len(app.dataframe[1].value) == 3  # pairs of the three that outline


def test_the_image_travels_once_a_group_whatever_the_number_of_networks(open_page):
    one, app = open_page(case="scar", methods="mtl"), open_page(case="scar", methods=ALL)
    several = pictures(app)
    assert [len(group["images"]) for group in several] == [1, 1]
    assert sources(app) == 2 * sources(one)
    assert len({group["images"][0]["key"] for group in several}) == 1  # votes follow the same zoom
    assert sum(len(json.dumps(sent)) for sent in elements(app)) < 500_000
    for group, sent in zip(several, sources(app), strict=True):
        assert [image["key"] for image in group["images"]] == list(sent)
        assert sent[group["images"][0]["key"]].startswith("data:image/jpeg;base64,")


def test_a_control_leaves_the_message_of_the_image_as_it_was(open_page):
    """So the browser, which holds it, is sent its name only."""

    def messages(app: AppTest) -> list[bytes]:
        found = [
            e.proto for e in app.main.get("bidi_component") if "sources" in json.loads(e.proto.json)
        ]
        return [proto.SerializeToString(deterministic=True) for proto in found]

    app = open_page(case="scar", methods="mtl")
    before, drawn = messages(app), pictures(app)
    app.slider(key="_mask_threshold").set_value(0.3).run()
    assert messages(app) == before and pictures(app) != drawn


def test_one_or_none_says_what_is_missing(open_page):
    app = open_page(methods="resnet")
    assert "at least two networks that outline" in text(app)
    app.button_group(key="_pick_methods").set_value([]).run()
    assert not app.exception and not app.error
    assert "at least one network" in text(app)


def test_an_area_is_that_of_the_largest_part_as_on_predict(open_page, root, monkeypatch):
    app = open_page(case="scar", methods="mtl,uresnet", mask_threshold="0.5")
    table = app.dataframe[0].value.set_index("Network")
    notes = {panel["title"]: panel["note"] for panel in pictures(app)[0]["panels"]}
    several = False
    for method in ("mtl", "uresnet"):
        case = state.cases.open_shipped("scar")
        answer = services.predict(case, method)
        lesion, title = finding_of(case, answer).lesion, services.title_of(method)
        several |= lesion.parts > 1
        assert table.loc[title, "Area (mm²)"] == pytest.approx(lesion.area_mm2)
        assert notes[title].startswith(lesion_rows(lesion)[0][1])
        assert (f"the largest of {lesion.parts} parts" in notes[title]) == (lesion.parts > 1)
    assert several, "else this could not fail"


def test_an_image_of_unknown_spacing_is_measured_in_pixels(open_page):
    image = replace(state.cases.open_shipped("scar").image, spacing=None)
    app = open_page(case="scar", methods="mtl")
    app.session_state["uploads"] = store = CaseStore()
    app.session_state["case"] = store.add(state.cases.from_upload("upload:without-spacing", image))
    app.run()
    assert not app.exception and not app.error
    table, (panel,) = app.dataframe[0].value, pictures(app)[0]["panels"]
    assert "Area (mm²)" not in table and table["Area (px)"][0] > 0
    assert panel["note"].startswith(f"{table['Area (px)'][0]:,} px")


def test_right_and_wrong_switches_off_what_it_leaves_out(open_page):
    app = open_page(case="scar", methods="mtl")
    others = lambda: (app.slider(key="_compare_fill"), app.toggle(key="_compare_truth"))  # noqa: E731
    assert not any(found.disabled for found in others())
    app.toggle(key="_compare_agreement").set_value(True).run()
    assert all(found.disabled for found in others())
    app.segmented_control(key="_compare").set_value("mirror").run()  # has no such colours
    assert not any(found.disabled for found in others())
    app.segmented_control(key="_compare").set_value("networks").run()
    assert all(found.disabled for found in others())
    app.toggle(key="_compare_agreement").set_value(False).run()
    assert not any(found.disabled for found in others())


def test_how_it_is_drawn_is_in_the_address_and_outlives_the_page(open_page):
    app = open_page(case="scar", methods="mtl")
    names = {"mask_threshold", "compare_fill", "compare_truth", "compare_agreement"}
    assert not names & set(app.query_params)
    app.slider(key="_mask_threshold").set_value(0.3).run()
    app.slider(key="_compare_fill").set_value(40).run()
    app.toggle(key="_compare_truth").set_value(True).run()
    wanted = {"mask_threshold": "0.3", "compare_fill": "40", "compare_truth": "1"}
    written = {name: str(np.ravel(app.query_params[name])[0]) for name in wanted}
    assert written == wanted
    linked = open_page(case="scar", methods="mtl", **wanted)
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/compare.py").run()
    for one in (app, linked):
        assert one.slider(key="_mask_threshold").value == pytest.approx(0.3)
        assert one.slider(key="_compare_fill").value == 40
        assert one.toggle(key="_compare_truth").value is True
        assert one.toggle(key="_compare_agreement").value is False
    assert pictures(linked) == pictures(app)


@pytest.mark.parametrize("value", ["", "x", "nan", "-1", "7", "1e999"])
def test_a_link_with_no_threshold_of_ours_shows_the_usual_one(open_page, value):
    app = open_page(case="scar", methods="mtl", mask_threshold=value, compare_fill=value + "9")
    assert app.slider(key="_mask_threshold").value == 0.5


def test_the_csv_of_the_menu_holds_what_the_table_shows(open_page, monkeypatch):
    offered = []
    monkeypatch.setattr(takeaway, "offer", lambda view, *more: offered.append(view))
    app = open_page(case="scar", methods="mtl,uresnet,resnet")
    assert "Table as CSV" not in [button.label for button in app.get("download_button")]
    shown, table = app.dataframe[0].value, table_of(offered[-1])
    for column, name, factor in (
        ("Area (mm²)", "area_mm2", 1),
        ("Dice", "dice", 1),
        ("HD95 (px)", "hd95", 1),
        ("Weights (M)", "parameters", 1e-6),
        ("Time (ms)", "milliseconds", 1),
        ("Dice to the others", "dice_to_the_others", 1),
        ("Probability", "probability", 100),
    ):
        left, right = (found.astype(float).to_numpy() for found in (shown[column], table[name]))
        slack = 0.51 if column == "Probability" else 1e-6
        np.testing.assert_allclose(left, factor * right, atol=slack, err_msg=column)


def test_the_mirror_runs_each_network_once_more(open_page, asked):
    app = open_page(case="lipoma", methods="mtl,resnet")
    del asked[:]
    app.segmented_control(key="_compare").set_value("mirror").run()
    assert not app.exception and not app.error
    assert asked == ["mtl", "resnet"] and app.query_params["compare"] == "mirror"
    (group,) = pictures(app)
    assert [image["mirrored"] for image in group["images"]] == [False, True]
    assert [panel["image"] for panel in group["panels"]] == [0, 1, 0, 0, 1, 0]
    table = app.dataframe[0].value
    change = table["Mirror"] - table["Probability"]
    assert (change - table["Change (points)"]).abs().max() <= 1  # both are shown rounded
    assert table["Dice, mirror"].between(0, 1).tolist() == [True, False]
    assert "of 2** say the same" in text(app)


def test_two_cases_can_be_linked_chosen_and_swapped(open_page, asked):
    app = open_page(case="lipoma", methods="mtl", compare="two", second="scar")
    (group,) = pictures(app)
    titles = [GALLERY[key].title for key in ("lipoma", "scar")]
    assert [panel["note"].split(" · ")[0] for panel in group["panels"]] == titles
    assert list(app.dataframe[0].value["Case"]) == titles
    app.selectbox(key="_second").select("simple-cyst").run()
    assert app.query_params["second"] == "simple-cyst"
    del asked[:]
    next(button for button in app.button if button.label == "Swap").click().run()
    assert not app.exception and not asked
    assert app.query_params["case"] == "simple-cyst" and app.query_params["second"] == "lipoma"


@pytest.mark.parametrize("key", ["upload:0123456789ab", "no-such-case", "busbra:x", "x" * 4000])
def test_a_second_case_that_cannot_be_opened_leaves_the_first_alone(open_page, key):
    app = open_page(case="simple-cyst", methods="mtl", compare="two", second=key, faulty=True)
    (error,) = app.error
    assert error.value.endswith("Or choose another second case above.")
    assert app.query_params["second"] == key, "no other one takes its place"
    (group,) = pictures(app)
    assert len(group["panels"]) == 1
    app.selectbox(key="_second").select("scar").run()
    assert not app.error and len(pictures(app)[0]["panels"]) == 2


def test_a_stop_keeps_what_is_done_and_offers_the_rest(open_page, asked, monkeypatch):
    def interrupted(missing, wish):
        services.predict(*missing[0])
        ask._STOPPED.set(wish)
        ask.st.rerun()

    with monkeypatch.context() as patched:
        patched.setattr(ask, "_work", interrupted)
        app = open_page(case="complicated-cyst", methods="mtl_cosa,mtl,resnet")
    assert "Stopped: 1 of 3 networks have answered" in text(app)
    assert len(app.dataframe[0].value) == 1 and asked == ["mtl_cosa"]
    app.slider(key="_mask_threshold").set_value(0.3).run()
    assert asked == ["mtl_cosa"]
    app.button(key="_compare_go_on").click().run()
    assert not app.exception and asked == ["mtl_cosa", "mtl", "resnet"]
    assert len(app.dataframe[0].value) == 3 and "Stopped" not in text(app)


def test_all_at_once(open_page):
    app = open_page(case="scar", methods="mtl")
    app.button(key="_compare_4_networks").click().run()
    assert app.query_params["methods"] == "mtl_cosa,mtl,resnet,uresnet"
    app.button(key="_compare_3_networks").click().run()
    assert app.query_params["methods"] == "mtl_cosa,mtl,resnet"
