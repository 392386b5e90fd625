"""A dataset that only tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtlbus.core.errors import InputError
from mtlbus.data.dataset import Dataset
from mtlbus.data.layouts import load_dataset
from mtlbus.protocol import split_datasets

from ..made import make_manifest


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    made = []
    for name in ("home", "away"):
        manifest = make_manifest(tmp_path_factory.mktemp(name), count=40, size=64)
        found = load_dataset("manifest", manifest)
        samples = [replace_dataset(sample, name) for sample in found.samples]
        made.append(Dataset(name, manifest, tuple(samples)))
    return made


def replace_dataset(sample, name):
    return replace(sample, dataset=name, group=f"{name}:{sample.group}", id=f"{name} {sample.id}")


def test_all_of_it_tests_and_none_of_it_trains(datasets):
    split = split_datasets(datasets, 1, leave_out="away")
    assert {s.dataset for s in (*split.train, *split.validation)} == {"home"}
    assert {s.dataset for s in split.test} == {"away"} and len(split.test) == 40
    plain = split_datasets(datasets[:1], 1)
    assert split.train == plain.train and split.validation == plain.validation


@pytest.mark.parametrize("name,some", [("elsewhere", 2), ("away", 1), ("home", 1)])
def test_it_needs_that_dataset_and_another_one(datasets, name, some):
    with pytest.raises(InputError, match="--leave-out"):
        split_datasets(datasets[:some], 1, leave_out=name)
