"""Images are told by their pixels: what was trained on is not tested on, whatever it is called."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from mtlbus.checkpoints import IMAGES, Checkpoint
from mtlbus.cli import main
from mtlbus.core.errors import CheckpointError, DataError
from mtlbus.data.intake import read_image
from mtlbus.data.layouts import load_dataset, parse_dataset
from mtlbus.data.splits import split_fold
from mtlbus.protocol.images import list_images, require_counts

PHANTOMS = "phantom=60@800000"
SHORT = ("--stages", "1@64")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "resnet"
    assert main(["train", "resnet", "--data", PHANTOMS, *SHORT, "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def parts():
    return split_fold(parse_dataset(PHANTOMS).samples, 1)


def write_manifest(folder: Path, samples, fold=lambda i: i % 5 + 1, label=lambda s: s.label):
    """Copies of the samples under other names in another container, each with its mask."""
    lines = ["image,mask,label,group,fold"]
    for index, sample in enumerate(samples):
        Image.fromarray(sample.pixels()).save(folder / f"scan{index}.bmp")
        Image.fromarray(sample.mask()).save(folder / f"outline{index}.png")
        lines.append(f"scan{index}.bmp,outline{index}.png,{label(sample)},p{index},{fold(index)}")
    (folder / "own.csv").write_text("\n".join(lines) + "\n")
    return f"manifest={folder / 'own.csv'}"


def test_the_list_holds_every_image_of_the_training_with_its_part(trained, parts):
    checkpoint = Checkpoint(trained)
    with (trained / IMAGES).open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["pixels", "part", "dataset", "label", "group"]
    assert all(len(row["pixels"]) == 32 for row in rows)
    for name, samples in zip(("train", "validation", "test"), parts, strict=True):
        assert [row["group"] for row in rows if row["part"] == name] == [s.group for s in samples]
        for sample in samples[:4]:
            assert checkpoint.part_of(sample.grey().pixel_sha256) == name
    assert {row["label"] for row in rows} == {"0", "1"}


def test_a_copy_is_found_and_another_image_of_the_same_name_is_not(trained, parts, tmp_path):
    checkpoint, sample = Checkpoint(trained), parts.train[0]
    Image.fromarray(sample.pixels()).save(tmp_path / "never seen.tiff")
    assert checkpoint.part_of(read_image(tmp_path / "never seen.tiff").pixel_sha256) == "train"
    other = parse_dataset("phantom=1@5").samples[0].pixels()
    Image.fromarray(other).save(tmp_path / f"{sample.id}.png")
    assert checkpoint.part_of(read_image(tmp_path / f"{sample.id}.png").pixel_sha256) is None


def test_a_list_that_was_exchanged_is_refused(trained, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    (copy / IMAGES).write_text((copy / IMAGES).read_text().replace("train", "test"))
    with pytest.raises(CheckpointError, match="not the list of images that its card names"):
        Checkpoint(copy).part_of("0" * 64)


def test_evaluate_tells_what_was_seen_and_judges_the_rest(trained, parts, tmp_path, capsys):
    copies = write_manifest(tmp_path, [*parts.train[:5], *parts.validation[:2], *parts.test[:7]])
    verb = ["evaluate", str(trained), "--data", copies, "--json"]
    assert main(verb) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["seen"] == {"train": 5, "validation": 2}
    assert document["pooled"]["n"] == 7
    assert "5 of 14 images took part in the training of resnet, 2 in its validation" in err
    assert main([*verb, "--seen"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["pooled"]["n"] == 14 and "judged all the same" in err


def test_evaluate_on_nothing_but_training_images_prints_no_figure(trained, capsys):
    assert main(["evaluate", str(trained), "--data", PHANTOMS, "--fold", "3"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "none is left to judge" in err.splitlines()[-1]


def test_a_start_that_met_the_images_of_the_test_is_refused(trained, parts, tmp_path, capsys):
    """As copies with folds of their own, which no count of images would tell."""
    copies = write_manifest(tmp_path, [*parts.train[:30], *parts.test])
    start = ("--start", str(trained), "--out", str(tmp_path / "leak"))
    assert main(["train", "resnet", "--data", copies, *SHORT, "--fold", "1", *start]) == 1
    err = capsys.readouterr().err.splitlines()[-1]
    assert "images of the test part are train images of" in err
    assert not (tmp_path / "leak").exists()


def test_a_start_on_new_images_or_on_the_same_parts_is_taken(trained, tmp_path):
    (tmp_path / "new").mkdir()
    copies = write_manifest(tmp_path / "new", parse_dataset("phantom=40@20").samples)
    for name, data in (("other", copies), ("same", PHANTOMS)):
        out = ("--start", str(trained), "--out", str(tmp_path / name))
        assert main(["train", "resnet", "--data", data, *SHORT, *out]) == 0


def test_a_start_without_a_list_is_refused(trained, tmp_path, capsys):
    bare = tmp_path / "bare"
    shutil.copytree(trained, bare)
    (bare / IMAGES).unlink()
    out = ("--start", str(bare), "--out", str(tmp_path / "out"))
    assert main(["train", "resnet", "--data", PHANTOMS, *SHORT, *out]) == 1
    assert "no list of the images" in capsys.readouterr().err


def test_a_run_goes_on_only_with_the_images_masks_and_classes_it_began_with(tmp_path, capsys):
    samples = parse_dataset("phantom=40@20").samples
    data = write_manifest(tmp_path, samples)
    verb = ["train", "mtl", "--data", data, "--stages", "1@64", "--out", str(tmp_path / "run")]
    assert main(verb) == 0 == main([*verb, "--resume"])
    card = (tmp_path / "run" / "card.json").read_bytes()
    for spoiled, spoil in {
        "own.csv": lambda _: write_manifest(tmp_path, samples, label=lambda one: 1 - one.label),
        "outline3.png": lambda path: Image.new("1", (256, 256), 1).save(path),
        "scan3.bmp": lambda path: Image.new("L", (256, 256), 9).save(path),
    }.items():
        good = (tmp_path / spoiled).read_bytes()
        spoil(tmp_path / spoiled)
        capsys.readouterr()
        assert main([*verb, "--resume"]) == 1, spoiled
        said = capsys.readouterr().err.splitlines()[-1]
        assert "was written on other images, masks, classes or groups" in said, spoiled
        assert (tmp_path / "run" / "card.json").read_bytes() == card, spoiled
        (tmp_path / spoiled).write_bytes(good)


def test_a_finished_fold_on_other_classes_is_not_taken_for_this_one(tmp_path, capsys):
    samples = parse_dataset("phantom=40@20").samples
    data = write_manifest(tmp_path, samples)
    verb = ["crossvalidate", "resnet", "--data", data, *SHORT, "--fold", "1"]
    verb += ["--out", str(tmp_path / "runs")]
    assert main(verb) == 0
    write_manifest(tmp_path, samples, label=lambda sample: 1 - sample.label)
    assert main(verb) == 1
    assert "was trained on other images, masks, classes" in capsys.readouterr().err


def test_a_list_of_other_images_than_the_cards_is_refused(trained, parts):
    checkpoint = Checkpoint(trained)
    require_counts(list_images(parts), checkpoint)
    with pytest.raises(DataError, match="no list of images was written"):
        require_counts(list_images(parts._replace(test=parts.test[1:])), checkpoint)


def test_unknown_normal_and_known_are_told_apart(tmp_path):
    for name in ("a", "b", "c"):
        Image.new("L", (40, 40), ord(name)).save(tmp_path / f"{name}.png")
    Image.new("1", (40, 40), 0).save(tmp_path / "mask.png")
    lines = ["image,mask,label,group,fold", "a.png,,malignant,,1", "b.png,,normal,,1"]
    (tmp_path / "m.csv").write_text("\n".join([*lines, "c.png,mask.png,,,2"]))
    samples = load_dataset("manifest", tmp_path / "m.csv").samples
    found = list_images(split_fold(samples, 1)._replace(train=samples, test=()))
    assert [row.label for row in found.rows] == ["1", "normal", ""]
    assert found.without["segmentation"] == {"train": 1, "validation": 0, "test": 0}


def test_an_external_test_is_appended_only_when_none_of_its_images_took_part(
    trained, parts, tmp_path, capsys
):
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    (tmp_path / "seen").mkdir()
    (tmp_path / "new").mkdir()
    seen = write_manifest(tmp_path / "seen", [parts.test[0], *parse_dataset("phantom=9@5").samples])
    new = write_manifest(tmp_path / "new", parse_dataset("phantom=20@5").samples)
    before = (copy / "card.json").read_bytes()

    def judge(data, *more):
        return main(["evaluate", str(copy), "--data", data, "--external", "Elsewhere", *more])

    assert judge(seen, "--card") == 1
    assert "1 of 10 images took part" in capsys.readouterr().err.splitlines()[-1]
    assert judge(new) == 1 and judge(new, "--card", "--seen") == 1
    assert (copy / "card.json").read_bytes() == before
    capsys.readouterr()
    assert judge(new, "--card", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    (entry,) = Checkpoint(copy).card.to_json()["external"]
    assert entry == document["external"] and set(entry) == {"name", "n", "figures", "date"}
    assert entry["name"] == "Elsewhere" and entry["n"] == 20
    assert entry["figures"]["AUC"] == document["pooled"]["auc"]
    assert list(json.loads((copy / "card.json").read_text()))[-1] == "spec"
    assert judge(new, "--card") == 1
    assert "already" in capsys.readouterr().err
