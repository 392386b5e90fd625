"""Decision curves: what acting on a network is worth, whatever one weighs against what.

Source: Vickers and Elkin, Decision curve analysis, Medical Decision Making 26:565, 2006.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..core.errors import InputError
from .intervals import group_draws, percentile_limits
from .metrics import checked_probabilities, require_both_classes

THRESHOLDS = np.linspace(0.01, 0.99, 99)


class DecisionCurve(NamedTuple):
    """Net benefit of three ways to act; that of acting on nobody is 0.

    The net benefit is TP/n − FP/n · p/(1 − p): cancers found among all images, less the false
    alarms, each weighed by the odds of the probability p from which one would act.

    Attributes:
        threshold: shape T, the probability p.
        network: shape T, of acting on those to whom it gives p or more.
        low, high: shape T, pointwise 95 % limits of that.
        everybody: shape T, of acting on all.
        prevalence: share of malignant images, the largest net benefit there can be.
    """

    threshold: np.ndarray
    network: np.ndarray
    low: np.ndarray
    high: np.ndarray
    everybody: np.ndarray
    prevalence: float


def decision_curve(
    labels: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike,
    n: int = 500,
    seed: int = 0,
    strata: ArrayLike | None = None,
    thresholds: ArrayLike = THRESHOLDS,
) -> DecisionCurve:
    """The curve with a band by a bootstrap over groups; its probabilities are taken as they are.

    Args:
        labels, probabilities, groups: shape N; both classes present.
        n, seed, strata: see `intervals.group_draws`.
        thresholds: shape T, each above 0 and below 1.

    Raises:
        InputError: one class only, or a threshold outside of that.
    """
    labels, probabilities, thresholds = _checked(labels, probabilities, thresholds)
    require_both_classes(labels, "A curve")
    prevalence = float(labels.mean())
    draws = group_draws(groups, n, seed, strata)
    limits = np.array(
        [percentile_limits(one) for one in _network(labels, probabilities, thresholds, draws).T]
    )
    return DecisionCurve(
        thresholds,
        _network(labels, probabilities, thresholds, None)[0],
        limits[:, 0],
        limits[:, 1],
        prevalence - (1 - prevalence) * _odds(thresholds),
        prevalence,
    )


def _network(
    labels: np.ndarray, probabilities: np.ndarray, thresholds: np.ndarray, draws: np.ndarray | None
) -> np.ndarray:
    """B×T net benefit; `draws` are B×N weights of the images, None for each once."""
    weights = np.ones((1, len(labels))) if draws is None else np.asarray(draws, dtype=float)
    called = (probabilities[:, None] >= thresholds).astype(float)
    found = weights @ (called * (labels == 1)[:, None])
    alarms = weights @ (called * (labels == 0)[:, None])
    return (found - alarms * _odds(thresholds)) / weights.sum(axis=1, keepdims=True)


def _odds(thresholds: np.ndarray) -> np.ndarray:
    return thresholds / (1 - thresholds)


def _checked(
    labels: ArrayLike, probabilities: ArrayLike, thresholds: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels, probabilities = checked_probabilities(labels, probabilities)
    thresholds = np.asarray(thresholds, dtype=float)
    if thresholds.ndim != 1 or ((thresholds <= 0) | (thresholds >= 1)).any():
        raise InputError("A threshold of a decision lies above 0 and below 1.")
    return labels, probabilities, thresholds
