"""Splits never let a group cross, and are what the files say."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtlbus.core.errors import DataError
from mtlbus.data import busi
from mtlbus.data.dataset import Sample
from mtlbus.data.layouts import load_dataset
from mtlbus.data.splits import assign_folds, split_fold


def samples(groups: int = 60, each: int = 3, with_folds: bool = False) -> list[Sample]:
    made = []
    for group in range(groups):
        for index in range(each):
            made.append(
                Sample(
                    id=f"{group}-{index}",
                    dataset="made",
                    image=Path("none.png"),
                    label=int(group % 3 == 0),
                    group=f"g{group}",
                    fold=group % 5 + 1 if with_folds else None,
                )
            )
    return made


@pytest.mark.parametrize("with_folds", [False, True])
@pytest.mark.parametrize("fold", [1, 4])
def test_no_group_is_in_two_parts_and_every_sample_in_one(with_folds, fold):
    all_samples = samples(with_folds=with_folds)
    split = split_fold(all_samples, fold)
    groups = [{sample.group for sample in part} for part in split]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    assert sum(len(part) for part in split) == len(all_samples)
    assert abs(len(groups[2]) - 12) <= 1 and abs(len(groups[1]) - 5) <= 1
    for part in split:
        share = np.mean([sample.label for sample in part])
        assert 0.15 < share < 0.55


def test_official_folds_are_kept():
    split = split_fold(samples(with_folds=True), 2)
    assert {sample.fold for sample in split.test} == {2}
    assert {sample.fold for sample in split.train} == {1, 3, 4, 5}


def test_samples_without_a_class_are_in_no_part():
    extra = Sample(id="n", dataset="made", image=Path("n.png"), label=None, group="n")
    split = split_fold([*samples(), extra], 1)
    assert all(sample.id != "n" for part in split for sample in part)


def others(kind: str, groups: int = 30, each: int = 2) -> list[Sample]:
    """Normal images, or lesions of which only the mask is known."""
    return [
        Sample(
            id=f"{kind}{group}-{index}",
            dataset="made",
            image=Path("none.png"),
            masks=() if kind == "normal" else (Path("mask.png"),),
            group=f"{kind}{group}",
            normal=kind == "normal",
        )
        for group in range(groups)
        for index in range(each)
    ]


@pytest.mark.parametrize("kind", ["normal", "outlined"])
def test_images_without_a_class_take_part_and_move_no_lesion(kind):
    alone = split_fold(samples(), 2)
    split = split_fold([*others(kind), *samples()], 2)
    assert split.lesions() == alone
    more = [[sample for sample in part if sample.label is None] for part in split]
    assert [len(part) for part in more] == [42, 6, 12], "30 groups of 2: 6 test, 3 of 24 chosen"
    groups = [{sample.group for sample in part} for part in more]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])


def test_a_normal_image_follows_the_lesions_of_its_patient():
    healthy = [
        replace(sample, id=f"n{sample.id}", label=None, normal=True) for sample in samples(each=1)
    ]
    split = split_fold([*samples(), *healthy], 3)
    assert split.lesions() == split_fold(samples(), 3)
    for part in split:
        assert {s.group for s in part if s.normal} == {s.group for s in part if not s.normal}


def test_folds_of_the_dataset_hold_for_normal_images_too():
    given = [replace(sample, fold=4) for sample in others("normal", 3)]
    left_out = replace(given[0], id="none", fold=None)
    split = split_fold([*samples(with_folds=True), *given, left_out], 4)
    assert [sample for sample in split.test if sample.normal] == given
    assert not any(sample.normal for part in split[:2] for sample in part)


def test_the_same_seed_gives_the_same_parts_and_another_one_does_not():
    first, again = (split_fold(samples(), 1, seed=3) for _ in range(2))
    assert first == again
    assert first.validation != split_fold(samples(), 1, seed=4).validation


def test_a_fold_that_does_not_exist_is_refused():
    with pytest.raises(DataError, match=r"Folds of this dataset: \[1, 2, 3, 4, 5\]"):
        split_fold(samples(), 6)
    with pytest.raises(DataError, match="too few"):
        split_fold(samples(groups=3), 1)


@pytest.mark.parametrize("each", [1, 3, 4, 5])
def test_few_images_are_refused_in_one_clear_line(each):
    few = [
        Sample(f"{kind}{i}", "made", Path("x.png"), label=kind, group=f"{kind} {i}")
        for kind in (0, 1)
        for i in range(each)
    ]
    words = f"{each} benign and {each} malignant, are too few"
    with pytest.raises(DataError, match=words) as caught:
        split_fold(few, 1)
    assert "\n" not in str(caught.value) and "14 groups, 5 of each class" in str(caught.value)
    enough = [
        replace(few[-kind], id=f"{kind}{i}", group=f"{kind}{i}", label=kind)
        for kind in (0, 1)
        for i in range(7)
    ]
    assert {one.label for one in split_fold(enough, 1).validation} == {0, 1}


def test_assigned_folds_use_every_number():
    labels, groups = [0, 1] * 50, [str(i // 2) for i in range(100)]
    folds = assign_folds(labels, groups)
    assert sorted(set(folds.tolist())) == [1, 2, 3, 4, 5]


def test_the_split_file_of_busi_keeps_its_promises():
    rows = busi.read_folds()
    assert len(rows) == 780
    folds, kinds = defaultdict(set), defaultdict(list)
    for name, row in rows.items():
        if row["mixed_label"] == "1":
            assert row["fold"] == ""
        else:
            folds[row["group"]].add(row["fold"])
            kinds[row["fold"]].append(name.split(" ")[0])
    assert all(len(found) == 1 for found in folds.values())
    assert set(kinds) == {"1", "2", "3", "4", "5"}
    for found in kinds.values():
        assert 0.3 < found.count("malignant") / (len(found) - found.count("normal")) < 0.36
        assert 26 <= found.count("normal") <= 27


def test_the_lesions_of_busi_keep_the_folds_that_the_shipped_weights_were_trained_by():
    """The digest is of the split file as it was before normal images had folds."""
    rows = busi.read_folds()
    lines = [
        f"{name},{row['group']},{row['fold']}\n"
        for name, row in sorted(rows.items())
        if not name.startswith("normal")
    ]
    assert len(lines) == 647
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert digest == "3a3458ee99c3f3f971ab8f27e27372396a18d73af9cf525fb79dce77717b23b4"


@pytest.mark.parametrize("fold", [1, 2, 3, 4, 5])
def test_normal_images_change_no_part_of_the_lesions(real_data, fold):
    dataset = load_dataset("busi", real_data / "Dataset_BUSI_with_GT")
    split = split_fold(dataset.samples, fold)
    assert split.lesions() == split_fold(dataset.lesions(), fold)
    normal = [sum(sample.normal for sample in part) for part in split]
    assert sum(normal) == 131 and 26 <= normal[2] <= 27 and 8 <= normal[1] <= 20
    assert all(not s.mask().any() for part in split for s in part if s.normal)


def test_the_split_file_of_busi_follows_from_the_near_duplicates(real_data):
    """Images with a class, and by themselves the normal ones; those of two labels have no fold."""
    with (real_data / "busi_groups.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    folds = {}
    for normal in (False, True):
        part = [r for r in rows if r["mixed_label"] == "0" and (r["label"] == "normal") == normal]
        labels = [int(row["label"] == "malignant") for row in part]
        found = assign_folds(labels, [row["group"] for row in part])
        folds |= {row["id"]: str(fold) for row, fold in zip(part, found, strict=True)}
    made = [{**row, "fold": folds.get(row["id"], "")} for row in rows]
    shipped = busi.read_folds()
    assert {row["id"]: {name: row[name] for name in shipped[row["id"]]} for row in made} == shipped


def test_real_parts_share_no_group(real_data):
    for layout, folder in (("busi", "Dataset_BUSI_with_GT"), ("busbra", "BUSBRA")):
        split = split_fold(load_dataset(layout, real_data / folder).samples, 1)
        groups = [{sample.group for sample in part} for part in split]
        assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
        assert {sample.fold for sample in split.test} == {1}
