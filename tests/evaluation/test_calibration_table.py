"""Calibration before and after scaling against scikit-learn, with weights and with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

from mtlbus.core.errors import DataError
from mtlbus.evaluation.calibration import calibration_slope_intercept, fit_temperature
from mtlbus.evaluation.calibration_table import CALIBRATION, summarise_calibration
from mtlbus.evaluation.tables import prediction_frame
from mtlbus.evaluation.weighted import weighted_calibration_line, weighted_log_loss

from .slow_bootstrap import bootstrap_by_group


def frame(n: int = 240, scale: float = 2.5, seed: int = 0) -> pd.DataFrame:
    """Test rows of two datasets whose logits are too extreme by `scale`, two images a patient."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(-0.5, 1.5, n)
    labels = (generator.random(n) < expit(logits)).astype(int)
    return prediction_frame(
        {
            "image_id": f"i{i}",
            "dataset": "busi" if i % 3 == 0 else "busbra",
            "group": f"g{i // 2}",
            "part": "test",
            "label": label,
            "logit": scale * logit,
            "probability": float(expit(scale * logit)),
        }
        for i, (label, logit) in enumerate(zip(labels, logits, strict=True))
    )


def test_the_line_of_each_weighting_is_that_of_scikit_learn():
    rows = frame()
    labels, logits = rows["label"].to_numpy(), rows["logit"].to_numpy()
    weights = np.random.default_rng(1).integers(0, 4, (6, len(rows)))
    slopes, intercepts = weighted_calibration_line(labels, logits, weights)
    for weight, slope, intercept in zip(weights, slopes, intercepts, strict=True):
        fitted = LogisticRegression(C=1e10, tol=1e-10, max_iter=1000).fit(
            logits[:, None], labels, sample_weight=weight
        )
        assert slope == pytest.approx(fitted.coef_[0, 0], rel=1e-4)
        assert intercept == pytest.approx(fitted.intercept_[0], abs=1e-4)
    losses = weighted_log_loss(labels, logits, weights)
    expected = [log_loss(labels, expit(logits), sample_weight=weight) for weight in weights]
    assert losses == pytest.approx(expected)


def test_a_line_that_does_not_exist_is_nan_and_the_others_are_not():
    labels, logits = np.array([0, 0, 1, 1, 0, 1]), np.array([-2.0, -1, 1, 2, 1.5, -1.5])
    weights = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0], [1, 1, 1, 1, 1, 1]])
    slopes, intercepts = weighted_calibration_line(labels, logits, weights)
    assert np.isnan(slopes).tolist() == np.isnan(intercepts).tolist() == [True, True, False]
    assert (slopes[2], intercepts[2]) == pytest.approx(calibration_slope_intercept(labels, logits))


def test_figures_before_and_after_are_those_of_scikit_learn():
    rows = frame()
    labels, logits = rows["label"].to_numpy(), rows["logit"].to_numpy()
    temperature = fit_temperature(labels, logits)
    found = summarise_calibration(rows, temperature, bootstrap=200)
    assert set(found["datasets"]) == {"busi", "busbra"}
    for name, scaled in (("before", logits), ("after", logits / temperature)):
        entry = found["pooled"][name]
        assert tuple(entry) == CALIBRATION
        assert entry["brier"]["value"] == pytest.approx(brier_score_loss(labels, expit(scaled)))
        assert entry["log_loss"]["value"] == pytest.approx(log_loss(labels, expit(scaled)))
        fitted = LogisticRegression(C=1e10, tol=1e-10, max_iter=1000).fit(scaled[:, None], labels)
        assert entry["slope"]["value"] == pytest.approx(fitted.coef_[0, 0], rel=1e-4)
        assert all(figure["low"] < figure["high"] for figure in entry.values())
    before, after = found["pooled"]["before"], found["pooled"]["after"]
    assert after["slope"]["value"] == pytest.approx(before["slope"]["value"] * temperature)
    assert before["slope"]["high"] < 1 < after["slope"]["high"]
    assert after["log_loss"]["value"] < before["log_loss"]["value"]


def test_limits_are_those_of_the_slow_bootstrap():
    rows = frame(120)
    rows = rows[rows["dataset"] == "busbra"].reset_index(drop=True)
    labels, logits = rows["label"].to_numpy(), rows["logit"].to_numpy()
    fast = summarise_calibration(rows, 1.0, bootstrap=60, seed=4)["datasets"]["busbra"]["before"]
    slow = bootstrap_by_group(
        rows["group"],
        lambda chosen: calibration_slope_intercept(labels[chosen], logits[chosen])._asdict(),
        n=60,
        seed=4,
    )
    for name, limits in slow.items():
        assert (fast[name]["low"], fast[name]["high"]) == pytest.approx(limits[1:], abs=1e-5)


def test_one_class_has_no_line_and_no_rows_are_refused():
    rows = frame()
    benign = rows[rows["label"] == 0]
    entry = summarise_calibration(benign, 1.0, bootstrap=20)["pooled"]["before"]
    assert entry["slope"]["value"] is None and entry["brier"]["value"] is not None
    with pytest.raises(DataError, match="validation"):
        summarise_calibration(rows, 1.0, part="validation")
