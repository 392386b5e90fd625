"""Normal images from training to card: an empty mask, no class, a presence figure of their own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mtlbus.checkpoints import CARD, IMAGES, PREDICTIONS, Checkpoint
from mtlbus.cli import main
from mtlbus.data.layouts import load_dataset, parse_dataset
from mtlbus.evaluation.tables import normal_rows, read_predictions
from mtlbus.inference.predictor import Predictor

SHORT = ("--stages", "2@64")


def write_set(folder: Path) -> str:
    """40 phantoms with their masks, 20 pictures of speckle that are known to be normal."""
    lines = ["image,mask,label,group"]
    for index, sample in enumerate(parse_dataset("phantom=40@700").samples):
        Image.fromarray(sample.pixels()).save(folder / f"lesion{index}.png")
        Image.fromarray(sample.mask()).save(folder / f"mask{index}.png")
        lines.append(f"lesion{index}.png,mask{index}.png,{sample.label},l{index}")
    for index in range(20):
        speckle = np.random.default_rng(index).rayleigh(40, (200, 240)).clip(0, 255)
        Image.fromarray(speckle.astype(np.uint8)).save(folder / f"normal{index}.png")
        lines.append(f"normal{index}.png,,normal,n{index}")
    (folder / "set.csv").write_text("\n".join(lines))
    return f"manifest={folder / 'set.csv'}"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> str:
    return write_set(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("run")
    assert main(["train", "mtl", "--data", data, *SHORT, "--out", str(folder)]) == 0
    return Checkpoint(folder)


def test_the_card_counts_normal_images_and_says_what_the_network_does_not_know(trained):
    card = trained.card.to_json()
    assert card["trained_with_normals"] is True
    assert card["training"]["normal"] == {"data": 14, "validation": 2, "test": 4}
    assert card["training"]["without_class"] == card["training"]["normal"]
    assert card["training"]["without_mask"] == {"data": 0, "validation": 0, "test": 0}
    assert "14 of which show no lesion" in card["limits"]
    assert "every image shows a lesion" not in card["limits"]
    assert [image.label for image in trained.images].count("normal") == 20


def test_rows_of_normal_images_have_areas_and_presence_but_no_class(trained):
    normal = normal_rows(read_predictions(trained.predictions, everything=True))
    assert list(normal["part"]).count("test") == 4 and len(normal) == 6
    assert normal["label"].isna().all() and normal["dice"].isna().all()
    assert normal["predicted_area"].notna().all() and normal["presence"].between(0, 1).all()
    assert len(read_predictions(trained.predictions)) == 8 + 4, "test and validation lesions"
    assert trained.card.to_json()["metrics"]["pooled"]["n"] == 8


def test_the_presence_on_the_card_follows_from_the_rows(trained):
    presence = trained.card.to_json()["presence"]
    rows = read_predictions(trained.predictions, everything=True)
    test = rows[rows["part"] == "test"]
    over = test["presence"] >= presence["threshold"]
    normal = test["label"].isna()
    assert presence["test"]["normal"]["n"] == 4 and presence["test"]["lesion"]["n"] == 8
    assert presence["test"]["normal"]["outlined"]["value"] == pytest.approx(over[normal].mean())
    assert presence["test"]["lesion"]["missed"]["value"] == pytest.approx((~over[~normal]).mean())
    assert presence["validation"]["lesion"]["missed"]["value"] <= 0.01
    assert trained.presence_threshold == presence["threshold"] >= 0.5


def test_a_prediction_tells_the_presence_of_its_row(trained, data):
    dataset = load_dataset("manifest", data.removeprefix("manifest="))
    sample = next(s for s in dataset.samples if s.id == "normal3")
    row = read_predictions(trained.predictions, everything=True).set_index("image_id")
    known = row["presence"].dropna()
    chosen = [s for s in dataset.samples if s.id in known.index][:3] + (
        [sample] if sample.id in known.index else []
    )
    for one in chosen:
        prediction = Predictor(trained, "cpu").predict(one.grey())
        assert prediction.presence == pytest.approx(known[one.id], abs=1e-5)
        highest = np.sort(prediction.mask_square.ravel())[-4:]  # a thousandth of 64×64
        assert prediction.presence == pytest.approx(highest.mean(), abs=1e-6)


def test_evaluate_prints_false_alarms_and_misses(trained, data, capsys):
    verb = ["evaluate", str(trained.folder), "--data", data, "--fold", "1"]
    assert main([*verb, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["presence"]["normal"] == trained.card.to_json()["presence"]["test"]["normal"]
    assert main(verb) == 0
    assert "of 4 normal images are outlined" in capsys.readouterr().out


def test_normal_images_alone_can_be_judged(trained, tmp_path, capsys):
    (tmp_path / "normal").mkdir()
    speckle = np.random.default_rng(99).rayleigh(40, (200, 240)).clip(0, 255).astype(np.uint8)
    Image.fromarray(speckle).save(tmp_path / "normal" / "a.png")
    verb = ["evaluate", str(trained.folder), "--data", f"folder={tmp_path}"]
    assert main([*verb, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["datasets"] == {} and document["presence"]["normal"]["n"] == 1
    assert main(verb) == 0
    out = capsys.readouterr().out
    assert out.startswith("no lesion was judged") and "of 1 normal images" in out


def test_a_card_from_before_normal_images_is_completed_and_no_figure_moves(
    trained, data, tmp_path, capsys
):
    """Its weights learned from lesions alone: list, presence and rows of normals are added."""
    folder = tmp_path / "old"
    lesions = tmp_path / "lesions"
    lesions.mkdir()
    write_set(lesions)
    whole = (lesions / "set.csv").read_text().splitlines()
    (lesions / "set.csv").write_text("\n".join(line for line in whole if ",normal," not in line))
    old_data = f"manifest={lesions / 'set.csv'}"
    assert main(["train", "mtl", "--data", old_data, *SHORT, "--out", str(folder)]) == 0
    assert Checkpoint(folder).card.to_json()["trained_with_normals"] is False
    assert "every image shows a lesion" in Checkpoint(folder).card.to_json()["limits"]
    card = json.loads((folder / CARD).read_text())
    before = dict(card)
    for name in ("presence", "trained_with_normals"):
        card.pop(name)
    for name in ("images_sha256", "truth_sha256"):
        card["training"].pop(name)
    (folder / CARD).write_text(json.dumps(card))
    (folder / IMAGES).unlink()
    rows = read_predictions(folder / PREDICTIONS)
    rows.drop(columns="presence").to_csv(folder / PREDICTIONS, index=False)
    (lesions / "set.csv").write_text("\n".join(whole))
    capsys.readouterr()
    verb = ["evaluate", str(folder), "--data", old_data, "--fold", "1", "--card"]
    assert main(verb) == 0
    after = Checkpoint(folder)
    for name in ("metrics", "operating_points", "temperature", "calibration"):
        assert after.card.to_json()[name] == before[name]
    assert after.card.to_json()["trained_with_normals"] is False
    assert after.card.to_json()["presence"]["test"]["normal"]["n"] == 4
    assert after.card.to_json()["presence"]["validation"]["normal"]["n"] == 2
    assert after.card.to_json()["presence"]["threshold"] == pytest.approx(
        before["presence"]["threshold"]
    )
    assert len(after.images) == 40, "normal images took no part in this training"
    completed = read_predictions(folder / PREDICTIONS)
    kept = [name for name in rows.columns if name != "presence"]
    pd.testing.assert_frame_equal(completed[kept], rows[kept], check_dtype=False)
    assert completed["presence"].notna().all()
    assert main(verb) == 0, "and once more"
    assert read_predictions(folder / PREDICTIONS).equals(completed)
