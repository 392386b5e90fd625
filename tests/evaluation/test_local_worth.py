"""What a probability was worth: counted by hand, and moved to another prevalence by Bayes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from mtlbus.evaluation.local_worth import around


def test_the_neighbourhood_grows_until_it_holds_thirty():
    probabilities = np.concatenate([np.linspace(0.60, 0.80, 41), np.full(60, 0.1)])
    labels = np.concatenate([np.arange(41) < 27, np.arange(60) < 3]).astype(int)
    found = around(labels, probabilities, 0.701)
    assert (found.low, found.high, found.n, found.malignant) == (0.6, 0.8, 41, 27)
    assert found.share == pytest.approx(27 / 41)
    wilson = binomtest(27, 41).proportion_ci(method="wilson")
    assert found.interval == pytest.approx((wilson.low, wilson.high))
    assert around(labels, probabilities, 0.1).n == 60  # the first width is enough
    few = around(labels, probabilities, 0.99)
    assert (few.low, few.high, few.n) == (0.79, 1.0, 3)  # the widest, however few


def test_at_another_prevalence_the_likelihood_ratio_stays():
    labels = np.repeat([1, 0], 50)
    probabilities = np.concatenate(
        [np.full(40, 0.7), np.full(10, 0.1), np.full(20, 0.7), np.full(30, 0.1)]
    )
    found = around(labels, probabilities, 0.7)
    ratio = (40 / 50) / (20 / 50)
    odds = 0.05 / 0.95 * ratio
    value, low, high = found.at(0.05)
    assert value == pytest.approx(odds / (1 + odds)) and low < value < high
    assert found.at(0.5)[0] == pytest.approx(found.share)  # that of these images
