"""Two tasks of somebody's own, from a declaration to figures, without a line of code changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from mtlbus.checkpoints import Checkpoint
from mtlbus.cli import main
from mtlbus.core.errors import CheckpointError, InputError
from mtlbus.core.tables import write_frame
from mtlbus.core.tasks import Task
from mtlbus.evaluation.task_tables import figures_under, image_rows
from mtlbus.inference.predictor import Predictor
from mtlbus.protocol.task_judging import JUDGED
from mtlbus.training.run import STATE
from tests.made import PAIR, make_pair

STEPS = ["--size", "64", "--epochs", "1", "--pretrained", "no", "--loss", "house"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Twenty phantoms; of one the depth is not known, of another no outline."""
    folder = tmp_path_factory.mktemp("pair")
    path = make_pair(folder, 20)
    table = pd.read_csv(folder / "pair.csv", dtype=str)
    table.loc[0, "depth"] = table.loc[1, "outline"] = None
    table.to_csv(folder / "pair.csv", index=False)
    return f"tasks={path}"


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    assert main(["train", "hps", "--data", data, "--out", str(out), *STEPS]) == 0
    return out


def test_a_network_is_trained_and_its_card_holds_the_declaration(trained):
    checkpoint = Checkpoint(trained)
    card, entry = checkpoint.card, checkpoint.history[0]
    assert [task.name for task in checkpoint.tasks] == ["outline", "depth"]
    assert checkpoint.load().spec.tasks == checkpoint.tasks
    assert {"outline_loss", "depth_loss", "validation_dice", "validation_mae"} <= entry.keys()
    assert entry["score"] == pytest.approx(entry["validation_dice"] / 2), "1 − error / first error"
    without = card.training.model_dump()["without"]
    assert sum(without["depth"].values()) == sum(without["outline"].values()) == 1
    error = card.metrics.pooled["depth.mae"]
    assert 0 < error["value"] < 40 and error["low"] <= error["value"] <= error["high"]


