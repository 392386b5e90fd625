"""A card is completed without training, and one that cannot be made again is refused."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from mtlbus.checkpoints import CARD, Checkpoint, find_checkpoint
from mtlbus.cli import main
from mtlbus.core.errors import DataError
from mtlbus.data.layouts import parse_dataset
from mtlbus.inference.cost import count_cost
from mtlbus.protocol import evaluate, renew_card, write_card

DATA = "phantom=60@800000"
ADDED = {"judgement", "calibration", "exclusions"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    verb = ["train", "mtl", "--data", DATA, "--epochs", "1", "--size", "64", "--out", str(folder)]
    assert main(verb) == 0
    return folder


@pytest.fixture
def old(trained):
    """The card as it was before those fields were thought of."""
    path = trained / CARD
    card = json.loads(path.read_text())
    assert set(card) > ADDED, "a new run has them from the start"
    path.write_text(json.dumps({k: v for k, v in card.items() if k not in ADDED}))
    yield trained
    path.write_text(json.dumps(card))


def test_evaluate_completes_the_card_and_changes_nothing(old, capsys):
    before = json.loads((old / CARD).read_text())
    assert main(["evaluate", str(old), "--data", DATA, "--fold", "1", "--card", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    after = json.loads((old / CARD).read_text())
    assert set(after) == set(before) | ADDED and list(after)[-1] == "spec"
    for name, value in before.items():
        if name not in ("operating_points", "metrics", "temperature"):
            assert after[name] == value
    assert after["operating_points"] == before["operating_points"]
    again = document["reproduced"]
    assert again["images"] == 12 and again["figures"] > 30
    assert again["probability"] < 1e-5 and again["figure"] < 1e-5
    assert after["judgement"]["reproduced"] == again
    assert after["exclusions"] == {"phantom": []}
    assert set(after["calibration"]["pooled"]) == {"before", "after"}


def test_card_and_flip_or_another_fold_do_not_go_together(old, capsys):
    for more in (["--fold", "1", "--flip"], ["--fold", "2"]):
        assert main(["evaluate", str(old), "--data", DATA, *more, "--card"]) == 1
        assert "--fold 1, without --flip" in capsys.readouterr().err


def test_other_images_other_figures_and_a_false_card_are_refused(old):
    checkpoint = Checkpoint(old)
    datasets = [parse_dataset(DATA)]
    again = evaluate(checkpoint, datasets, 1).frame
    content = (old / CARD).read_bytes()
    with pytest.raises(DataError, match="judged only once"):
        renew_card(checkpoint, again.iloc[1:], datasets)
    moved = again.assign(dice=again["dice"] - 0.01 * (again["dice"] > 0.01) + 0.005)
    with pytest.raises(DataError, match=r"metrics\..*dice"):
        renew_card(checkpoint, moved, datasets)
    stated = json.loads(content)
    content = json.dumps(stated | {"temperature": 1.1 * stated["temperature"]}).encode()
    (old / CARD).write_bytes(content)
    with pytest.raises(DataError, match="temperature is"):
        renew_card(Checkpoint(old), again, datasets)
    assert (old / CARD).read_bytes() == content, "nothing was written"


def test_the_cost_is_written_and_printed(trained, capsys):
    checkpoint = find_checkpoint(trained)
    write_card(checkpoint, {"cost": asdict(count_cost(checkpoint.load(), 64))})
    assert Checkpoint(trained).card.to_json()["cost"]["flops"] > 1e8
    assert main(["bench", str(trained), "--forwards", "3", "--write", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["cost"] == Checkpoint(trained).card.to_json()["cost"]
    assert entry["cost"]["size"] == 64, "the size that training ended with"
    assert main(["bench", str(trained), "--markdown"]) == 0
    out = capsys.readouterr().out
    assert "**phantoms, test fold, 12 images**" in out and "Printed in the papers" in out
    assert f"{entry['cost']['milliseconds']:.0f} |" in out
    assert f"| {entry['epochs']} | {entry['parameters'] / 1e6:.1f} M |" in out


def test_flip_averages_with_the_mirror_image(trained):
    checkpoint, datasets = Checkpoint(trained), [parse_dataset(DATA)]
    plain, mirrored = (evaluate(checkpoint, datasets, 1, mirror=m).frame for m in (False, True))
    assert (plain["logit"] != mirrored["logit"]).any()
    assert (plain["logit"] - mirrored["logit"]).abs().max() < 2
