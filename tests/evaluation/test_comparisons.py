"""DeLong against the definition pair by pair and against simulation, McNemar by hand."""

import math

import numpy as np
import pytest
from scipy.stats import binom, chi2, norm
from sklearn.metrics import roc_auc_score

from mtlbus.core.errors import InputError
from mtlbus.evaluation.comparisons import (
    delong_covariance,
    delong_interval,
    delong_test,
    mcnemar_test,
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


def test_delong_reproduces_its_published_example():
    # DeLong et al. (1988), ovarian cancer, as printed in the SAS/STAT manual (PROC LOGISTIC,
    # "Comparing Receiver Operating Characteristic Curves"): 43 patients with all three tests.
    # A row a test: albumin, total protein, K-G score, and whether surgery helped.
    table = """
        3.0 3.2 3.9 2.8 3.2 0.9 2.5 1.6 3.8 3.7 3.2 3.8 4.1 3.6 4.3 3.6 2.3 4.2 4.0 3.5 3.8 3.0
        4.5 3.7 3.1 4.1 4.3 4.3 3.2 2.6 3.3 1.7 3.7 3.3 4.2 3.5 2.9 2.1 2.8 4.0 3.3 3.7 3.6
        5.8 6.3 6.8 4.8 5.8 4.0 5.7 5.6 5.7 6.7 5.4 6.6 6.6 5.7 7.0 6.7 4.4 7.6 6.6 5.8 6.8 4.7
        7.4 7.4 6.6 8.2 7.0 6.5 5.1 4.7 6.8 4.0 6.1 6.3 7.7 6.2 5.7 4.8 6.2 7.0 5.7 6.9 6.6
        10 5 3 6 3 5 8 5 5 6 4 6 5 5 4 4 6 4 6 6 7 8 5 5 6 6 5 4 5 6 6 7 5 7 6 5 9 7 8 7 6 5 5
        0 1 1 0 1 0 0 1 1 1 1 1 1 1 1 0 1 0 0 1 1 0 1 1 1 1 1 1 1 1 0 0 1 1 1 1 0 1 0 1 1 1 1
        """
    albumin, protein, score, helped = np.fromstring(table, sep=" ").reshape(4, 43)
    printed = {
        "albumin": (albumin, 0.7366, 0.0927, 0.5549, 0.9182),
        "K-G score": (-score, 0.7258, 0.1028, 0.5243, 0.9273),
        "total protein": (protein, 0.6478, 0.1000, 0.4518, 0.8439),
    }
    for name, (values, *numbers) in printed.items():
        assert tuple(delong_interval(helped, values)) == pytest.approx(numbers, abs=6e-5), name
    against_score = {
        "albumin": (0.0108, 0.0953, -0.1761, 0.1976, 0.9102),
        "total protein": (-0.0780, 0.1046, -0.2830, 0.1271, 0.4561),
    }
    for name, numbers in against_score.items():
        test = delong_test(helped, printed[name][0], -score)
        found = (test.difference, test.standard_error, test.low, test.high, test.p_value)
        assert found == pytest.approx(numbers, abs=6e-5), name


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


def test_mcnemar_is_the_exact_test_of_the_example_in_agresti():
    # Agresti, Categorical Data Analysis: approval of a leader in two surveys, 150 changed one way
    # and 86 the other; the exact two-sided p is that of 150 heads in 236 throws.
    labels = np.ones(236, int)
    first = np.r_[np.ones(150, int), np.zeros(86, int)]
    found = mcnemar_test(labels, first, 1 - first)
    assert found.p_value == pytest.approx(2 * binom.sf(149, 236, 0.5), rel=1e-9)
    # The printed statistic z² = (86 − 150)²/(86 + 150) = 17.36 says the same, roughly.
    assert found.p_value == pytest.approx(chi2.sf((64 - 1) ** 2 / 236, 1), rel=0.1)


def test_bad_comparisons_are_refused():
    with pytest.raises(InputError, match="one class"):
        delong_test([1, 1], [0.1, 0.2], [0.1, 0.2])
    with pytest.raises(InputError, match="same length"):
        delong_test([1, 0], [0.1, 0.2], [0.1])
    with pytest.raises(InputError, match="0 or 1"):
        mcnemar_test([1, 0], [0.9, 0.2], [1, 0])
