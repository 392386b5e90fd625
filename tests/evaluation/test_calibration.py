"""Calibration recovers what a simulation put in, and agrees with scikit-learn."""

import math

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from mtlbus.core.errors import InputError
from mtlbus.evaluation.calibration import (
    calibration_slope_intercept,
    fit_temperature,
    reliability,
)
from mtlbus.evaluation.metrics import classification_metrics


def calibrated(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn with the probability that their logit says."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(-0.5, 2, n)
    return (generator.random(n) < expit(logits)).astype(int), logits


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_temperature_recovers_a_known_scale(scale):
    labels, logits = calibrated(0, 20_000)
    assert fit_temperature(labels, scale * logits) == pytest.approx(scale, rel=0.04)


def test_no_temperature_nearby_is_likelier():
    labels, logits = calibrated(1, 300)
    best = fit_temperature(labels, 2.5 * logits)
    losses = [log_loss(labels, expit(2.5 * logits / (best * step))) for step in (0.97, 1, 1.03)]
    assert losses[1] < losses[0] and losses[1] < losses[2]


def test_temperature_stays_in_bounds_when_the_classes_are_separate_or_reversed():
    assert fit_temperature([0, 0, 1, 1], [-2, -1, 1, 2]) == pytest.approx(0.05, rel=1e-3)
    assert fit_temperature([1, 1, 0, 0], [-2, -1, 1, 2]) == pytest.approx(20, rel=1e-3)


def test_slope_and_intercept_agree_with_scikit_learn():
    labels, logits = calibrated(2, 500)
    found = calibration_slope_intercept(labels, 2 * logits + 1)
    # C so large that the penalty is far below the tolerance.
    reference = LogisticRegression(C=1e10, tol=1e-10, max_iter=1000).fit(
        (2 * logits + 1)[:, None], labels
    )
    assert found.slope == pytest.approx(reference.coef_[0, 0], rel=1e-4)
    assert found.intercept == pytest.approx(reference.intercept_[0], rel=1e-4)


def test_slope_and_intercept_undo_a_known_distortion():
    labels, logits = calibrated(3, 40_000)
    # logit = (distorted − 1)/2, so the line is 0.5·distorted − 0.5.
    found = calibration_slope_intercept(labels, 2 * logits + 1)
    assert found.slope == pytest.approx(0.5, abs=0.02)
    assert found.intercept == pytest.approx(-0.5, abs=0.05)


def test_slope_survives_logits_far_from_zero():
    labels, logits = calibrated(4, 400)
    near, far = (calibration_slope_intercept(labels, scale * logits) for scale in (1, 50))
    assert far.slope == pytest.approx(near.slope / 50, rel=1e-3)
    assert far.intercept == pytest.approx(near.intercept, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("logits", [[-2, -1, 1, 2], [2, 1, -1, -2], [3, 3, 3, 3], [-2, 1, 1, 2]])
def test_a_line_that_does_not_exist_is_nan(logits):
    assert all(math.isnan(number) for number in calibration_slope_intercept([0, 0, 1, 1], logits))


def test_reliability_agrees_with_scikit_learn_and_with_ece():
    labels, logits = calibrated(5, 400)
    probabilities = expit(1.7 * logits)
    found = reliability(labels, probabilities)
    filled = found.count > 0
    observed, predicted = calibration_curve(labels, probabilities, n_bins=10)
    assert found.observed[filled] == pytest.approx(observed)
    assert found.mean_probability[filled] == pytest.approx(predicted)
    assert found.centre == pytest.approx(np.arange(0.05, 1, 0.1))
    assert found.count.sum() == 400
    gaps = np.nansum(found.count * np.abs(found.mean_probability - found.observed)) / 400
    assert classification_metrics(labels, probabilities)["ece"] == pytest.approx(gaps)


def test_reliability_by_hand_with_empty_bins():
    found = reliability([0, 1, 1], [0.1, 0.1, 1.0], bins=2)
    assert found.count.tolist() == [2, 1]
    assert found.observed.tolist() == [0.5, 1]
    wilson = binomtest(1, 2).proportion_ci(method="wilson")
    assert (found.low[0], found.high[0]) == pytest.approx((wilson.low, wilson.high))
    empty = reliability([1], [0.9], bins=2)
    assert math.isnan(empty.observed[0]) and math.isnan(empty.low[0]) and empty.count[0] == 0


def test_one_class_and_no_bins_are_refused():
    for function in (fit_temperature, calibration_slope_intercept):
        with pytest.raises(InputError, match="one class"):
            function([1, 1], [0.1, 0.2])
    with pytest.raises(InputError, match="bins"):
        reliability([0, 1], [0.1, 0.2], bins=0)
