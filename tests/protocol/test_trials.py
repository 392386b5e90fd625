"""Trials change one thing each, never read the test fold, and are compared on the same images."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mtlbus.cli import main
from mtlbus.core.errors import InputError, UnknownNameError
from mtlbus.data.layouts import parse_dataset
from mtlbus.data.splits import Split
from mtlbus.methods import get_spec
from mtlbus.protocol import Trials, run_trials, split_datasets
from mtlbus.protocol.trials import TRIALS, recipe_of
from mtlbus.training.recipes import LOSS_FIELDS, make_recipe

from ..made import make_manifest

RECIPE = make_recipe(get_spec("mtl_cosa"), epochs=3, size=96)
PHANTOMS = "phantom=30@910000"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    manifest = make_manifest(tmp_path_factory.mktemp("data"), count=60, size=64)
    return ["--data", f"manifest={manifest}", "--data", PHANTOMS]


def test_each_trial_changes_one_thing():
    plain = asdict(RECIPE)
    for name, trial in TRIALS.items():
        recipe = asdict(recipe_of(trial, RECIPE))
        changed = {key for key in plain if recipe[key] != plain[key]}
        if name == "house_loss":  # a loss is one thing, in several fields
            assert changed and changed <= set(LOSS_FIELDS)
            changed = {"loss"}
        others = [
            bool(trial.options),
            trial.phantoms != "mixed",
            trial.seed != 0,
            trial.pretrained is not None,
        ]
        assert len(changed) + sum(others) == (name != "recipe"), name
        assert recipe_of(trial, RECIPE).epochs == 3
        assert recipe_of(trial, RECIPE).stages[-1][1] == 96


def test_bad_trials_are_refused_before_anything_is_trained(tmp_path, data):
    split = split_datasets([parse_dataset(PHANTOMS)], 1)
    plan = Trials("mtl", split, tmp_path, RECIPE)
    with pytest.raises(UnknownNameError, match="Did you mean 'no_average'"):
        run_trials(replace(plan, names=("no_averag",)))
    two = replace(RECIPE, stages=((1, 64), (1, 96)))
    with pytest.raises(InputError, match="one input size"):
        run_trials(replace(plan, recipe=two))
    with pytest.raises(InputError, match="at least 96 px"):
        recipe_of(TRIALS["smaller_first"], replace(RECIPE, stages=((3, 64),)))
    assert not list(tmp_path.iterdir())


def test_the_test_part_is_not_looked_at(tmp_path, data):
    whole = split_datasets([parse_dataset(text) for text in data[1::2]], 1)
    parts = [list(whole.train), list(whole.validation)]
    withheld = Split(*map(tuple, parts), tuple(object() for _ in whole.test))
    recipe = make_recipe(get_spec("mtl"), epochs=1, size=64)
    run_trials(Trials("mtl", withheld, tmp_path, recipe, ("no_phantoms",)))
    rows = pd.read_csv(tmp_path / "no_phantoms" / "predictions.csv")
    real = {sample.id for sample in whole.validation if sample.dataset != "phantom"}
    assert set(rows["image_id"].astype(str)) == real and set(rows["part"]) == {"validation"}


def test_the_command_tries_goes_on_and_compares(tmp_path, data, capsys):
    out = tmp_path / "trials"
    verb = ["trials", "mtl", *data, "--stages", "1@64", "--out", str(out)]
    names = ["recipe", "deep_supervision", "phantoms_first"]
    assert main([*verb, "--trial", "recipe"]) == 0
    text, progress = capsys.readouterr()
    assert "| the recipe as it is | 0." in text and "recipe (1/1)" in progress
    first = {path: path.read_bytes() for path in out.glob("recipe/*")}

    chosen = [word for name in names for word in ("--trial", name)]
    assert main([*verb, *chosen, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {path: path.read_bytes() for path in out.glob("recipe/*")} == first
    assert not list(out.rglob("training.pt")) and list(document["trials"]) == names
    assert json.loads((out / "trials.json").read_text()) == document

    rows = {name: pd.read_csv(out / name / "predictions.csv") for name in names}
    areas = {name: roc_auc_score(f["label"], f["probability"]) for name, f in rows.items()}
    for name in names:
        found = document["trials"][name]
        assert found["auc"]["value"] == pytest.approx(areas[name])
        assert found["dice"]["value"] == pytest.approx(rows[name]["dice"].mean())
    gap = document["trials"]["phantoms_first"]["difference"]["auc"]
    assert gap["value"] == pytest.approx(areas["phantoms_first"] - areas["recipe"])
    card = json.loads((out / "phantoms_first" / "card.json").read_text())
    assert "phantom" not in card["training"]["data"], "the second round is on real images alone"
    assert card["training"]["initial_weights"] == "phantom"
    assert document["images"] == len(rows["recipe"])

    assert main([*verb[:-4], "--stages", "2@64", "--out", str(out), "--trial", "recipe"]) == 1
    assert "trained with stages [[1, 64]], this run has [[2, 64]]" in capsys.readouterr().err
    assert main(["trials", "hps", *verb[2:], "--trial", "recipe"]) == 1
    assert "holds a trial of mtl, this is of hps" in capsys.readouterr().err
