"""ROC and precision–recall curves with their 95 % bands by a bootstrap over groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from ..core.errors import InputError
from .intervals import group_draws, percentile_limits
from .metrics import checked_scores, require_both_classes
from .weighted import WeightedCounts, share, weighted_counts

GRID = np.linspace(0, 1, 101)


class RocBand(NamedTuple):
    """An ROC curve and its band.

    Attributes:
        fpr, tpr, thresholds: shape U, the curve: 1 − specificity, sensitivity, and the threshold
            at which both hold; starts at (0, 0) with an infinite threshold.
        grid: shape G, 1 − specificity.
        sensitivity, low, high: shape G, the curve on the grid and its pointwise limits.
        auc: area under the curve.
    """

    fpr: np.ndarray
    tpr: np.ndarray
    thresholds: np.ndarray
    grid: np.ndarray
    sensitivity: np.ndarray
    low: np.ndarray
    high: np.ndarray
    auc: float


class PrecisionRecallBand(NamedTuple):
    """A precision–recall curve and its band.

    Attributes:
        recall, precision, thresholds: shape U, the curve from the highest threshold (recall near
            0) to the lowest (recall 1).
        grid: shape G, recall.
        precision_at, low, high: shape G, precision at the largest threshold that reaches each
            recall, and its pointwise limits.
        average_precision: Σ (step of recall) · precision.
        prevalence: share of malignant images: the precision of chance.
    """

    recall: np.ndarray
    precision: np.ndarray
    thresholds: np.ndarray
    grid: np.ndarray
    precision_at: np.ndarray
    low: np.ndarray
    high: np.ndarray
    average_precision: float
    prevalence: float


def roc_band(
    labels: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike,
    n: int = 500,
    seed: int = 0,
    grid: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> RocBand:
    """ROC curve with a 95 % band of the sensitivity at each 1 − specificity.

    The band is pointwise. Where the curve has reached 1 it has no width: a bootstrap cannot draw
    a malignant image that scores lower than all that were seen.

    Args:
        labels, probabilities, groups: shape N; both classes present.
        n, seed, strata: see `intervals.group_draws`.
        grid: 1 − specificity, rising within 0..1; 0, 0.01 … 1 by default.
    """
    labels, scores, grid = _checked(labels, probabilities, grid)
    fpr, tpr, thresholds = roc_curve(labels, scores)
    replicates = _sensitivity_at(
        weighted_counts(labels, scores, group_draws(groups, n, seed, strata)), grid
    )
    itself = _sensitivity_at(weighted_counts(labels, scores, np.ones((1, len(labels)))), grid)
    low, high = _limits(replicates)
    auc = float(roc_auc_score(labels, scores))
    return RocBand(fpr, tpr, thresholds, grid, itself[0], low, high, auc)


def precision_recall_band(
    labels: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike,
    n: int = 500,
    seed: int = 0,
    grid: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> PrecisionRecallBand:
    """Precision–recall curve with a 95 % band of the precision at each recall.

    Arguments as in `roc_band`, with the grid in recall. Between two points of this curve there is
    no straight line (Davis and Goadrich 2006), so the grid takes the next point that is reached.
    """
    labels, scores, grid = _checked(labels, probabilities, grid)
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    replicates = _precision_at(
        weighted_counts(labels, scores, group_draws(groups, n, seed, strata)), grid
    )
    itself = _precision_at(weighted_counts(labels, scores, np.ones((1, len(labels)))), grid)
    low, high = _limits(replicates)
    # scikit-learn runs from recall 1 down and ends with a point (0, 1) that no threshold reaches.
    return PrecisionRecallBand(
        recall[-2::-1],
        precision[-2::-1],
        thresholds[::-1],
        grid,
        itself[0],
        low,
        high,
        float(average_precision_score(labels, scores)),
        float(labels.mean()),
    )


def _checked(
    labels: ArrayLike, scores: ArrayLike, grid: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels, scores = checked_scores(labels, scores)
    require_both_classes(labels, "A curve")
    grid = GRID if grid is None else np.asarray(grid, dtype=float)
    if grid.ndim != 1 or ((grid < 0) | (grid > 1)).any():
        raise InputError("The grid must be a list of shares within 0..1.")
    return labels, scores, grid


def _sensitivity_at(counts: WeightedCounts, grid: np.ndarray) -> np.ndarray:
    """B×G sensitivity at each 1 − specificity, straight between the points of the curve."""
    tpr, fpr = (
        share(found, np.repeat(found[:, -1:], found.shape[1], axis=1))
        for found in (counts.true_positives, counts.false_positives)
    )
    # On a vertical piece np.interp takes the upper end: the best sensitivity at that specificity.
    return np.stack(
        [
            np.interp(grid, np.r_[0, x], np.r_[0, y])
            if np.isfinite(x[-1] + y[-1])
            else np.full(len(grid), np.nan)
            for x, y in zip(fpr, tpr, strict=True)
        ]
    )


def _precision_at(counts: WeightedCounts, grid: np.ndarray) -> np.ndarray:
    """B×G precision at the largest threshold with at least each recall."""
    tp, fp = counts.true_positives, counts.false_positives
    # A high threshold may call nobody of a replicate: no precision there, and no recall above 0.
    precision = share(tp, tp + fp)
    rows = np.full((len(tp), len(grid)), np.nan)
    for row, reached, values in zip(rows, tp, precision, strict=True):
        if reached[-1] > 0:
            # Recall 0 means the first malignant image found, so that precision is defined.
            needed = np.maximum(grid * reached[-1] - 1e-9, 1e-9)
            row[:] = values[np.searchsorted(reached, needed)]
    return rows


def _limits(replicates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    limits = np.array([percentile_limits(column) for column in replicates.T])
    return limits[:, 0], limits[:, 1]
