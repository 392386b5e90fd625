"""The Methods page without a browser: overview, cards, and what other pages hear of a choice."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.core.quantities import QUANTITIES
from mtlbus.methods import get_spec, list_methods
from mtlbus.ui.methods import overview
from mtlbus.ui.methods.card import SECTIONS
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

HISTORY = [
    {
        "epoch": epoch, "size": 64 * epoch, "mask_loss": 0.5, "class_loss": 0.4,
        "validation_dice": 0.7, "validation_auc": 0.8, "score": 0.75,
    }
    for epoch in (1, 2)
]  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Two trained methods; the first has a history, a speed, an option and a run before."""
    root = tmp_path_factory.mktemp("checkpoints")
    folder = write_stand_in(root, "mtl_cosa")
    write_stand_in(root, "uresnet", 1)
    (folder / "history.json").write_text(json.dumps(HISTORY))
    path = folder / "card.json"
    card = json.loads(path.read_text())
    card["options"]["region_pooling"] = "masked"
    card["cost"] = {
        "milliseconds": 41.4, "fastest": 39.0, "slowest": 48.0, "flops": 4e9, "forwards": 20,
        "size": 256, "machine": "a chip", "threads": 2,
    }  # fmt: skip
    recipe = {"optimizer": "adamw", "learning_rate": 0.001, "stages": [[1, 64], [1, 128]]}
    card["training"] |= {"epoch": 2, "recipe": recipe, "before": {"recipe": recipe, "epoch": 9}}
    card["training"]["command"] = "python -m mtlbus train mtl_cosa"
    path.write_text(json.dumps(card))
    return root


