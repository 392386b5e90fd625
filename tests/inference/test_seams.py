"""Where two scans meet is found; what was drawn into one scan, and a shadow, are not."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.inference import seams
from mtlbus.inference.seams import seam, seam_across


def scan(seed: int) -> np.ndarray:
    return make_phantom(random_parameters(seed), 192).image


@pytest.mark.parametrize("seed", range(6))
def test_one_scan_has_none(seed):
    assert seam(scan(seed)) is None and seam_across(scan(seed)) is None


@pytest.mark.parametrize("gap", [0, 6])
def test_it_is_found_where_it_is(gap):
    """Two scans of 128 and 192 columns: they meet at 128 + gap / 2."""
    left, right = scan(3)[:, :128], scan(8)
    picture = np.concatenate([left, np.zeros((192, gap), np.uint8), right], axis=1)
    place = seam(picture)
    assert place is not None
    assert place * picture.shape[1] == pytest.approx(128 + gap / 2, abs=gap / 2 + 2)


@pytest.mark.parametrize("gap", [0, 6])
def test_it_is_found_between_two_scans_one_above_the_other(gap):
    picture = np.concatenate([scan(3)[:160], np.zeros((gap, 192), np.uint8), scan(8)])
    place = seam_across(picture)
    assert place is not None and seam(picture) is None
    assert place * len(picture) == pytest.approx(160 + gap / 2, abs=gap / 2 + 2)


def test_a_line_over_half_the_depth_is_no_seam():
    picture = scan(3).copy()
    picture[20:110, 96] = 255
    assert seam(picture) is None


@pytest.mark.parametrize("shape", [(192, 10), (10, 192), (1, 1)])
def test_small_pictures_have_none(shape):
    assert seam(np.zeros(shape, np.uint8)) is None is seam_across(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("width", [60, 61, 200])
def test_what_is_usual_beside_a_column_is_a_median(width):
    jumps = np.random.default_rng(0).random(width).astype(np.float32)
    medians = [np.median(jumps[seams._around(x, width)]) for x in range(width)]
    np.testing.assert_array_equal(seams._usual(jumps), medians)
