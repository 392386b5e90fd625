"""The classification metrics of the same images under many weightings at once.

A bootstrap replicate is a weight for each image: how often it was drawn. Computing all replicates
in one go with array operations takes milliseconds where a loop over scikit-learn takes seconds.
`metrics.classification_metrics` remains the definition; equal weights give the same numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

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
            called & (labels == 1), ~called & (labels == 1),
            called & (labels == 0), ~called & (labels == 0),
        )
    )  # fmt: skip
    total = weights.sum(axis=1)
    sensitivity, specificity = share(tp, tp + fn), share(tn, tn + fp)
    in_bin = probability_bin(probabilities)[:, None] == np.arange(CALIBRATION_BINS)
    gaps = weights @ (in_bin * (probabilities - labels)[:, None])  # B×bins
    return {
        "auc": weighted_auc(labels, probabilities, weights),
        "auc_hard": (sensitivity + specificity) / 2,
        "accuracy": share(tp + tn, total),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "f1": share(2 * tp, 2 * tp + fp + fn),
        "f1_benign": share(2 * tn, 2 * tn + fp + fn),
        "brier": share(weights @ (probabilities - labels) ** 2, total),
        "ece": share(np.abs(gaps).sum(axis=1), total),
    }


def weighted_mean(values: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Mean of the defined (not NaN) values, shape B; values of shape N, weights B×N."""
    values = np.asarray(values, dtype=float)
    defined = ~np.isnan(values)
    weights = np.asarray(weights, dtype=float)
    return share(weights @ np.where(defined, values, 0.0), weights @ defined.astype(float))


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is zero."""
    return np.divide(part, whole, out=np.full_like(part, np.nan, dtype=float), where=whole != 0)
