"""A panel of networks on the pages: by an address, by a button, and where there can be none."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

PANEL = "panel:mtl_cosa+mtl"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl", "mtl_cosa", "uresnet")):
        write_stand_in(root, method, seed=seed)
    return root


@pytest.fixture
def open_page(root, monkeypatch):
    """Open a page with these query parameters."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    return lambda page, **query: partial(visit, page)(**query)


def text(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    return "\n".join(found.value for found in shown)


@pytest.mark.parametrize("name", [PANEL, PANEL.replace("+", " ")])
def test_predict_asks_the_panel_of_an_address_and_tells_its_spread(open_page, name):
    app = open_page("predict", method=name)
    assert not app.exception and not app.error
    assert app.selectbox(key="_pick_method").value == PANEL
    assert app.metric[0].delta.startswith("Panel of 2: "), "so that a phone has room for the call"
    assert "Its networks say " in text(app) and "MTL-COSA" in text(app)


def test_a_panel_that_cannot_be_had_is_one_line(open_page):
    app = open_page("predict", method="panel:mtl+nobody")
    assert not app.exception
    assert app.selectbox(key="_pick_method").value != "panel:mtl+nobody"
    assert "No trained network is named" in text(app)


def test_compare_adds_the_panel_of_what_is_chosen(open_page):
    app = open_page("compare", methods="mtl,mtl_cosa")
    app.button(key="_compare_panel").click().run()
    assert not app.exception
    assert set(app.query_params["methods"].split(",")) == {"mtl", "mtl_cosa", PANEL}
    assert "_compare_panel" not in [one.key for one in app.button], "it is among them now"


def test_performance_judges_a_panel_by_the_images_of_its_networks(open_page):
    app = open_page("performance", methods=f"mtl,{PANEL}")
    assert not app.exception and not app.error


def test_attributions_look_into_the_first_network_of_a_panel(open_page):
    app = open_page("attributions", method=PANEL)
    assert not app.exception
    assert app.selectbox(key="_pick_method").value == "mtl_cosa"
    assert "through its networks" in text(app)
