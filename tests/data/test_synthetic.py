"""Phantoms as a dataset."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mtlbus.core.errors import InputError
from mtlbus.data.intake import read_image, read_mask
from mtlbus.data.layouts import parse_dataset
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.data.splits import split_fold
from mtlbus.data.synthetic import save_phantom


def test_count_and_first_seed():
    dataset = parse_dataset("phantom=30@500")
    assert [sample.seed for sample in dataset.samples] == list(range(500, 530))
    first = dataset.samples[0]
    phantom = make_phantom(random_parameters(500), 256)
    assert np.array_equal(first.pixels(), phantom.image)
    assert np.array_equal(first.mask(), phantom.mask) and first.label == phantom.label
    split = split_fold(dataset.samples, 1)
    assert {sample.seed for part in split for sample in part} == set(range(500, 530))


@pytest.mark.parametrize("notation", ["phantom=", "phantom=0", "phantom=ten", "phantom=5@x"])
def test_bad_notation_is_refused(notation):
    with pytest.raises(InputError):
        parse_dataset(notation)


def test_saved_files_read_back(tmp_path):
    phantom = make_phantom(random_parameters(3), 128)
    entry = save_phantom(tmp_path, "p", phantom)
    assert np.array_equal(read_image(tmp_path / "p.png").pixels, phantom.image)
    assert np.array_equal(read_mask(tmp_path / "p_mask.png"), phantom.mask)
    assert json.loads((tmp_path / "p.json").read_text())["label"] == entry["label"]
