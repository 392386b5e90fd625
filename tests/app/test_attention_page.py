"""The Attention page without a browser, on random weights."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.checkpoints import find_checkpoint
from mtlbus.explain.attention import share_of_cell
from mtlbus.explain.views import can_be_seen
from mtlbus.methods import get_spec, list_methods
from mtlbus.protocol import write_card
from mtlbus.ui import cases, services, state
from mtlbus.ui import untrained as wiring
from mtlbus.ui.attention import opening
from mtlbus.ui.gate import GATE
from mtlbus.ui.results import ResultStore
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

NOTE = "Random weights: this shows the wiring, not knowledge"
SEEN = [name for name in list_methods() if any(can_be_seen(m.name) for m in get_spec(name).maps)]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """COSA, plain self-attention, and a network without inner maps; all random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for method in ("mtl_cosa", "mtl_sa", "mtl"):
        write_stand_in(root, method)
    return root


@pytest.fixture
def page(root, monkeypatch):
    """Open the page with these query parameters."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    return partial(visit, "attention")


@pytest.fixture
def untrained(tmp_path, monkeypatch):
    """The page on a server where nothing is trained, with the switch on."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    return lambda method, **query: visit("attention", method=method, untrained="1", **query)


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption])


def test_it_opens_the_network_of_the_other_pages(page, monkeypatch):
    monkeypatch.setattr(services, "FAVOURITE", "mtl_sa")  # not the first one with maps
    assert page().selectbox(key="_pick_method").value == "mtl_sa"


def test_regions_come_first(page):
    shown = text(page(method="mtl_cosa"))
    assert "Regions of the predicted mask" in shown
    assert all(f"**{name}, 8×8 weights**" in shown for name in ("Background", "Tumour", "Margin"))


def test_the_split_shows_its_residual_and_what_attention_adds(page):
    shown = text(page(method="mtl_cosa", map="region_score"))
    assert "the sum differs by" in shown
    assert "attention adds nothing" in shown  # as in every fresh network


def test_a_link_names_map_and_cell(page):
    app = page(method="mtl_cosa", map="cosa_attention.margin", cell="2,5")
    assert "Where the cell in row 2, column 5 looks" in text(app)
    app.number_input(key="_column").set_value(6).run()
    assert "Where the cell in row 2, column 6 looks" in text(app)
    assert app.session_state["cell"] == "2,6"


@pytest.mark.parametrize("cell", ["9,9", "x", "1", "-1,3", ""])
def test_a_cell_that_does_not_exist_becomes_the_middle(page, cell):
    assert "row 4, column 4" in text(page(method="mtl_sa", cell=cell))


def test_plain_self_attention(page):
    assert "Where the context comes from" in text(page(method="mtl_sa"))


def test_a_method_without_maps_offers_the_others(page):
    app = page(method="mtl")
    assert "has no attention" in app.info[0].value and "only its answer" in app.info[0].value
    assert "not the probability of malignancy" in text(app) and len(pictures(app)) == 1
    button = next(found for found in app.button if "MTL-SA" in found.label)
    button.click().run()
    assert not app.exception
    assert "Where the context comes from" in text(app)


def pictures(app: AppTest) -> list:
    return list(app.get("plotly_chart"))


@pytest.fixture
def small(monkeypatch):
    """Untrained networks get a square of 128 pixels, a quarter of the work."""
    monkeypatch.setattr(wiring, "input_size", lambda method: 128)
    monkeypatch.setattr(wiring, "_MAPS", ResultStore(1, lambda maps: 0, GATE))


@pytest.mark.parametrize("method", list_methods())
def test_every_view_of_every_method_opens_and_says_that_weights_are_random(
    untrained, small, method
):
    app = untrained(method)
    assert app.toggle(key="_untrained").value
    assert NOTE in app.warning[0].value and get_spec(method).title in app.warning[0].value
    if method not in SEEN:
        assert "has no attention" in app.info[0].value and not pictures(app)
        return
    for title in list(app.segmented_control(key="_map").options):
        app.segmented_control(key="_map").set_value(title).run()
        assert not app.exception and not app.error
        captions = [found.value for found in app.caption if NOTE in found.value]
        assert len(captions) >= max(len(pictures(app)), 1), title
        assert not app.metric and "probability of malignancy" not in text(app).lower()
        assert pictures(app) or app.table


@pytest.mark.parametrize("method", ["acsnet", "ctan", "resformer_mtl"])
def test_every_level_opens(untrained, method):
    app = untrained(method)
    for found in get_spec(method).maps:
        if can_be_seen(found.name):
            app.session_state["map"] = found.name
            app.run()
            assert not app.exception and not app.error
            if found.kind != "scalar":
                assert app.session_state["map"] == found.name


