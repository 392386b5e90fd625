"""The presence score by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.core.presence import presence_score


def test_it_is_the_mean_of_the_highest_thousandth():
    mask = np.zeros((100, 100))  # ten pixels count
    mask[5, :8] = 0.9
    mask[50, 3] = 0.4
    assert presence_score(mask) == pytest.approx((8 * 0.9 + 0.4) / 10)


def test_a_small_mask_counts_its_highest_pixel():
    assert presence_score(np.array([[0.1, 0.7], [0.2, 0.3]])) == pytest.approx(0.7)


def test_its_order_does_not_matter_and_it_stays_within_its_bounds():
    drawn = np.random.default_rng(0).random((64, 64))
    assert presence_score(drawn) == presence_score(drawn[::-1].T)
    assert presence_score(np.ones((64, 64))) == 1 and presence_score(np.zeros((64, 64))) == 0
