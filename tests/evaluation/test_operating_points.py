"""Thresholds by exhaustive search, predictive values and intervals by textbook numbers."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from mtlbus.core.errors import InputError, UnknownNameError
from mtlbus.evaluation.operating_points import (
    PURPOSES,
    Confusion,
    choose_threshold,
    confusion,
    natural_frequencies,
    predictive_values,
    threshold_for_sensitivity,
    threshold_for_specificity,
    wilson_interval,
)


def scores(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, n)
    return labels, np.clip(generator.normal(0.4 + 0.25 * labels, 0.2), 0, 1).round(2)


def everywhere(labels, probabilities) -> dict[float, Confusion]:
    """The confusion at every threshold in steps of 0.01, as the scores are, from scikit-learn."""
    found = {}
    for threshold in np.linspace(0, 1.01, 102):
        tn, fp, fn, tp = confusion_matrix(
            labels, probabilities >= threshold - 1e-9, labels=[0, 1]
        ).ravel()
        found[threshold] = Confusion(tp, fp, tn, fn)
    return found


def test_confusion_counts_and_shares_by_hand():
    found = confusion([1, 1, 1, 0, 0, 0, 0], [0.9, 0.5, 0.1, 0.8, 0.2, 0.2, 0.3], 0.5)
    assert found == Confusion(tp=2, fp=1, tn=3, fn=1)
    assert found.n == 7
    assert found.sensitivity == found.ppv == found.f1 == pytest.approx(2 / 3)
    assert found.specificity == found.npv == 0.75
    assert found.accuracy == pytest.approx(5 / 7)
    assert found.prevalence == pytest.approx(3 / 7)
    assert math.isnan(Confusion(0, 0, 4, 0).ppv) and math.isnan(Confusion(0, 0, 4, 0).sensitivity)


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_serves_the_purpose_better(seed):
    labels, probabilities = scores(seed)
    search = everywhere(labels, probabilities)
    at = {
        purpose: confusion(
            labels, probabilities, choose_threshold(labels, probabilities, purpose, cost_ratio=4)
        )
        for purpose in PURPOSES
    }
    best = max(c.sensitivity + c.specificity for c in search.values())
    assert at["youden"].sensitivity + at["youden"].specificity == pytest.approx(best)
    best = min(abs(c.sensitivity - c.specificity) for c in search.values())
    assert abs(at["balanced"].sensitivity - at["balanced"].specificity) == pytest.approx(best)
    assert 4 * at["cost"].fn + at["cost"].fp == min(4 * c.fn + c.fp for c in search.values())
    largest = max(t for t, c in search.items() if c.sensitivity >= 0.95)
    assert choose_threshold(labels, probabilities, "sensitivity_95") == pytest.approx(largest)
    fewest = min(c.fp + c.tp for c in search.values() if c.sensitivity >= 0.95)
    assert at["sensitivity_95"].fp + at["sensitivity_95"].tp == fewest
    most = max(c.fp + c.tp for c in search.values() if c.specificity >= 0.95)
    assert at["specificity_95"].specificity >= 0.95
    assert at["specificity_95"].fp + at["specificity_95"].tp == most


def test_sensitivity_of_95_percent_needs_exactly_19_of_20():
    labels = np.r_[np.ones(20, int), np.zeros(5, int)]
    probabilities = np.r_[np.linspace(0.05, 1, 20), np.zeros(5)]
    threshold = choose_threshold(labels, probabilities, "sensitivity_95")
    assert confusion(labels, probabilities, threshold).tp == 19
    assert threshold_for_sensitivity(labels, probabilities, 1.0) == pytest.approx(0.05)
    # 55 of 100 are 55 %, although 0.55 · 100 is 55.00000000000001 in floating point.
    labels, probabilities = np.ones(100, int), np.linspace(0.01, 1, 100)
    threshold = threshold_for_sensitivity(labels, probabilities, 0.55)
    assert confusion(labels, probabilities, threshold).tp == 55


def test_specificity_of_95_percent_needs_exactly_19_of_20():
    labels = np.r_[np.zeros(20, int), np.ones(2, int)]
    probabilities = np.r_[np.linspace(0, 0.95, 20), 0.3, 0.99]
    threshold = choose_threshold(labels, probabilities, "specificity_95")
    assert confusion(labels, probabilities, threshold) == Confusion(tp=1, fp=1, tn=19, fn=1)
    # The highest probability is benign: only a threshold above it clears all.
    threshold = threshold_for_specificity([1, 0], [0.5, 1.0], 1.0)
    assert confusion([1, 0], [0.5, 1.0], threshold) == Confusion(tp=0, fp=0, tn=1, fn=1)


def test_of_equal_thresholds_the_one_that_misses_fewest():
    # At 0.8: sensitivity 1/2, specificity 1. At 0.4: 1 and 1/2. Youden's index is 1/2 at both.
    assert choose_threshold([1, 0, 1, 0], [0.8, 0.6, 0.4, 0.2], "youden") == 0.4


def test_when_a_missed_tumour_costs_next_to_nothing_nobody_is_called():
    threshold = choose_threshold([1, 0], [0.2, 1.0], "cost", cost_ratio=0.01)
    assert confusion([1, 0], [0.2, 1.0], threshold) == Confusion(tp=0, fp=0, tn=1, fn=1)
    threshold = choose_threshold([1, 0], [0.2, 1.0], "cost", cost_ratio=100)
    assert confusion([1, 0], [0.2, 1.0], threshold) == Confusion(tp=1, fp=1, tn=0, fn=0)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (([0, 0], [0.1, 0.2], "youden"), InputError),
        (([0, 1], [0.1, 0.2], "cost"), InputError),
        (([0, 1], [0.1, 0.2], "cost", -1), InputError),
        (([0, 1], [0.1, 0.2], "yuden"), UnknownNameError),
    ],
)
def test_purposes_that_cannot_be_served(arguments, error):
    with pytest.raises(error):
        choose_threshold(*arguments)


def test_a_sensitivity_out_of_reach_is_refused():
    with pytest.raises(InputError, match="outside"):
        threshold_for_sensitivity([0, 1], [0.1, 0.9], 1.5)
    with pytest.raises(InputError, match="none"):
        threshold_for_sensitivity([0, 0], [0.1, 0.9], 0.9)
    with pytest.raises(InputError, match="outside"):
        threshold_for_specificity([0, 1], [0.1, 0.9], 0)
    with pytest.raises(InputError, match="none"):
        threshold_for_specificity([1, 1], [0.1, 0.9], 0.9)


def test_predictive_values_at_one_percent():
    # Screening (Gigerenzer): prevalence 1 %, sensitivity 90 %, specificity 91 %. Of 1000 women 9
    # of 10 with cancer and 89 of 990 without test positive: about 1 in 11.
    found = predictive_values(0.9, 0.91, 0.01)
    assert found.ppv == pytest.approx(9 / (9 + 89.1))
    assert found.npv == pytest.approx(900.9 / (900.9 + 1))
    people = natural_frequencies(0.9, 0.91, 0.01)
    assert (people.malignant, people.true_positives, people.false_positives) == (10, 9, 89)


def test_predictive_values_at_the_datasets_own_prevalence_are_those_of_the_counts():
    counts = Confusion(tp=40, fp=7, tn=80, fn=11)
    found = predictive_values(counts.sensitivity, counts.specificity, counts.prevalence)
    assert found == pytest.approx((counts.ppv, counts.npv))
    assert math.isnan(predictive_values(0.9, 1.0, 0.0).ppv)
    with pytest.raises(InputError, match="prevalence"):
        predictive_values(0.9, 0.9, 8)


def test_natural_frequencies_add_up():
    generator = np.random.default_rng(0)
    for sensitivity, specificity, prevalence in generator.random((200, 3)):
        n = int(generator.integers(1, 2000))
        found = natural_frequencies(sensitivity, specificity, prevalence, n)
        assert sum(found[3:]) == n == found.malignant + found.benign
        assert found.true_positives + found.false_negatives == found.malignant
        assert min(found) >= 0 and all(isinstance(number, int) for number in found)
        assert found.true_positives == pytest.approx(n * prevalence * sensitivity, abs=1.01)
        assert found.true_negatives == pytest.approx(n * (1 - prevalence) * specificity, abs=1.01)


@pytest.mark.parametrize(("k", "n"), [(0, 7), (7, 7), (3, 10), (81, 263), (1, 1)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_wilson_interval_is_scipys(k, n, level):
    expected = binomtest(k, n).proportion_ci(level, method="wilson")
    assert wilson_interval(k, n, level) == pytest.approx((expected.low, expected.high))


def test_wilson_interval_of_nothing():
    assert all(math.isnan(limit) for limit in wilson_interval(0, 0))
    with pytest.raises(InputError):
        wilson_interval(3, 2)
