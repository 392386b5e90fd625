"""The notebooks of Methods: networks that are built, cards that are computed again."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest

from mtlbus.checkpoints import list_checkpoints
from mtlbus.core.errors import CheckpointError
from mtlbus.export import replay
from mtlbus.export.method_views import MethodView, OverviewView
from mtlbus.export.recipes import notebook_of
from mtlbus.export.tables import csv_of
from mtlbus.methods import create_model, get_spec, list_methods
from tests.export.test_notebooks import code_of, run
from tests.made import narrow

METRICS = ("auc", "sensitivity", "dice", "hd95")


@pytest.fixture
def view_of(weights):
    shipped = list_checkpoints(weights)
    return lambda name: MethodView(get_spec(name), shipped.get(name), METRICS)


def test_a_trained_method(view_of, weights, capsys):
    names = run(notebook_of(view_of("mtl_cosa")))
    check = names["check"]
    assert check["same"].all()
    model = create_model("mtl_cosa", "paper")
    count = sum(parameter.numel() for parameter in model.parameters())
    assert check.loc[("paper", "parameters"), "here"] == count
    card = json.loads((weights / "mtl_cosa" / "card.json").read_text())
    assert set(check.index.get_level_values("of")) == {
        "compact", "paper", "busi", "busbra", "phantom", "pooled",
    }  # fmt: skip
    for images, entry in card["metrics"]["datasets"].items():
        for end, name in (("value", "auc"), ("low", "auc_low"), ("high", "auc_high")):
            assert check.loc[(images, name), "here"] == pytest.approx(entry["auc"][end])
    said = capsys.readouterr().out
    assert f"paper: {count:,} parameters; answers {{'mask': (1, 2, 256, 256)" in said
    assert f"options: {card['options']}" in said and "spec.paper" not in said


def test_an_untrained_method_tells_its_papers_tables_and_errors(view_of, capsys):
    spec = get_spec("ctan")
    text = notebook_of(view_of("ctan"))
    names = run(text)
    assert names["check"]["same"].all() and len(names["check"]) == 2
    assert names["printed"] == spec.reported[-1]
    assert sum("spec.reported[" in cell for cell in code_of(text)) == len(spec.reported)
    said = capsys.readouterr().out
    assert all(error in said for error in spec.paper_errors)
    assert "None ship for this method yet" in text and "replay.network" not in text


def test_a_card_whose_judged_images_are_missing(view_of, weights, tmp_path, monkeypatch):
    for path in (weights / "uresnet").iterdir():
        if path.name != "predictions.csv":
            (tmp_path / "uresnet").mkdir(exist_ok=True)
            (tmp_path / "uresnet" / path.name).write_bytes(path.read_bytes())
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    view = MethodView(get_spec("uresnet"), list_checkpoints(tmp_path)["uresnet"], METRICS)
    text = notebook_of(view)
    check = run(text)["check"]
    assert "these are the card's figures" in text and check["same"].all()
    assert ("busi", "dice") in check.index and ("busi", "auc") not in check.index


@pytest.mark.parametrize("name", list_methods())
def test_every_method_has_a_notebook(name, view_of):
    for cell in code_of(notebook_of(view_of(name))):
        compile(cell, "cell", "exec")


def test_the_overview(view_of):
    view = OverviewView("acsnet", "a paper", (view_of("acsnet"), view_of("mtl_cosa")))
    names = run(notebook_of(view))
    assert names["check"]["same"].all() and len(names["check"]) == 4
    assert list(names["table"]["weights"]) == ["not yet", "ship"]
    assert names["table"]["compact"].tolist() == [
        sum(p.numel() for p in network.parameters())
        for network in (create_model("acsnet"), create_model("mtl_cosa", **narrow("mtl_cosa")))
    ]


def test_the_tables(view_of):
    table = pd.read_csv(io.StringIO(csv_of(view_of("mtl_cosa"))))
    figures = table.set_index(["of", "number"])["value"]
    assert figures["busi", "auc_low"] < figures["busi", "auc"] < figures["busi", "auc_high"]
    assert table["method"].unique() == ["mtl_cosa"]
    view = OverviewView("all", "all", (view_of("acsnet"), view_of("mtl_cosa")))
    table = pd.read_csv(io.StringIO(csv_of(view))).set_index("method")
    assert table.loc["mtl_cosa", "weights_sha256"] == view.methods[1].weights_sha256
    assert pd.isna(table.loc["acsnet", "weights_sha256"])
    assert table.loc["acsnet", "parameters_paper"] > table.loc["acsnet", "parameters_compact"]


def test_a_card_of_other_weights_is_refused():
    with pytest.raises(CheckpointError, match="made with the weights"):
        replay.card("mtl", "0" * 64)