def test_it_is_evaluated_alike_and_its_training_images_are_left_out(trained, data, capsys):
    assert main(["evaluate", str(trained), "--data", data, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    stated = Checkpoint(trained).card.metrics.datasets["pair"]
    assert found["pooled"]["n"] == stated["n"] == 20 - sum(found["seen"].values())
    for name in ("depth.mae", "outline.dice"):
        assert found["pooled"][name]["value"] == pytest.approx(stated[name]["value"], rel=1e-3)


def test_every_image_is_tested_once_over_the_folds(trained, data, tmp_path, capsys):
    call = ["crossvalidate", "hps", "--data", data, "--out", str(tmp_path), "--fold", "1", *STEPS]
    finished = shutil.copytree(trained, tmp_path / "hps" / "fold-1")
    (finished / STATE).unlink()  # which `train` keeps, to go on from
    assert main([*call, "--fold", "2", "--json"]) == 0
    told = capsys.readouterr()
    assert "hps fold 1 (1/2): finished before" in told.err and "hps fold 2 (2/2): " in told.err
    found = json.loads(told.out)["methods"]["hps"]
    assert found["folds"] == [1, 2]
    rows = [pd.read_csv(tmp_path / "hps" / f"fold-{fold}" / JUDGED) for fold in (1, 2)]
    assert not set(rows[0]["image_id"]) & set(rows[1]["image_id"])
    together = pd.concat(rows)
    assert found["pooled"]["n"] == len(together)
    assert found["pooled"]["depth.mae"]["value"] == pytest.approx(together["depth.mae"].mean())
    assert main([*call, "--split", "image"]) == 1
    assert "here it is group" in capsys.readouterr().err


def test_what_does_not_fit_is_one_line(trained, data, tmp_path, capsys):
    with pytest.raises(InputError, match="answers outline and depth"):
        Predictor(Checkpoint(trained))
    assert main(["train", "mtl", "--data", data, "--out", str(tmp_path / "a"), *STEPS]) == 1
    assert "Any tasks are answered by ctan, hps" in capsys.readouterr().err
    call = ["train", "stl_segmentation", "--data", data, "--out", str(tmp_path / "b"), *STEPS]
    assert main(call) == 1
    assert "exactly 1 task" in capsys.readouterr().err
    assert main([*call, "--task", "dose"]) == 1
    assert "pair declares no task 'dose'; it declares outline and depth" in capsys.readouterr().err
    assert main(["trials", "mtl", "--data", data, "--out", str(tmp_path / "c")]) == 1
    assert "pair is about outline and depth; this verb is for breast" in capsys.readouterr().err
    assert main(["audit", data.partition("=")[2], "--layout", "tasks"]) == 1
    assert "An audit is for breast ultrasound" in capsys.readouterr().err
    assert main(["compare", str(trained), str(trained)]) == 1
    assert "hps is about outline and depth; this verb is for breast" in capsys.readouterr().err
    assert main(["evaluate", str(trained), "--data", "phantom=6"]) == 1
    assert "is about segmentation and malignancy, this network about outline" in (
        capsys.readouterr().err
    )


def test_it_answers_an_image_on_its_own_grid(trained, data, tmp_path, capsys):
    image = Path(data.partition("=")[2]).parent / "3.png"
    call = ["predict", str(image), "--method", str(trained), "--out", str(tmp_path), "--json"]
    assert main(call) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert set(entry["tasks"]) == {"outline", "depth"} and entry["tasks"]["depth"]["unit"] == "mm"
    (array,) = tmp_path.glob("*.depth.npy")
    (mask,) = tmp_path.glob("*.outline.png")
    values, classes = np.load(array), np.asarray(Image.open(mask))
    assert values.shape == classes.shape == np.asarray(Image.open(image)).shape
    assert entry["tasks"]["depth"]["high"] == pytest.approx(float(values.max()), abs=1e-3)
    assert entry["tasks"]["outline"]["pixels"]["lesion"] == int((classes == 1).sum())
    assert len(list(tmp_path.glob("*.overlay.png"))) == 1
    assert "what it answers about images from elsewhere was not measured" in entry["limits"]
    assert main(["predict", str(tmp_path / "no.png"), "--method", str(trained)]) == 1
    assert "no.png does not exist" in capsys.readouterr().err


def test_its_answers_are_explained_by_the_names_of_their_tasks(trained, data, tmp_path, capsys):
    image = str(Path(data.partition("=")[2]).parent / "3.png")
    call = ["explain", image, "--method", str(trained), "--attribution", "saliency", "--json"]
    assert main([*call, "--target", "depth", "--out", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["target_in_words"] == "mean depth over the image"
    assert len(found["files"]) == 2 and found["maps"][0]["attribution"] == "saliency"
    assert main([*call, "--target", "dose"]) == 1
    assert "depth:lesion" in capsys.readouterr().err
    unnamed = ["explain", image, "--method", str(trained), "--settings", "steps=2", "--json"]
    assert main(unnamed) == 0, "of a network without a feature map Grad-CAM is not asked"
    (only,) = json.loads(capsys.readouterr().out)["maps"]
    assert only["attribution"] == "integrated_gradients"


def test_truth_of_which_nothing_can_be_used_is_refused_before_the_first_step(tmp_path, capsys):
    path = make_pair(tmp_path, 20)
    for file in tmp_path.glob("*.npy"):
        np.save(file, np.full_like(np.load(file), np.nan))
    call = ["train", "hps", "--data", f"tasks={path}", "--out", str(tmp_path / "run"), *STEPS]
    assert main(call) == 1
    told = capsys.readouterr().err
    assert "No depth of the train part can be used. The first: " in told and "no number" in told


def test_a_card_that_declares_what_cannot_be_is_one_line(trained, tmp_path):
    card = json.loads((trained / "card.json").read_text(encoding="utf-8"))
    card["declaration"]["tasks"][0]["kind"] = "smell"
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"tasks\.0\.kind"):
        _ = Checkpoint(tmp_path).tasks
    assert PAIR["name"] == "pair"


def test_figures_of_rows_are_those_of_scikit_learn():
    """Of one weighting with all images once, and of one that leaves some out."""
    rng = np.random.default_rng(0)
    stage = Task("stage", "image_class", ("I", "II"))
    logits, true = rng.normal(size=(30, 2)), rng.integers(0, 2, 30)
    known = np.arange(30) > 2
    rows = pd.DataFrame(image_rows(stage, logits, known, true.astype(float)))
    weights = np.ones((2, 30))
    weights[1, 10:] = 0
    found = figures_under(stage, rows, weights)
    for number, kept in enumerate((slice(3, 30), slice(3, 10))):
        called = logits[kept].argmax(1)
        expected = balanced_accuracy_score(true[kept], called)
        assert found["stage.balanced_accuracy"][number] == pytest.approx(expected)
        area = roc_auc_score(true[kept], logits[kept, 1] - logits[kept, 0])
        assert found["stage.auc"][number] == pytest.approx(area)


def test_dice_is_the_mean_over_images_and_then_over_classes():
    organs = Task("organs", "pixel_class", ("none", "cord", "target"))
    dice = np.array([[0.5, np.nan], [0.7, 0.9], [0.1, 0.3]])
    known = np.array([True, True, False])
    rows = pd.DataFrame(image_rows(organs, dice, known, None))
    found = figures_under(organs, rows, np.array([[1, 1, 1], [3, 1, 0]]))
    assert found["organs.dice"].tolist() == pytest.approx([(0.6 + 0.9) / 2, (0.55 + 0.9) / 2])


def test_the_table_is_made_of_what_is_finished_and_trains_nothing_twice(data, tmp_path, capsys):
    """Four networks whose judged rows lie there: a table with gains, and no network beside them."""
    base = {"image_id": ["a", "b"], "dataset": "pair", "group": ["a", "b"]}
    judged = {
        "stl.outline": {"outline.dice.lesion": 0.5},
        "stl.depth": {"depth.mae": 4.0},
        "hps": {"outline.dice.lesion": 0.5, "depth.mae": 3.0},
        "mtan": {"outline.dice.lesion": 0.4, "depth.mae": 4.0},
        "ctan": {"outline.dice.lesion": 0.6, "depth.mae": 4.4},
    }
    for name, figures in judged.items():
        write_frame(tmp_path / "pair" / name / JUDGED, pd.DataFrame({**base, **figures}))
    call = ["tasktable", "--data", data, "--out", str(tmp_path), "--size", "64"]
    assert main(call) == 0
    lines = capsys.readouterr().out.splitlines()
    (hps,) = [line for line in lines if line.startswith("| HPS | here | 50.00")]
    assert "| 25.00 (25.00 to 25.00) | 12.50 (12.50 to 12.50) | 1 (1–1) |" in hps
    (ctan,) = [line for line in lines if line.startswith("| CTAN | here")]
    assert "| 20.00 (20.00 to 20.00) | 4.40" in ctan and "-10.00 (-10.00 to -10.00)" in ctan
    assert any(line.startswith("| CTAN | 5.00") and "| 4.67 | 1 |" in line for line in lines)
    assert not list(tmp_path.rglob("*.safetensors"))
