"""The metrics of the same images under many weightings at once.

A bootstrap replicate is a weight for each image: how often it was drawn. Computing all replicates
in one go with array operations takes milliseconds where a loop over scikit-learn takes seconds.
`metrics.classification_metrics` remains the definition; equal weights give the same numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from .metrics import CALIBRATION_BINS, checked_scores, probability_bin


class WeightedCounts(NamedTuple):
    """Weight called malignant at each distinct score, from the highest score to the lowest.

    Attributes:
        thresholds: shape U, the distinct scores, falling.
        true_positives, false_positives: B×U, weight of malignant and of benign images with a
            score at or above the threshold; the last column is the total of the class.
    """

    thresholds: np.ndarray
    true_positives: np.ndarray
    false_positives: np.ndarray


def weighted_counts(labels: ArrayLike, scores: ArrayLike, weights: np.ndarray) -> WeightedCounts:
    """The ROC counts of B weightings; labels and scores of shape N, weights B×N."""
    labels, scores = checked_scores(labels, scores)
    order = np.argsort(-scores, kind="stable")
    thresholds, starts = np.unique(-scores[order], return_index=True)
    weights = np.asarray(weights, dtype=float)[:, order]
    # Images of one score enter together, so that ties count half in the area.
    positives, negatives = (
        np.cumsum(np.add.reduceat(weights * (labels[order] == kind), starts, axis=1), axis=1)
        for kind in (1, 0)
    )
    return WeightedCounts(-thresholds, positives, negatives)


def weighted_auc(labels: ArrayLike, scores: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve by the rank formula, shape B; NaN where a class has no weight.

    The weighted share of (malignant, benign) pairs in which the malignant image scores higher,
    ties counted half (Mann–Whitney). Labels and scores of shape N, weights B×N.
    """
    counts = weighted_counts(labels, scores, weights)
    positives, negatives = counts.true_positives[:, -1], counts.false_positives[:, -1]
    here = np.diff(counts.true_positives, axis=1, prepend=0)
    tied = np.diff(counts.false_positives, axis=1, prepend=0)
    beaten = negatives[:, None] - counts.false_positives + tied / 2
    return share((here * beaten).sum(axis=1), positives * negatives)


def weighted_classification(
    labels: ArrayLike, probabilities: ArrayLike, weights: np.ndarray, threshold: float = 0.5
) -> dict[str, np.ndarray]:
    """`classification_metrics` of B weightings: the same names, each of shape B.

    Labels and probabilities of shape N, weights B×N.
    """
    labels, probabilities = checked_scores(labels, probabilities)
    weights = np.asarray(weights, dtype=float)
    called = probabilities >= threshold
    tp, fn, fp, tn = (
        weights @ (rows.astype(float))
        for rows in (
            called & (labels == 1),
            ~called & (labels == 1),
            called & (labels == 0),
            ~called & (labels == 0),
        )
    )
    total = weights.sum(axis=1)
    sensitivity, specificity = share(tp, tp + fn), share(tn, tn + fp)
    return {
        "auc": weighted_auc(labels, probabilities, weights),
        "auc_hard": (sensitivity + specificity) / 2,
        "accuracy": share(tp + tn, total),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "f1": share(2 * tp, 2 * tp + fp + fn),
        "f1_benign": share(2 * tn, 2 * tn + fp + fn),
        "brier": weighted_mean((probabilities - labels) ** 2, weights),
        "ece": weighted_ece(labels, probabilities, weights),
    }


def weighted_ece(labels: ArrayLike, probabilities: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """`metrics.expected_calibration_error` of B weightings, shape B."""
    labels, probabilities = checked_scores(labels, probabilities)
    weights = np.asarray(weights, dtype=float)
    in_bin = probability_bin(probabilities)[:, None] == np.arange(CALIBRATION_BINS)
    gaps = weights @ (in_bin * (probabilities - labels)[:, None])  # B×bins
    return share(np.abs(gaps).sum(axis=1), weights.sum(axis=1))


def weighted_log_loss(labels: ArrayLike, logits: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Mean of −log of the probability given to the true class, in nats, shape B."""
    labels, logits = checked_scores(labels, logits)
    return weighted_mean(np.logaddexp(0, logits) - labels * logits, weights)


def weighted_calibration_line(
    labels: ArrayLike, logits: ArrayLike, weights: np.ndarray, steps: int = 30
) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept of `calibration.calibration_slope_intercept` of B weightings at once.

    Newton's method on the two numbers, from (0, 0) on; each of shape B, NaN where it does not
    settle: the classes are separated without error, one has no weight, all logits are equal.

    Labels and logits of shape N, weights B×N.
    """
    labels, logits = checked_scores(labels, logits)
    weights = np.asarray(weights, dtype=float)
    weights = share(weights, np.repeat(weights.sum(axis=1, keepdims=True), weights.shape[1], 1))
    scale = np.abs(logits).max(initial=0.0) or 1.0
    x = logits / scale
    slope, intercept = np.zeros(len(weights)), np.zeros(len(weights))
    settled = np.zeros(len(weights), dtype=bool)
    with np.errstate(all="ignore"):  # a line that does not exist runs away; it is NaN below
        for _ in range(steps):
            chance = expit(slope[:, None] * x + intercept[:, None])
            missing, spread = weights * (labels - chance), weights * chance * (1 - chance)
            by_slope, by_intercept = missing @ x, missing.sum(axis=1)
            xx, x1, ones = spread @ x**2, spread @ x, spread.sum(axis=1)
            # Where nobody is in doubt any more, the line is on its way to infinity.
            settled = (np.maximum(np.abs(by_slope), np.abs(by_intercept)) < 1e-10) & (ones > 1e-6)
            if settled.all():
                break
            determinant = xx * ones - x1**2
            slope = slope + (ones * by_slope - x1 * by_intercept) / determinant
            intercept = intercept + (xx * by_intercept - x1 * by_slope) / determinant
    return np.where(settled, slope / scale, np.nan), np.where(settled, intercept, np.nan)


def weighted_mean(values: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Mean of the defined (not NaN) values, shape B; values of shape N, weights B×N."""
    values = np.asarray(values, dtype=float)
    defined = ~np.isnan(values)
    weights = np.asarray(weights, dtype=float)
    return share(weights @ np.where(defined, values, 0.0), weights @ defined.astype(float))


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is zero."""
    return np.divide(part, whole, out=np.full_like(part, np.nan, dtype=float), where=whole != 0)
