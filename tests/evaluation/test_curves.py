"""Curves lie on scikit-learn's, and the bands cover the curve of the population."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import average_precision_score, precision_score, roc_auc_score

from mtlbus.core.errors import InputError
from mtlbus.evaluation.curves import precision_recall_band, roc_band
from mtlbus.evaluation.operating_points import confusion


def binormal_sample(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, probabilities and groups; logits N(±0.75, 1), so the true ROC is known."""
    generator = np.random.default_rng(seed)
    labels = np.r_[np.ones(120, int), np.zeros(180, int)]
    logits = generator.normal(1.5 * labels - 0.75)
    return labels, 1 / (1 + np.exp(-logits)), np.arange(300)


@pytest.fixture
def binormal():
    return binormal_sample(11)


def test_roc_points_are_the_operating_points(binormal):
    labels, probabilities, groups = binormal
    band = roc_band(labels, probabilities, groups, n=20)
    assert band.auc == pytest.approx(roc_auc_score(labels, probabilities))
    assert (band.fpr[0], band.tpr[0], band.thresholds[0]) == (0, 0, np.inf)
    for fpr, tpr, threshold in list(zip(band.fpr, band.tpr, band.thresholds, strict=True))[1::10]:
        counts = confusion(labels, probabilities, threshold)
        assert (1 - counts.specificity, counts.sensitivity) == pytest.approx((fpr, tpr))


def test_roc_on_the_grid_by_hand():
    # Falling scores: malignant, benign, malignant, benign.
    # The curve: (0, ½), (½, ½), (½, 1), (1, 1).
    band = roc_band([1, 0, 1, 0], [0.9, 0.7, 0.5, 0.3], list("abcd"), n=5, grid=[0, 0.25, 0.5, 1])
    assert band.sensitivity.tolist() == [0.5, 0.5, 1, 1]
    # The highest score is shared by both classes: the curve rises aslant from (0, 0) to (½, ½).
    band = roc_band([1, 0, 1, 0], [0.9, 0.9, 0.5, 0.3], list("abcd"), n=5, grid=[0, 0.25, 0.5])
    assert band.sensitivity.tolist() == [0, 0.25, 1]


def test_roc_band_covers_the_curve_of_the_population():
    grid = np.linspace(0.1, 0.4, 7)
    truth = norm.cdf(norm.ppf(grid) + 1.5)
    covered = []
    for seed in range(60):
        band = roc_band(*binormal_sample(seed), n=200, seed=seed, grid=grid)
        covered.append((band.low <= truth) & (truth <= band.high))
    assert 0.88 <= np.mean(covered) <= 0.99


def test_images_of_known_groups_do_not_narrow_the_band(binormal):
    once = roc_band(*binormal, n=100)
    again = roc_band(*(np.tile(values, 2) for values in binormal), n=100)
    assert again.low == pytest.approx(once.low) and again.high == pytest.approx(once.high)
    labels, probabilities, groups = (np.tile(values, 2) for values in binormal)
    apart = roc_band(labels, probabilities, np.arange(len(groups)), n=100)
    assert (apart.high - apart.low)[5:40].mean() < 0.85 * (once.high - once.low)[5:40].mean()


def test_precision_recall_points_and_band(binormal):
    labels, probabilities, groups = binormal
    band = precision_recall_band(labels, probabilities, groups, n=100)
    assert band.average_precision == pytest.approx(average_precision_score(labels, probabilities))
    assert band.prevalence == 0.4
    assert band.recall.shape == band.precision.shape == band.thresholds.shape
    assert (np.diff(band.recall) >= 0).all() and band.recall[-1] == 1
    for precision, threshold in list(zip(band.precision, band.thresholds, strict=True))[::25]:
        assert precision == pytest.approx(precision_score(labels, probabilities >= threshold))
    assert (band.low <= band.precision_at + 1e-12).mean() > 0.95
    assert (band.precision_at <= band.high + 1e-12).mean() > 0.95
    assert band.low[-1] < band.precision_at[-1] < band.high[-1]


def test_precision_on_the_grid_by_hand():
    # Falling scores: benign, malignant, benign, malignant. The first malignant is found at
    # precision 1/2, the second at 2/4.
    labels, scores = [0, 1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6, 0.1]
    band = precision_recall_band(labels, scores, list("abcde"), n=5, grid=[0, 0.5, 0.51, 1])
    assert band.precision_at.tolist() == [0.5, 0.5, 0.5, 0.5]
    assert precision_recall_band(
        [1, 0, 0, 1], [0.9, 0.8, 0.7, 0.6], list("abcd"), n=5, grid=[0.5, 0.6]
    ).precision_at.tolist() == [1, 0.5]


def test_tiny_samples_do_not_crash():
    # Most replicates lack a class; both limits may be undefined, the curve is not.
    assert roc_band([0, 1], [0.2, 0.8], ["a", "b"]).auc == 1
    assert precision_recall_band([0, 1], [0.2, 0.8], ["a", "b"]).precision_at[-1] == 1


@pytest.mark.parametrize("curve", [roc_band, precision_recall_band])
def test_one_class_or_a_bad_grid_is_refused(curve):
    with pytest.raises(InputError, match="one class"):
        curve([1, 1], [0.2, 0.8], ["a", "b"])
    with pytest.raises(InputError, match="grid"):
        curve([0, 1], [0.2, 0.8], ["a", "b"], grid=[0, 50, 100])