def test_a_link_to_an_untrained_method_is_reproduced(untrained):
    app = untrained("ctan", map="ctae_mask.2.difference")
    assert len(pictures(app)) == 1 and "32×32 cells" in text(app)
    assert "Their difference: segmentation − malignancy" in text(app)
    assert app.query_params["map"] == "ctae_mask.2.difference"
    assert app.query_params["untrained"] == "1" and app.query_params["method"] == "ctan"


def test_both_tasks_and_their_difference_stand_side_by_side(untrained):
    app = untrained("ctan", map="ctae_mask.3")
    assert len(pictures(app)) == 3
    shown = text(app)
    assert "Mask of segmentation → gates the malignancy stream" in shown
    assert "Mask of malignancy → gates the segmentation stream" in shown
    app.segmented_control(key="_branch_ctae_mask").set_value("malignancy").run()
    assert len(pictures(app)) == 1 and app.session_state["map"] == "ctae_mask.3.malignancy"
    app.segmented_control(key="_level_ctae_mask").set_value("1").run()
    assert app.session_state["map"] == "ctae_mask.1.malignancy" and "64×64 cells" in text(app)


def test_a_cell_looks_within_its_window(untrained):
    shown = text(untrained("resformer_mtl", map="swin_attention.2", cell="9,20"))
    assert "Where the cell in row 9, column 20 looks" in shown
    assert "its own window of 8×8 cells" in shown and "Its 64 weights add up to 1" in shown


def test_a_gate_stands_between_the_features_before_and_after_it(untrained):
    app = untrained("hybrid_mt_estan", map="aaa_features.3", channel="5")
    assert len(pictures(app)) == 3 and app.query_params["map"] == "aaa_gate.3"
    shown = text(app)
    assert "Features before the gate" in shown and "Features after the gate" in shown
    assert "0.5 everywhere is the neutral start" in shown and "not saliency" in shown
    channel = app.selectbox(key="_channel")
    assert channel.value == "5" and app.query_params["channel"] == "5"
    channel.set_value("mean").run()
    assert app.query_params["channel"] == "mean" and text(app) != shown


def test_stretched_colours_are_said_to_be(untrained):
    app = untrained("sha_mtl", map="ag_gate.2")
    assert "The scale is fixed" in text(app) and len(app.warning) == 1
    app.toggle(key="_stretch").set_value(True).run()
    assert "The colours are stretched" in app.warning[1].value
    assert "The scale is fixed" not in text(app) and app.query_params["stretch"] == "1"
    app.segmented_control(key="_map").set_value("Hard attention").run()
    assert "no learnt gate" in text(app) and "If the mask is wrong, so is this" in text(app)
    assert len(app.warning) == 1 and "stretch" not in app.query_params


def test_a_link_names_the_head_and_the_sample(untrained):
    app = untrained("resformer_mtl", map="swin_attention.3", head="6", cell="1,2")
    assert app.selectbox(key="_head").value == "6" and app.query_params["head"] == "6"
    app.segmented_control(key="_level_swin_attention").set_value("1").run()
    assert app.selectbox(key="_head").value == "mean"  # this level has two heads only
    assert "Where the cell in row 6, column 10 looks" in text(app)  # the same place, 4 times finer
    app.segmented_control(key="_map").set_value("DFE branch").run()
    assert not {"head", "cell"} & set(app.query_params)
    app = untrained("acsnet", map="dcn_offset.1", sample="4")
    assert "sample 5 (middle)" in text(app) and app.query_params["sample"] == "4"


def test_the_sharp_outline_of_random_weights_is_not_drawn(untrained):
    assert "Regions of the predicted mask" not in text(untrained("mtl_cosa", map="regions"))


def test_untrained_methods_wait_behind_their_switch(page):
    app = page()
    assert not app.toggle(key="_untrained").value and not app.warning
    assert set(app.selectbox(key="_pick_method").options) == {"MTL-COSA", "MTL-SA", "MTL"}
    app.toggle(key="_untrained").set_value(True).run()
    assert NOTE in app.warning[0].value
    offered = app.selectbox(key="_wiring").options
    assert "CTAN" in offered and not {"MTL-COSA", "MTL-SA"} & set(offered)
    assert app.session_state["method"] == "mtl_cosa"  # what the other pages go on with
    app.toggle(key="_untrained").set_value(False).run()
    assert not app.warning and "untrained" not in app.query_params


def test_a_trained_method_needs_no_switch(page):
    app = page(method="mtl_sa", untrained="1")
    assert not app.toggle(key="_untrained").value and "Where the context comes from" in text(app)


# --- two looks side by side ---------------------------------------------------------------------


def test_nothing_stands_beside_a_look_at_first(page):
    app = page(method="mtl_cosa")
    assert app.segmented_control(key="_beside_kind").value == "nothing"
    assert "beside" not in app.query_params


