"""Splits never let a group cross, and are what the files say."""

from __future__ import annotations

import csv
from collections import defaultdict
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


def test_the_same_seed_gives_the_same_parts_and_another_one_does_not():
    first, again = (split_fold(samples(), 1, seed=3) for _ in range(2))
    assert first == again
    assert first.validation != split_fold(samples(), 1, seed=4).validation


def test_a_fold_that_does_not_exist_is_refused():
    with pytest.raises(DataError, match=r"Folds of this dataset: \[1, 2, 3, 4, 5\]"):
        split_fold(samples(), 6)
    with pytest.raises(DataError, match="too few"):
        split_fold(samples(groups=3), 1)


def test_assigned_folds_use_every_number():
    labels, groups = [0, 1] * 50, [str(i // 2) for i in range(100)]
    folds = assign_folds(labels, groups)
    assert sorted(set(folds.tolist())) == [1, 2, 3, 4, 5]


def test_the_split_file_of_busi_keeps_its_promises():
    rows = busi.read_folds()
    assert len(rows) == 780
    folds, labels = defaultdict(set), defaultdict(list)
    for name, row in rows.items():
        kind = name.split(" ")[0]
        if row["mixed_label"] == "1":
            assert row["fold"] == ""
        else:
            folds[row["group"]].add(row["fold"])
            labels[row["fold"]].append(kind)
    assert all(len(found) == 1 for found in folds.values())
    shares = [
        found.count("malignant") / (len(found) - found.count("normal"))
        for found in labels.values()
    ]
    normals = sorted(found.count("normal") for found in labels.values())
    assert normals == [26, 26, 26, 26, 27]  # 133 without the two that share a picture with a lesion
    assert len(shares) == 5 and max(shares) - min(shares) < 0.03


def test_the_split_file_is_what_its_maker_makes(real_data, tmp_path):
    busi.write_folds(real_data / "busi_groups.csv", tmp_path / "folds.csv")
    with (tmp_path / "folds.csv").open() as file:
        made = {row["id"]: row for row in csv.DictReader(file)}
    assert made == busi.read_folds()


def test_real_parts_share_no_group(real_data):
    for layout, folder in (("busi", "Dataset_BUSI_with_GT"), ("busbra", "BUSBRA")):
        split = split_fold(load_dataset(layout, real_data / folder).samples, 1)
        groups = [{sample.group for sample in part} for part in split]
        assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
        assert {sample.fold for sample in split.test} == {1}
