"""What the verbs say of data with holes: counted, said in one line, not scored as if it fitted."""

from __future__ import annotations

import csv
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlbus.cli import main

from ..made import make_manifest, untrained_checkpoint


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    return untrained_checkpoint(tmp_path_factory.mktemp("weights") / "mtl_cosa").folder


@pytest.fixture
def data(tmp_path) -> Path:
    return make_manifest(tmp_path / "data", count=6, size=64)


def change(manifest: Path, row: int, **cells: str) -> None:
    """Write other cells into a row of a manifest, counted from 0."""
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[row] |= cells
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def evaluate(capsys, network: Path, manifest: Path) -> tuple[dict, list[dict], str]:
    """The document, the rows and stderr of `evaluate`."""
    table = manifest.parent / "judged.csv"
    arguments = ("evaluate", network, "--data", f"manifest={manifest}", "--out", table, "--json")
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert code == 0, err
    with table.open(encoding="utf-8", newline="") as file:
        return json.loads(out), list(csv.DictReader(file)), err


def test_a_mask_of_another_size_is_not_judged_but_said(capsys, network, data):
    Image.new("L", (48, 48), 255).save(data.parent / "2_mask.png")
    document, rows, err = evaluate(capsys, network, data)
    dice = {row["image_id"]: row["dice"] for row in rows}
    assert dice.pop("2") == "" and all(dice.values())
    assert document["pooled"]["dice"]["value"] == pytest.approx(
        np.mean([float(value) for value in dice.values()]), abs=1e-6
    )
    assert "1 mask of another size" in err and "2_mask.png is 48×48 px, its image 64×64" in err


def test_a_missing_mask_is_no_dice_of_0(capsys, network, data):
    for row in (0, 1, 2):
        change(data, row, mask="")
    _, rows, err = evaluate(capsys, network, data)
    assert [bool(row["dice"]) for row in rows] == [False] * 3 + [True] * 3
    assert "3 of 6 images have no usable mask" in err


def test_masks_without_a_class_are_judged_by_dice_alone(capsys, network, tmp_path):
    data = make_manifest(tmp_path / "bare", count=4, size=64, classes=False)
    document, rows, _ = evaluate(capsys, network, data)
    assert len(rows) == 4 and all(row["dice"] and not row["label"] for row in rows)
    assert document["pooled"]["n"] == 4 and document["pooled"]["dice"]["value"] is not None
    assert "auc" not in document["pooled"] and "accuracy" not in document["pooled"]


def test_a_damaged_picture_is_left_out_and_said(capsys, network, data):
    whole = (data.parent / "1.png").read_bytes()
    (data.parent / "1.png").write_bytes(whole[: len(whole) // 2])
    (data.parent / "4.png").write_text("a letter, not a picture")
    document, rows, err = evaluate(capsys, network, data)
    assert document["pooled"]["n"] == 4 and {row["image_id"] for row in rows} == set("0235")
    assert "1 images cannot be read, not judged. The first: 1.png is damaged" in err
    assert "1 file cannot be read and took no part: 4.png looks like a text" in err


def test_nothing_to_judge_by_is_one_line(capsys, network, data):
    for row in range(6):
        change(data, row, mask="", label="")
    code = main(["evaluate", str(network), "--data", f"manifest={data}"])
    out, err = capsys.readouterr()
    assert code == 1 and out == "" and err.count("\n") == 1 and "to judge" in err


def test_data_counts_what_is_missing(capsys, data):
    Image.new("L", (48, 48), 255).save(data.parent / "2_mask.png")
    change(data, 0, mask="")
    change(data, 1, label="normal", mask="")
    (data.parent / "4.png").write_text("a letter")
    assert main(["data", str(data), "--layout", "manifest", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert main(["data", "--data", f"manifest={data}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found, "as other verbs name it"
    assert found["images"] == 5 and found["classes"] == {"benign": 2, "normal": 1, "malignant": 2}
    assert found["normal"] == 1 and found["with_mask"] == 2
    assert found["without_mask"] == 2  # the empty cell, and the mask that does not fit
    assert found["mask_of_another_size"] == 1 and found["unreadable"] == 1


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("verb", ["train", "crossvalidate", "evaluate"])
@pytest.mark.parametrize("count", [2, 6])
def test_few_images_are_one_line(capsys, network, tmp_path, verb, count):
    data = f"manifest={make_manifest(tmp_path / 'few', count=count, size=64)}"
    rest = ["--out", str(tmp_path / "out"), "--epochs", "1", "--size", "64"]
    first = [verb, str(network), "--fold", "1"] if verb == "evaluate" else [verb, "mtl", *rest]
    code = main([*first, "--data", data])
    out, err = capsys.readouterr()
    assert code == 1 and out == ""
    assert err.count("\n") == 1 and "too few to be split" in err


@pytest.mark.filterwarnings("ignore:The least populated class")
def test_the_fewest_images_that_can_be_split_are_trained_on(capsys, tmp_path):
    """Two test images have an AUC and no interval of it: the card says so, as JSON can."""
    data = f"manifest={make_manifest(tmp_path / 'few', count=10, size=64)}"
    out = tmp_path / "out"
    rest = ("--out", str(out), "--epochs", "1", "--size", "64")
    assert main(["train", "mtl", "--data", data, *rest]) == 0
    capsys.readouterr()
    card = json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert card["judgement"]["auc_delong"]["pooled"]["low"] is None


def test_a_picture_of_faulty_tags_does_not_fill_the_log(tmp_path):
    """In a process of its own: here the test runner catches what is warned of."""
    count, side = 2000, 32
    tags = [(256, side), (257, side), (258, 8), (259, 1), (262, 1), (277, 1), (278, side)]
    end = 8 + 2 + 12 * (len(tags) + 2 + count) + 4
    entries = [(tag, 3, 1, value) for tag, value in tags]
    entries += [(273, 4, 1, end), (279, 4, 1, side * side)]
    entries += [(1000 + n, 3, 70_000, 10) for n in range(count)]  # their values lie past the end
    table = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    (tmp_path / "a.tif").write_bytes(head + table + bytes(4) + bytes(range(256)) * 4)
    done = subprocess.run(
        [sys.executable, "-m", "mtlbus", "audit", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0 and "folder: 1 images" in done.stdout
    assert len(done.stderr.splitlines()) < 5
