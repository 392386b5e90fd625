"""Is one method better than another, or was it luck? DeLong, McNemar, relative performance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest, norm, rankdata

from ..core.errors import InputError
from .metrics import checked_scores, require_both_classes


class AucInterval(NamedTuple):
    """Area under the ROC curve with its standard error and limits."""

    auc: float
    standard_error: float
    low: float
    high: float


class DeLongTest(NamedTuple):
    """Two methods on the same images.

    Attributes:
        auc_a, auc_b: the two areas.
        difference: a − b, with its standard error and limits.
        z: difference in standard errors.
        p_value: two-sided.
    """

    auc_a: float
    auc_b: float
    difference: float
    standard_error: float
    low: float
    high: float
    z: float
    p_value: float


class McNemarTest(NamedTuple):
    """Two methods' calls on the same images.

    Attributes:
        only_a_right, only_b_right: images that one of the two gets right; the others say nothing.
        p_value: two-sided and exact.
    """

    only_a_right: int
    only_b_right: int
    p_value: float


class Components(NamedTuple):
    """AUCs and structural components of DeLong, for S methods on the same images.

    Attributes:
        auc: shape S.
        malignant: S×M, for each malignant image the share of benign images it outscores.
        benign: S×K, for each benign image the share of malignant images that outscore it.
    """

    auc: np.ndarray
    malignant: np.ndarray
    benign: np.ndarray


def structural_components(labels: np.ndarray, scores: np.ndarray) -> Components:
    """V10 and V01 (DeLong et al. 1988) by mid-ranks in O(N log N) (Sun and Xu 2014).

    Labels of shape N, scores S×N. The rank of an image among all, less its rank within its own
    class, is the number of images of the other class below it, ties counted half.
    """
    malignant, benign = scores[:, labels == 1], scores[:, labels == 0]
    m, k = malignant.shape[1], benign.shape[1]
    ranks = rankdata(scores, axis=1)
    below = (ranks[:, labels == 1] - rankdata(malignant, axis=1)) / k
    above = 1 - (ranks[:, labels == 0] - rankdata(benign, axis=1)) / m
    return Components(below.mean(axis=1), below, above)


def delong_covariance(
    labels: np.ndarray, scores: np.ndarray, groups: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """AUCs, shape S, and their covariance, S×S.

    Labels of shape N, scores S×N. With groups (shape N: patients) the components of a group are
    summed first (Obuchowski 1997), for its images are not independent; with each image its own
    group this is DeLong's covariance exactly. NaN when a class has fewer than two groups.
    """
    auc, malignant, benign = structural_components(labels, scores)
    if groups is None:
        groups = np.arange(len(labels))
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    sums = []
    for kind, parts in ((1, malignant), (0, benign)):
        inside = group[labels == kind]
        members = np.bincount(inside, minlength=len(names))
        involved = int((members > 0).sum())
        if involved < 2:
            return auc, np.full((len(auc), len(auc)), math.nan)
        deviations = np.stack(
            [
                np.bincount(inside, row - area, minlength=len(names))
                for row, area in zip(parts, auc, strict=True)
            ]
        )  # S×groups, already divided by the number of images of the class:
        sums.append((deviations / len(inside), involved / (involved - 1)))
    (x, x_factor), (y, y_factor) = sums
    cross = x @ y.T * len(names) / (len(names) - 1)
    return auc, x_factor * (x @ x.T) + y_factor * (y @ y.T) + cross + cross.T


def delong_interval(
    labels: ArrayLike,
    scores: ArrayLike,
    level: float = 0.95,
    groups: ArrayLike | None = None,
) -> AucInterval:
    """AUC with DeLong's standard error and a normal interval, cut to 0..1.

    Args:
        labels, scores: shape N; probabilities or logits.
        level: coverage.
        groups: shape N or None; see `delong_covariance`.

    Raises:
        InputError: one class only.
    """
    labels, scores = _both_classes(labels, scores)
    areas, covariance = delong_covariance(labels, scores[None], groups)
    auc, error = float(areas[0]), _root(covariance[0, 0])
    half = float(norm.ppf((1 + level) / 2)) * error
    low, high = np.clip([auc - half, auc + half], 0, 1)
    return AucInterval(auc, error, float(low), float(high))


def delong_test(
    labels: ArrayLike,
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    level: float = 0.95,
    groups: ArrayLike | None = None,
) -> DeLongTest:
    """Are the AUCs of two methods on the same images different (DeLong et al. 1988)?

    Args:
        labels, scores_a, scores_b: shape N, the same images in the same order.
        level: coverage of the interval of the difference.
        groups: shape N or None: patients; without them several images of one patient count as
            independent, and p is too small.

    Raises:
        InputError: one class only.
    """
    labels, scores_a = _both_classes(labels, scores_a)
    _, scores_b = checked_scores(labels, scores_b)
    areas, covariance = delong_covariance(labels, np.stack([scores_a, scores_b]), groups)
    difference = float(areas[0] - areas[1])
    error = _root(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if error < 1e-12:  # both rank every pair alike, or one is always right and the other never
        z = 0.0 if abs(difference) < 1e-12 else math.copysign(math.inf, difference)
    else:
        z = difference / error
    half = float(norm.ppf((1 + level) / 2)) * error
    return DeLongTest(
        auc_a=float(areas[0]),
        auc_b=float(areas[1]),
        difference=difference,
        standard_error=error,
        low=difference - half,
        high=difference + half,
        z=z,
        p_value=float(2 * norm.sf(abs(z))),
    )


def mcnemar_test(labels: ArrayLike, called_a: ArrayLike, called_b: ArrayLike) -> McNemarTest:
    """Do two methods err equally often on the same images (McNemar 1947, exact binomial form)?

    Args:
        labels, called_a, called_b: shape N, each 0 or 1. Images count as independent.
    """
    labels, a = checked_scores(labels, called_a)
    _, b = checked_scores(labels, called_b)
    if not (np.isin(a, (0, 1)) & np.isin(b, (0, 1))).all():
        raise InputError("McNemar's test takes calls of 0 or 1; threshold the probabilities first.")
    only_a = int(((a == labels) & (b != labels)).sum())
    only_b = int(((a != labels) & (b == labels)).sum())
    apart = only_a + only_b
    p_value = binomtest(only_a, apart).pvalue if apart else 1.0
    return McNemarTest(only_a, only_b, float(p_value))


def _root(variance: float) -> float:
    """Standard error; rounding may leave a variance of −1e-19 where two methods are alike."""
    return math.nan if math.isnan(variance) else math.sqrt(max(float(variance), 0.0))


def _both_classes(labels: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    labels, scores = checked_scores(labels, scores)
    require_both_classes(labels, "An AUC")
    return labels, scores
