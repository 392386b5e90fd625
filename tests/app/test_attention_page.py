"""The Attention page without a browser, on random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.stand_ins import write_stand_in

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """COSA, plain self-attention, and a network without inner maps; all random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for method in ("mtl_cosa", "mtl_sa", "mtl"):
        write_stand_in(root, method)
    return root


@pytest.fixture
def page(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))

    def open_page(**query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.switch_page("pages/attention.py")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception and not app.error
        return app

    return open_page


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption])


def test_regions_come_first(page):
    shown = text(page(method="mtl_cosa"))
    assert "Regions of the predicted mask" in shown
    assert all(f"**{name}, 8×8 weights**" in shown for name in ("Background", "Tumour", "Margin"))


def test_the_split_shows_its_residual_and_gamma(page):
    shown = text(page(method="mtl_cosa", map="region_score"))
    assert "the sum misses it by" in shown
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
