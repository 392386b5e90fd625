"""The Attention page without a browser, on random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.explain.views import can_be_seen
from mtlbus.methods import get_spec, list_methods
from tests.app.stand_ins import write_stand_in

NOTE = "Random weights: this shows the wiring, not knowledge"
SEEN = [name for name in list_methods() if any(can_be_seen(m.name) for m in get_spec(name).maps)]
APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """COSA, plain self-attention, and a network without inner maps; all random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for method in ("mtl_cosa", "mtl_sa", "mtl"):
        write_stand_in(root, method)
    return root


@pytest.fixture
def open_page():
    def open_page(**query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.switch_page("pages/attention.py")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception and not app.error
        return app

    return open_page


@pytest.fixture
def page(root, monkeypatch, open_page):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    return open_page


@pytest.fixture
def untrained(tmp_path, monkeypatch, open_page):
    """The page on a server where nothing is trained, with the switch on."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    return lambda method, **query: open_page(method=method, untrained="1", **query)


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption])


def test_regions_come_first(page):
    shown = text(page(method="mtl_cosa"))
    assert "Regions of the predicted mask" in shown
    assert all(f"**{name}, 8×8 weights**" in shown for name in ("Background", "Tumour", "Margin"))


def test_the_split_shows_its_residual_and_gamma(page):
    shown = text(page(method="mtl_cosa", map="region_score"))
    assert "the sum differs by" in shown
    assert "attention has no effect on the answer" in shown  # γ is 0 in a fresh network


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
    assert "has no attention" in app.info[0].value
    button = next(found for found in app.button if "MTL-SA" in found.label)
    button.click().run()
    assert not app.exception
    assert "Where the context comes from" in text(app)


def pictures(app: AppTest) -> list:
    return list(app.get("plotly_chart"))


@pytest.mark.parametrize("method", list_methods())
def test_every_view_of_every_method_opens_and_says_that_weights_are_random(untrained, method):
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
    assert "Segmentation − malignancy: yellow where" in text(app)
    assert app.query_params["map"] == "ctae_mask.2.difference"
    assert app.query_params["untrained"] == "1" and app.query_params["method"] == "ctan"


def test_both_tasks_and_their_difference_stand_side_by_side(untrained):
    app = untrained("ctan", map="ctae_mask.3")
    assert len(pictures(app)) == 3
    shown = text(app)
    assert "passes to the malignancy stream" in shown and "to the segmentation stream" in shown
    app.segmented_control(key="_branch_ctae_mask").set_value("malignancy").run()
    assert len(pictures(app)) == 1 and app.session_state["map"] == "ctae_mask.3.malignancy"
    app.segmented_control(key="_level_ctae_mask").set_value("1").run()
    assert app.session_state["map"] == "ctae_mask.1.malignancy" and "64×64 cells" in text(app)


def test_a_cell_looks_within_its_window(untrained):
    shown = text(untrained("resformer_mtl", map="swin_attention.2", cell="9,20"))
    assert "Where the cell in row 9, column 20 looks" in shown
    assert "its own window of 8×8 cells" in shown and "Its 64 weights add up to 1" in shown


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