def test_masks_of_mtan_stand_beside_those_of_ctan(untrained):
    app = untrained("ctan", map="ctae_mask.3", beside="method:mtan")
    assert len(pictures(app)) == 6
    shown = text(app)
    assert "Mask of segmentation → gates the malignancy stream" in shown
    assert "Mask of segmentation → gates its own stream" in shown
    assert "It has no “CTAE mask”. Shown: **MTAN mask** 3" in shown
    app.segmented_control(key="_branch_ctae_mask").set_value("difference").run()
    assert len(pictures(app)) == 2 and app.query_params["beside"] == "method:mtan"


def test_another_case_shows_the_same_map_and_cell(page):
    app = page(method="mtl_cosa", map="cosa_attention.margin", cell="2,5", beside="case:lipoma")
    assert text(app).count("Where the cell in row 2, column 5 looks") == 2
    assert "**MTL-COSA** on **Echogenic lipoma**" in text(app)
    app.selectbox(key="_beside_case").set_value("simple-cyst").run()
    assert app.query_params["beside"] == "case:simple-cyst"
    app.segmented_control(key="_beside_kind").set_value("nothing").run()
    assert "beside" not in app.query_params and "Simple cyst**:" not in text(app)


def test_another_network_without_the_map_shows_its_first_one_and_can_show_another(page):
    app = page(method="mtl_cosa", map="region_score", beside="method:mtl_sa")
    shown = text(app)
    assert "It has no “Share of the decision”. Shown: **Self attention**" in shown
    assert "Where the context comes from" in shown and not app.info
    app.selectbox(key="_map2").set_value("Mask probability").run()
    assert "not the probability of malignancy" in text(app)
    assert app.query_params["map2"] == "mask_probability"
    app.selectbox(key="_map2").set_value("as on the left").run()
    assert "map2" not in app.query_params and "Shown: **Self attention**" in text(app)


# --- what is seen before anybody chooses --------------------------------------------------------


def test_the_part_that_has_most_of_the_cell_opens(page):
    """The middle cell of a lesion is no background: that part had nothing to ask with."""
    app = page(method="mtl_cosa", map="cosa_attention")
    found = services.predict(app_case(), "mtl_cosa", maps=True).maps
    cell = tuple(map(int, app.query_params["cell"].split(",")))
    part = app.query_params["map"].partition(".")[2]
    shares = {one: share_of_cell(one, cell, found) for one in ("background", "tumour", "margin")}
    assert shares[part] == max(shares.values()) > 0


def app_case():
    return cases.open_shipped(state.DEFAULT_CASE)


def test_a_network_opens_at_the_level_whose_cells_differ_most(monkeypatch, untrained):
    monkeypatch.setattr(
        opening,
        "gate_contrast",
        lambda gate, frame: 0.7 if gate.stride == 8 else 0.1,
    )
    app = untrained("ctan")
    assert app.query_params["map"] == "ctae_mask.2"
    app.segmented_control(key="_level_ctae_mask").set_value("4").run()
    assert app.query_params["map"] == "ctae_mask.4"  # a choice stays


def test_almost_one_colour_is_said_to_be(untrained):
    app = untrained("sha_mtl", map="ag_gate.2")
    assert "Stretch the colours" in app.info[0].value
    app.toggle(key="_stretch").set_value(True).run()
    assert not app.info


def test_a_cell_of_another_grid_is_at_the_same_place(untrained):
    app = untrained(
        "resformer_mtl", map="swin_attention.2", cell="9,20", beside="method:hybrid_mt_estan"
    )
    shown = text(app)
    assert "Where the cell in row 9, column 20 looks" in shown
    assert "Where the cell in row 4, column 10 looks" in shown  # 16×16 cells, half as many a side


def test_a_link_to_a_case_that_is_not_here_says_so(page):
    app = page(method="mtl_cosa", beside="case:upload:0123")
    assert "upload it again" in app.warning[0].value and not app.error
    assert app.selectbox(key="_beside_case").value != "upload:0123"


def test_unknown_second_networks_become_a_known_one(page):
    app = page(method="mtl_cosa", map="regions", beside="method:nobody")
    assert app.query_params["beside"] == "method:mtl_sa"


def test_a_gate_that_hardly_looks_is_called_that(tmp_path, monkeypatch):
    folder = write_stand_in(tmp_path, "hybrid_mt_estan")
    found = {"data": {"busi": 125}, "fixed_share": {"aaa_gate.1": 0.57, "aaa_gate.2": 0.996}}
    write_card(find_checkpoint(folder), {"gates": found})
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    app = visit("attention", method="hybrid_mt_estan", map="aaa_gate.2")
    assert any("hardly looks at the image" in found.value for found in app.info)
    app = visit("attention", method="hybrid_mt_estan", map="aaa_gate.1")
    assert "125 test images that is the same on every image: 57 %." in text(app)
    assert not any("hardly looks" in found.value for found in app.info)
