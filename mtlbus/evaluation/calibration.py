"""Does 0.8 mean eight in ten? Reliability, temperature scaling, recalibration line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit

from ..core.errors import InputError
from .metrics import (
    CALIBRATION_BINS,
    checked_probabilities,
    checked_scores,
    probability_bin,
    require_both_classes,
)
from .operating_points import wilson_interval

TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True, eq=False)
class Reliability:
    """A calibration curve over equal-width bins; all of shape B, NaN in empty bins.

    Attributes:
        centre: middle of each bin.
        mean_probability: mean predicted probability in the bin: the x of the point.
        observed: share of malignant images in the bin: its y.
        count: images in the bin.
        low, high: 95 % Wilson limits of the observed share.
    """

    centre: np.ndarray
    mean_probability: np.ndarray
    observed: np.ndarray
    count: np.ndarray
    low: np.ndarray
    high: np.ndarray


class CalibrationLine(NamedTuple):
    """logit P(malignant) = intercept + slope · logit; (1, 0) is calibrated.

    A slope below 1 says the probabilities are too extreme, an intercept below 0 too high.
    """

    slope: float
    intercept: float


def negative_log_likelihood(labels: np.ndarray, logits: np.ndarray) -> float:
    """Mean of −log of the probability given to the true class, in nats."""
    return float(np.mean(np.logaddexp(0, logits) - labels * logits))


def fit_temperature(labels: ArrayLike, logits: ArrayLike) -> float:
    """The T that makes sigmoid(logit / T) most likely (Guo et al. 2017), within 0.05..20.

    T above 1 softens, below 1 sharpens; the order of the images, and so AUC, does not change. A
    T at a bound means that the logits separate the classes without error, or say nothing.

    Args:
        labels: shape N, validation images, both classes present.
        logits: shape N, of malignancy.

    Raises:
        InputError: one class only.
    """
    labels, logits = _both_classes(labels, logits)
    # The loss is convex in 1/T; over log T it has one minimum, and halving T is one step as
    # doubling is.
    found = minimize_scalar(
        lambda log_t: negative_log_likelihood(labels, logits * math.exp(-log_t)),
        bounds=tuple(math.log(bound) for bound in TEMPERATURES),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(math.exp(found.x))


def calibration_slope_intercept(labels: ArrayLike, logits: ArrayLike) -> CalibrationLine:
    """Slope and intercept of the logistic recalibration (Cox 1958), fitted jointly.

    Maximum likelihood without penalty, by Newton's method with a trust region from (1, 0) on.
    NaN where the estimate does not exist: all logits equal, or classes separated without error.

    Args:
        labels: shape N, both classes present.
        logits: shape N, of malignancy.

    Raises:
        InputError: one class only.
    """
    labels, logits = _both_classes(labels, logits)
    malignant, benign = logits[labels == 1], logits[labels == 0]
    if malignant.min() >= benign.max() or malignant.max() <= benign.min():
        return CalibrationLine(math.nan, math.nan)
    design = np.column_stack([logits, np.ones(len(logits))])

    def gradient(line: np.ndarray) -> np.ndarray:
        return design.T @ (expit(design @ line) - labels) / len(labels)

    def hessian(line: np.ndarray) -> np.ndarray:
        chance = expit(design @ line)
        return design.T @ (design * (chance * (1 - chance))[:, None]) / len(labels)

    fit = minimize(
        lambda line: negative_log_likelihood(labels, design @ line),
        x0=(1.0, 0.0),
        jac=gradient,
        hess=hessian,
        method="trust-exact",
        options={"gtol": 1e-9},
    )
    return CalibrationLine(slope=float(fit.x[0]), intercept=float(fit.x[1]))


def reliability(
    labels: ArrayLike, probabilities: ArrayLike, bins: int = CALIBRATION_BINS
) -> Reliability:
    """The calibration curve: what was promised and what came, bin by bin.

    Σ count/N · |mean_probability − observed| over these bins is the `ece` of the tables.

    Args:
        labels, probabilities: shape N.
        bins: number of equal-width bins of 0..1.
    """
    labels, probabilities = checked_probabilities(labels, probabilities)
    if bins < 1:
        raise InputError(f"{bins} bins; at least 1 is needed.")
    index = probability_bin(probabilities, bins)
    count = np.bincount(index, minlength=bins)
    malignant = np.bincount(index[labels == 1], minlength=bins)
    total = np.bincount(index, probabilities, minlength=bins)
    limits = np.array(
        [wilson_interval(int(k), int(n)) for k, n in zip(malignant, count, strict=True)]
    )
    filled = np.where(count > 0, count, np.nan)
    edges = np.linspace(0, 1, bins + 1)
    return Reliability(
        centre=(edges[:-1] + edges[1:]) / 2,
        mean_probability=total / filled,
        observed=malignant / filled,
        count=count,
        low=limits[:, 0],
        high=limits[:, 1],
    )


def _both_classes(labels: ArrayLike, logits: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    labels, logits = checked_scores(labels, logits)
    require_both_classes(labels, "Calibration")
    return labels, logits
