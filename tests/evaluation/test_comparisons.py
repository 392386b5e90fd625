"""DeLong against the definition pair by pair and against simulation, McNemar by hand."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from mtlbus.core.errors import InputError
from mtlbus.evaluation.comparisons import (
    delong_covariance,
    delong_interval,
    delong_test,
    mcnemar_test,
    relative_performance,
)


def two_methods(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and the scores, with ties, of two methods that see the same image."""
    generator = np.random.default_rng(seed)
    labels = np.r_[np.ones(n // 3, int), np.zeros(n - n // 3, int)]
    image = generator.normal(labels)
    a, b = (image + generator.normal(0, noise, n) for noise in (0.5, 1.0))
    return labels, a.round(1), b.round(1)


def by_pairs(labels, scores) -> tuple[np.ndarray, np.ndarray]:
    """AUCs and covariance as DeLong et al. (1988) write them: ψ of every pair, then components."""
    areas, v10, v01 = [], [], []
    for score in scores:
        x, y = score[labels == 1], score[labels == 0]
        psi = np.array([[1.0 if p > q else 0.5 if p == q else 0.0 for q in y] for p in x])
        areas.append(psi.mean())
        v10.append(psi.mean(axis=1))
        v01.append(psi.mean(axis=0))
    m, k = len(v10[0]), len(v01[0])
    return np.array(areas), np.cov(v10, ddof=1) / m + np.cov(v01, ddof=1) / k


@pytest.mark.parametrize("seed", range(5))
def test_delong_is_its_definition(seed):
    labels, a, b = two_methods(seed)
    areas, covariance = by_pairs(labels, [a, b])
    found_areas, found = delong_covariance(labels, np.stack([a, b]))
    assert found_areas == pytest.approx(areas)
    assert found_areas[0] == pytest.approx(roc_auc_score(labels, a))
    assert found == pytest.approx(covariance)

    error = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    test = delong_test(labels, a, b)
    assert test.difference == pytest.approx(areas[0] - areas[1])
    assert test.standard_error == pytest.approx(error)
    assert test.p_value == pytest.approx(2 * (1 - norm.cdf(abs(areas[0] - areas[1]) / error)))
    assert test.high - test.low == pytest.approx(2 * 1.959964 * error)
    # The interval and the test say the same.
    assert (test.low <= 0 <= test.high) == (test.p_value >= 0.05)


def test_delong_by_hand():
    # Malignant 3 and 1, benign 2 and 0: pairs 1, 1, 0, 1. V10 = (1, ½), V01 = (½, 1): each has
    # variance 1/8, so the variance of the area is 1/16 + 1/16.
    found = delong_interval([1, 1, 0, 0], [3, 1, 2, 0])
    assert found.auc == 0.75
    assert found.standard_error == pytest.approx(math.sqrt(1 / 8))
    assert found.high == 1.0


def test_delong_rejects_as_often_as_it_says():
    # Two methods of one quality: p below 0.05 in about one trial of twenty.
    generator = np.random.default_rng(0)
    labels = np.r_[np.ones(40, int), np.zeros(60, int)]
    rejected = 0
    for _ in range(400):
        image = generator.normal(labels)
        a, b = image + generator.normal(size=100), image + generator.normal(size=100)
        rejected += delong_test(labels, a, b).p_value < 0.05
    assert 0.02 <= rejected / 400 <= 0.09


def test_images_of_one_patient_add_no_certainty():
    labels, a, b = two_methods(2)
    patients = np.arange(len(labels))
    once = delong_test(labels, a, b)
    assert delong_test(labels, a, b, groups=patients) == pytest.approx(once)
    twice = [np.tile(values, 2) for values in (labels, a, b)]
    assert delong_test(*twice, groups=np.tile(patients, 2)) == pytest.approx(once)
    assert delong_test(*twice).standard_error < 0.75 * once.standard_error


def test_grouped_standard_error_is_the_spread_over_repeated_samples():
    # Patients with a benign and a malignant image that share the patient's own level: the pairs
    # within a patient correlate, which only the cross term of Obuchowski sees.
    generator = np.random.default_rng(5)
    labels, patients = np.tile([0, 1], 50), np.repeat(np.arange(50), 2)
    found = []
    for _ in range(300):
        scores = generator.normal(labels, 0.6) + np.repeat(generator.normal(0, 0.9, 50), 2)
        grouped = delong_interval(labels, scores, groups=patients)
        found.append((grouped.auc, grouped.standard_error, delong_interval(labels, scores)[1]))
    areas, grouped, plain = np.array(found).T
    assert grouped.mean() == pytest.approx(areas.std(), rel=0.12)
    assert plain.mean() > 1.3 * areas.std()


def test_methods_that_rank_alike_do_not_differ():
    labels, a, _ = two_methods(3)
    same = delong_test(labels, a, np.tanh(a / 4))
    assert (same.difference, same.z, same.p_value) == (0, 0, 1)


def test_right_and_always_wrong_differ_for_certain():
    test = delong_test([1, 1, 0, 0], [3, 4, 1, 2], [1, 2, 3, 4])
    assert test.difference == 1 and test.p_value == 0


def test_mcnemar_by_hand():
    # Of 12 images on which the two disagree, a is right on 10: p = 2·Σ_{i≤2} C(12, i) / 2¹²
    # = 2·(1 + 12 + 66)/4096.
    labels = np.r_[np.ones(10, int), np.zeros(10, int)]
    a, b = labels.copy(), labels.copy()
    b[[0, 1, 2, 3, 4, 10, 11, 12, 13, 14]] ^= 1
    a[[5, 15]] ^= 1
    a[9], b[9] = 0, 0  # wrong together: no evidence
    found = mcnemar_test(labels, a, b)
    assert (found.only_a_right, found.only_b_right) == (10, 2)
    assert found.p_value == pytest.approx(158 / 4096)
    swapped = mcnemar_test(labels, b, a)
    assert (swapped.only_a_right, swapped.p_value) == (2, found.p_value)
    assert mcnemar_test(labels, a, a).p_value == 1


def test_relative_performance_reproduces_ctan_on_ham10000():
    # CTAN, table 2: Dice and accuracy in percent; single-task 92.83 and 49.24. These are rounded
    # to two digits, which moves Δ by up to 0.016.
    single = (92.83, 49.24)
    rows = {(92.21, 55.49): 6.01, (92.15, 47.08): -2.55, (92.91, 57.85): 8.79}
    for multi, delta in rows.items():
        found = relative_performance(single, multi, (False, False))
        assert found == pytest.approx(delta, abs=0.016)


def test_relative_performance_of_an_error_is_better_when_it_falls():
    assert relative_performance((2.0,), (1.5,), (True,)) == 25


def test_bad_comparisons_are_refused():
    with pytest.raises(InputError, match="one class"):
        delong_test([1, 1], [0.1, 0.2], [0.1, 0.2])
    with pytest.raises(InputError, match="same length"):
        delong_test([1, 0], [0.1, 0.2], [0.1])
    with pytest.raises(InputError, match="0 or 1"):
        mcnemar_test([1, 0], [0.9, 0.2], [1, 0])