@pytest.fixture
def page(root, monkeypatch):
    """Open the page with these query parameters."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))

    return partial(visit, "methods")


def text(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.info]
    return "\n".join(found.value for found in shown)


def address(app: AppTest, name: str) -> str | None:
    """A query parameter, which AppTest gives as text or as a list."""
    if name not in app.query_params:
        return None
    found = app.query_params[name]
    return found if isinstance(found, str) else found[0]


def rows(app: AppTest) -> list[str]:
    return [title for table in app.dataframe for title in table.value["Method"]]


def test_every_method_belongs_to_a_paper_that_describes_or_compares_it():
    sizes = {name: len(overview.methods_of(name)) for name in overview.papers()}
    assert sizes == {
        "acsnet": 1, "ctan": 5, "hybrid_mt_estan": 11, "mtl_cosa": 7, "resformer_mtl": 1,
    }  # fmt: skip
    assert sum(sizes.values()) == len(list_methods()) == 25


def test_the_overview_says_what_ships_and_what_is_answered(page):
    app = page(paper="mtl_cosa")
    assert rows(app)[0] == "MTL-COSA" and len(rows(app)) == 7
    tables = {row["Method"]: row for table in app.dataframe for _, row in table.value.iterrows()}
    assert tables["MTL-COSA"]["Weights"] == "ship" and tables["MTL-COSA"]["predict"]
    assert tables["MTL"]["Weights"] == "not yet" and pd.isna(tables["MTL"]["predict"])
    assert tables["UResNet"]["Answers"] == "mask" and tables["LeNet"]["Answers"] == "class"
    assert tables["MTL-COSA"]["Paper's size"] == "75.5 M"
    assert address(app, "paper") == "mtl_cosa"


@pytest.mark.parametrize(
    "method,tab",
    [(method, tab) for method in ("mtl_cosa", "resformer_mtl") for tab in SECTIONS]
    + [("uresnet", "card"), ("vit", "training")],
)
def test_every_section_opens_from_its_address(page, method, tab):
    app = page(method=method, tab=tab)
    assert app.title[0].value == get_spec(method).title
    assert (address(app, "tab"), address(app, "method")) == (tab, method)


def test_a_card_without_weights_says_so_and_how_to_train(page):
    app = page(method="ctan", tab="training")
    assert "No trained weights ship yet for CTAN" in text(app)
    assert any("mtlbus train ctan" in code.value for code in app.code)
    assert not app.get("plotly_chart")
    assert "Predict with it" not in [button.label for button in app.button]


def test_a_trained_card_shows_what_its_card_says(page, root):
    card = json.loads((root / "mtl_cosa" / "card.json").read_text())
    app = page(method="mtl_cosa", tab="card")
    assert card["weights_sha256"] in [code.value for code in app.code]
    metrics = next(t.value for t in app.dataframe if "Metric" in t.value)
    column = next(name for name in metrics if name.startswith("BUSI"))
    auc = card["metrics"]["datasets"]["busi"]["auc"]
    assert metrics.set_index("Metric").loc["AUC", column] == (
        f"{auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})"
    )
    app = page(method="mtl_cosa", tab="training")
    assert len(app.get("plotly_chart")) == 1 and "last of 2 rounds" in text(app)
    assert "**41 ms** for an image (median of 20 runs" in text(page(method="mtl_cosa"))
    decisions = text(page(method="mtl_cosa", tab="decisions"))
    assert "`region_pooling = masked` (default mean)" in decisions


def test_speed_is_shown_only_where_it_was_measured(page):
    assert " ms**" not in text(page(method="uresnet"))


def test_decisions_and_misprints_are_named(page):
    assert ":violet-badge[C7]" in text(page(method="ctan", tab="equations"))
    decisions = text(page(method="ctan", tab="decisions"))
    assert "bottleneck_attention = token | literal | no_softmax | channel" in decisions
    assert "learning to learn" in text(page(method="ctan", tab="paper"))


def test_an_untrained_choice_stays_on_this_page(page):
    app = page(method="ctan")
    assert "method" not in app.session_state
    app.switch_page("pages/predict.py").run()
    assert not app.exception and not app.error
    assert app.session_state["method"] in ("mtl_cosa", "uresnet")
    assert not [found for found in [*app.warning, *app.info] if "ctan" in found.value]


def test_a_trained_choice_goes_with_to_the_other_pages(page):
    app = page(method="mtl_cosa")
    pick = next(found for found in app.selectbox if found.key == "_card_pick")
    pick.set_value("ctan").run()
    assert app.title[0].value == "CTAN" and address(app, "method") == "ctan"
    assert app.session_state["method"] == "mtl_cosa", "the last trained choice is kept"
    pick = next(found for found in app.selectbox if found.key == "_card_pick")
    pick.set_value("uresnet").run()
    assert app.session_state["method"] == "uresnet"


def test_back_to_the_overview(page):
    app = page(method="ctan", paper="ctan")
    next(button for button in app.button if button.label == "All methods").click().run()
    assert app.title[0].value == "Methods" and len(rows(app)) == 5
    assert address(app, "method") is None


def test_a_list_opens_a_card_from_the_overview_where_a_keyboard_cannot_press_the_tables(page):
    app = page(paper="ctan")
    first = next(found for found in app.selectbox if found.key == "_card_first")
    assert first.value is None
    first.set_value("ctan").run()
    assert not app.exception and app.title[0].value == "CTAN"
    next(button for button in app.button if button.label == "All methods").click().run()
    first = next(found for found in app.selectbox if found.key == "_card_first")
    assert not app.exception and first.value is None
    first.set_value("ctan").run()
    assert app.title[0].value == "CTAN", "the same card opens twice"


def test_the_source_has_a_column_and_no_name_is_cut(page):
    app = page()
    tables = {row["Method"]: row for table in app.dataframe for _, row in table.value.iterrows()}
    sources = {name: row["Source"] for name, row in tables.items() if row["Source"] != "paper"}
    rebuilt = ("ResFormer-MTL", "Chowdary", "EMT-Net", "SHA-MTL")
    both = ("ACSNet", "MT-ESTAN", "DenseNet-121", "MobileNet")
    assert sources == {
        **dict.fromkeys(rebuilt, "abstract"),
        **dict.fromkeys(both, "paper + code"),
        "VGGA-ViT": "code",
    }
    assert app.get("dataframe") and max(map(len, tables)) <= 18
    assert page(method="resformer_mtl").title[0].value == get_spec("resformer_mtl").title


def test_a_drawing_can_be_enlarged_by_a_button_that_is_always_there(page):
    app = page(method="mtl_cosa")
    next(button for button in app.button if button.label == "Enlarge").click().run()
    assert not app.exception
    (drawing,) = app.get("html")
    assert "Wiring of MTL-COSA" in drawing.proto.body and 'tabindex="0"' in drawing.proto.body


def test_looking_inside_an_untrained_method_shows_its_wiring(page):
    app = page(method="mtl_sa")
    next(button for button in app.button if button.label == "Look inside").click().run()
    assert not app.exception and not app.error
    assert app.title[0].value == "Attention"
    assert app.session_state["untrained"] and app.session_state["wiring"] == "mtl_sa"


def test_a_link_to_no_method_leads_to_the_overview(page):
    app = page(method="<b>resnext", paper="acsnet")
    assert "No method is named" in app.warning[0].value
    assert app.title[0].value == "Methods"
    assert "method" not in app.session_state


@pytest.mark.parametrize(
    "entry,words",
    [
        ({"value": 0.8944, "low": 0.859, "high": 0.925}, "0.894 (0.859 to 0.925)"),
        ({"value": 0.5, "low": None, "high": None}, "0.500"),
        ({"value": None}, "not defined"),
        (None, "not defined"),
    ],
)
def test_numbers_in_words(entry, words):
    assert QUANTITIES["auc"].figure(entry) == words
