"""Folds are trained once, go on where they stopped, and are compared by their true groups."""

from __future__ import annotations

import json
from collections import Counter

import pandas as pd
import pytest

from mtlbus.cli import main
from mtlbus.core.errors import InputError, UnknownNameError
from mtlbus.data.layouts import load_dataset, parse_dataset
from mtlbus.data.splits import split_fold, ungrouped
from mtlbus.methods import get_spec
from mtlbus.protocol.crossvalidation import CrossValidation
from mtlbus.training.recipes import make_recipe

from ..made import make_manifest

RECIPES = {name: make_recipe(get_spec(name), epochs=1, size=64) for name in ("mtl", "resnet")}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return make_manifest(tmp_path_factory.mktemp("data"), count=40, size=64)


def test_a_random_split_parts_the_groups_that_the_other_keeps(manifest):
    samples = load_dataset("manifest", manifest).samples
    grouped, random = split_fold(samples, 1), split_fold(ungrouped(samples), 1)
    group_of = {sample.id: sample.group for sample in samples}

    def parted(split):
        sides = [{group_of[s.id] for s in part} for part in split]
        return len(sides[0] & sides[2])

    assert parted(grouped) == 0 and parted(random) > 3
    assert sum(map(len, random)) == len(samples)
    for split in (grouped, random):
        assert Counter(s.label for s in split.test) == {0: 4, 1: 4}


def test_all_runs_and_bad_ones(manifest, tmp_path):
    datasets = (parse_dataset(f"manifest={manifest}"),)
    plan = CrossValidation(("mtl", "resnet"), datasets, tmp_path, RECIPES, (1, 2), "both")
    runs = plan.runs()
    assert len(runs) == len(set(runs)) == 8
    assert len({plan.folder(*run) for run in runs}) == 8
    with pytest.raises(InputError, match="no fold 6"):
        CrossValidation(("mtl",), datasets, tmp_path, RECIPES, (6,)).runs()
    with pytest.raises(UnknownNameError, match="Did you mean 'image'"):
        CrossValidation(("mtl",), datasets, tmp_path, RECIPES, split="imagee").runs()


def test_the_command_trains_once_goes_on_and_compares(manifest, tmp_path, capsys):
    out = tmp_path / "runs"
    verb = ["crossvalidate", "resnet", "--data", f"manifest={manifest}", "--epochs", "1", "--size",
            "64", "--out", str(out), "--split", "both"]  # fmt: skip
    assert main([*verb, "--fold", "1"]) == 0
    text, progress = capsys.readouterr()
    assert "| ResNet-101 | paper |" in text and "resnet@image − resnet, auc" in text
    assert "(2/2)" in progress
    first = {path: path.read_bytes() for path in out.glob("*/fold-1/*")}
    assert not list(out.rglob("training.pt")), "the state of a finished run is of no use"

    assert main([*verb, "--fold", "1", "--fold", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["folds"] == {"resnet": [1, 2], "resnet@image": [1, 2]}
    assert {path: path.read_bytes() for path in out.glob("*/fold-1/*")} == first
    rows = pd.read_csv(out / "rows.csv")
    assert Counter(rows["method"]) == {"resnet": 16, "resnet@image": 16}
    # Also where images were split the groups are the true ones: that is what is drawn.
    assert rows.loc[rows["method"] == "resnet@image", "group"].str.match(r"manifest:p\d+").all()
    table = pd.read_csv(out / "crossvalidation.csv")
    stated = table[(table["method"] == "resnet") & (table["figure"] == "acc")].iloc[0]
    ours = rows[rows["method"] == "resnet"]
    right = (ours["probability"] >= 0.5) == (ours["label"] == 1)
    assert stated["value"] == pytest.approx(right.groupby(ours["fold"]).mean().mean())
    assert json.loads((out / "crossvalidation.json").read_text()) == document

    assert main([*verb, "--fold", "1", "--rate", "0.0005"]) == 1
    assert "was trained with learning_rate 0.001, this run has 0.0005" in capsys.readouterr().err
