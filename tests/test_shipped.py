"""What ships in `checkpoints/`: whole, small, honest, and reproducible."""

from __future__ import annotations

import pytest

from mtlbus.checkpoints import CHECKPOINTS, WEIGHTS, list_checkpoints, sha256
from mtlbus.data.layouts import load_dataset
from mtlbus.data.splits import split_fold
from mtlbus.evaluation.operating_points import confusion
from mtlbus.evaluation.tables import read_predictions, summarise
from mtlbus.inference.predictor import Predictor
from mtlbus.protocol import judge_sample

FOLDERS = {"busi": "Dataset_BUSI_with_GT", "busbra": "BUSBRA"}
SHIPPED = list_checkpoints()


@pytest.fixture(params=SHIPPED or [None])
def checkpoint(request):
    if request.param is None:
        pytest.fail("no checkpoint ships; checkpoints/ must hold at least mtl and mtl_cosa")
    return SHIPPED[request.param]


def test_the_first_two_methods_ship():
    assert {"mtl", "mtl_cosa"} <= SHIPPED.keys()


def test_weights_are_those_of_the_card_and_small(checkpoint):
    content = (checkpoint.folder / WEIGHTS).read_bytes()
    assert sha256(content) == checkpoint.digest
    assert len(content) <= 15e6 and checkpoint.card["parameters"] <= 7_500_000
    model = checkpoint.load()
    assert sum(p.numel() for p in model.parameters()) == checkpoint.card["parameters"]


def test_all_checkpoints_together_are_small():
    files = [path for path in CHECKPOINTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 150e6


def test_the_card_says_where_everything_comes_from(checkpoint):
    card = checkpoint.card
    training = card["training"]
    assert training["fold"] == 1 and training["epoch"] <= training["epochs"]
    assert set(training["data"]) == set(training["validation"]) == set(training["test"])
    assert training["command"].startswith(f"python -m mtlbus train {card['method']} ")
    assert card["intended_use"] and card["limits"] and card["licences"]
    for point in card.get("operating_points", {}).values():
        assert point["chosen_on"] == "validation part, real images"
    assert len(checkpoint.history) == training["epochs"]
    assert "/" not in training["command"], "no path of a machine"


def test_the_figures_of_the_card_follow_from_the_predictions(checkpoint):
    frame = read_predictions(checkpoint.predictions)
    again, stated = summarise(frame, checkpoint.threshold or 0.5), checkpoint.card["metrics"]
    assert again["datasets"].keys() == stated["datasets"].keys()
    parts = [(again["pooled"], stated["pooled"])]
    parts += [(again["datasets"][name], stated["datasets"][name]) for name in again["datasets"]]
    for made, told in parts:
        assert made.keys() == told.keys()
        for name, metric in made.items():
            assert metric == pytest.approx(told[name], abs=1e-6, nan_ok=True), name


def test_thresholds_follow_from_the_validation_rows(checkpoint):
    frame = read_predictions(checkpoint.predictions)
    rows = frame[(frame["part"] == "validation") & (frame["dataset"] != "phantom")]
    for point in checkpoint.card.get("operating_points", {}).values():
        counts = confusion(rows["label"], rows["probability"], point["threshold"])
        stated = point["validation"]
        assert stated["n"] == len(rows)
        assert stated["sensitivity"] == pytest.approx(counts.sensitivity)
        assert stated["specificity"] == pytest.approx(counts.specificity)


def test_no_group_is_validated_and_tested(checkpoint):
    frame = read_predictions(checkpoint.predictions)
    groups = {part: set(rows["group"]) for part, rows in frame.groupby("part")}
    assert not groups["validation"] & groups["test"]


def test_judged_images_are_those_of_the_split(checkpoint, real_data):
    """And none of their groups was trained on."""
    frame = read_predictions(checkpoint.predictions)
    for name, folder in FOLDERS.items():
        split = split_fold(load_dataset(name, real_data / folder).samples, 1)
        rows = frame[frame["dataset"] == name]
        for part, samples in (("test", split.test), ("validation", split.validation)):
            ids = set(rows.loc[rows["part"] == part, "image_id"])
            assert ids == {sample.id for sample in samples}
        assert checkpoint.card["training"]["data"][name] == len(split.train)
        assert not {sample.group for sample in split.train} & set(rows["group"])


def test_the_predictions_can_be_made_again(checkpoint, real_data):
    predictor = Predictor(checkpoint, "cpu")
    frame = read_predictions(checkpoint.predictions).set_index(["dataset", "image_id"])
    for name, folder in FOLDERS.items():
        split = split_fold(load_dataset(name, real_data / folder).samples, 1)
        for sample in split.test[::40]:
            again, stated = judge_sample(predictor, sample, "test", 1), frame.loc[name, sample.id]
            assert again["dice"] == pytest.approx(stated["dice"], abs=2e-3)
            if again["probability"] is not None:
                assert again["probability"] == pytest.approx(stated["probability"], abs=1e-3)
