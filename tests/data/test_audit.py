"""The audit finds the faults that were put into a small dataset, and agrees on the real one."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import adjusted_rand_score

from mtlbus.cli import main
from mtlbus.core.errors import DataError
from mtlbus.data.audit import agreement, audit, has_marks, load_everything, write_groups
from mtlbus.data.phantom import make_phantom, random_parameters

from ..made import make_manifest


def save(path, plane) -> None:
    Image.fromarray(plane).save(path)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """Eight phantoms: 0 again as 6 (other label, other fold), 1 again as 7 with calipers."""
    folder = tmp_path_factory.mktemp("faulty")
    rows = []
    for number in range(8):
        seed = number % 6
        parameters = replace(random_parameters(seed), calipers=number == 7)
        phantom = make_phantom(parameters, 256)
        save(folder / f"{number}.png", phantom.image)
        mask = phantom.mask.astype(np.uint8) * 255
        if number == 3:
            mask = np.zeros_like(mask)
        if number == 4:
            mask = mask[:-8]
        save(folder / f"{number}_mask.png", mask)
        label = "malignant" if number in (0, 2, 4) else "benign"
        rows.append((f"{number}.png", f"{number}_mask.png", label, f"p{number}", 1 + number % 5))
    path = folder / "manifest.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("image", "mask", "label", "group", "fold"), *rows])
    return path


def test_every_fault_is_found_once(manifest):
    found = audit(load_everything("manifest", manifest))
    assert [group.images for group in found.copies] == [("0", "6"), ("1", "7")]
    assert [group.images for group in found.across_classes] == [("0", "6")]
    assert [group.folds for group in found.across_folds] == [(1, 2), (2, 3)]
    assert len(found.across_groups) == 2
    assert found.empty_masks == ("3",)
    assert len(found.misaligned) == 1
    assert "4_mask.png is 256×248 px, its image 256×256 px" in found.misaligned[0]
    assert found.marked == {"benign": (1, 5), "malignant": (0, 3)}
    assert found.group_of["0"] == found.group_of["6"] != found.group_of["1"]


def test_the_command_prints_and_writes_it(manifest, tmp_path, capsys):
    table = tmp_path / "groups.csv"
    verb = ["audit", str(manifest), "--layout", "manifest", "--out", str(table)]
    assert main(verb) == 0
    assert "1 across classes" in capsys.readouterr().out
    assert main([*verb, "--json", "--reference", str(table)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["images"] == 8 and len(document["across_folds"]) == 2
    assert document["agreement"]["adjusted_rand"] == 1
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["copies"] for row in rows] == ["2", "2", "1", "1", "1", "1", "2", "2"]


def test_agreement_counts_pairs_as_by_hand(manifest, tmp_path):
    found = audit(load_everything("manifest", manifest))
    reference = tmp_path / "stated.csv"
    # 0 and 6 together as found; 1 with 2 instead of 7.
    groups = dict(zip("01234567", "abbcdeaf", strict=True))
    reference.write_text("id,group\n" + "".join(f"{k},{v}\n" for k, v in groups.items()))
    compared = agreement(found, reference)
    assert compared["pairs_in_both"] == 1
    assert compared["pairs_only_here"] == compared["pairs_only_in_reference"] == 1
    ours = [found.group_of[name] for name in "01234567"]
    assert compared["adjusted_rand"] == adjusted_rand_score(list(groups.values()), ours)
    (tmp_path / "other.csv").write_text("id,group\nx,1\n")
    with pytest.raises(DataError, match="none of the 8 images"):
        agreement(found, tmp_path / "other.csv")
    with pytest.raises(DataError, match="No such file"):
        agreement(found, tmp_path / "missing.csv")


def test_groups_are_written_whole(manifest, tmp_path):
    found = audit(load_everything("manifest", manifest))
    write_groups(tmp_path / "deep" / "groups.csv", found)
    assert agreement(found, tmp_path / "deep" / "groups.csv")["pairs_in_both"] == 2


@pytest.mark.parametrize("seed", range(4))
def test_calipers_are_marks_and_speckle_is_not(seed):
    for calipers in (True, False):
        parameters = replace(random_parameters(seed), calipers=calipers)
        assert has_marks(make_phantom(parameters, 256).image) == calipers


def test_the_copies_of_busi_are_those_that_others_found(real_data):
    """On a third of the images, all of their groups; the whole takes a minute."""
    reference = real_data / "busi_groups.csv"
    with reference.open() as file:
        groups = {row["id"]: row["group"] for row in csv.DictReader(file)}
    dataset = load_everything("busi", real_data / "Dataset_BUSI_with_GT")
    assert len(dataset.samples) == 780
    kept = set(sorted(set(groups.values()))[::3])
    part = tuple(sample for sample in dataset.samples if groups[sample.id] in kept)
    found = audit(replace(dataset, samples=part))
    compared = agreement(found, reference)
    assert compared["images"] == len(part) > 200
    assert compared["adjusted_rand"] >= 0.9
    assert not found.misaligned


def test_what_cannot_be_read_is_listed_and_the_rest_is_audited(tmp_path, capsys):
    path = make_manifest(tmp_path / "set", count=8)
    whole = (tmp_path / "set" / "2.png").read_bytes()
    (tmp_path / "set" / "2.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "set" / "3.png").write_text("no picture")
    (tmp_path / "set" / "4_mask.png").write_text("no picture")
    found = audit(load_everything("manifest", path))
    assert found.images == 6 and set(found.group_of) == set("014567")
    assert [line.split()[0] for line in found.unreadable] == ["3.png", "4_mask.png", "2.png"]
    assert main(["audit", str(path), "--layout", "manifest"]) == 0
    out = capsys.readouterr().out
    assert "3 files that cannot be read" in out and "  2.png is damaged" in out


def test_masks_that_cannot_be_are_named(tmp_path):
    path = make_manifest(tmp_path / "set", count=8)
    text = path.read_text().replace("5.png,5_mask.png,malignant", "5.png,5_mask.png,normal")
    path.write_text(text.replace("6.png,6_mask.png", "6.png,"))
    mask = np.array(Image.open(tmp_path / "set" / "1_mask.png"))
    Image.fromarray(255 - mask).save(tmp_path / "set" / "1_mask.png")
    large = np.zeros_like(mask)
    large[4:-4, 4:-4] = 255  # a lesion may fill the picture, but not its rim
    Image.fromarray(large).save(tmp_path / "set" / "2_mask.png")
    found = audit(load_everything("manifest", path))
    assert found.inverted == ("1",) and found.contradicting == ("5",)
    assert (found.without_mask, found.normal) == (1, 1)


def test_nothing_readable_is_no_crash(tmp_path):
    path = make_manifest(tmp_path / "set", count=3)
    for number in range(3):
        picture = tmp_path / "set" / f"{number}.png"
        picture.write_bytes(picture.read_bytes()[:400])
    found = audit(load_everything("manifest", path))
    assert found.images == 0 and len(found.unreadable) == 3 and found.copies == ()
    write_groups(tmp_path / "groups.csv", found)
