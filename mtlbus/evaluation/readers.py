"""How well somebody read some cases: a person who said percentages, or a network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import brier_score_loss, roc_auc_score

from ..core.errors import InputError
from ..data.edits import Box
from .intervals import Interval
from .metrics import checked_probabilities
from .operating_points import wilson_interval

CALLS_FROM = 0.5
"""The probability from which a person's answer counts as a call of malignant."""


@dataclass(frozen=True)
class ReaderScore:
    """What a reader achieved on some cases.

    Attributes:
        n, right: cases that were read, and calls that were right.
        sensitivity, specificity: with Wilson's 95 % limits; NaN without a malignant or benign case.
        auc: of the probabilities; NaN unless both classes were read.
        brier: mean squared distance of probability and truth; 0 is perfect, 0.25 is always 50 %.
        overlap: mean intersection over union of the boxes with those of the lesions; NaN without.
    """

    n: int
    right: int
    sensitivity: Interval
    specificity: Interval
    auc: float
    brier: float
    overlap: float


def score_reader(
    labels: ArrayLike,
    probabilities: ArrayLike,
    right: ArrayLike,
    overlaps: ArrayLike = (),
) -> ReaderScore:
    """Score one reader.

    Args:
        labels: shape N, 1 malignant, 0 benign; at least one.
        probabilities: shape N, of malignancy, 0..1.
        right: shape N bool, whether the call was that of the truth; no call is not right.
        overlaps: of the boxes that were drawn, 0..1; NaN for a case without one.

    Raises:
        InputError: the shapes differ, or there is no case.
    """
    labels, probabilities = checked_probabilities(labels, probabilities)
    right = np.asarray(right, dtype=bool)
    if right.shape != labels.shape:
        raise InputError(f"{right.size} calls for {labels.size} cases; give one for each.")
    malignant = labels == 1
    found = int((right & malignant).sum())
    cleared = int((right & ~malignant).sum())
    drawn = np.asarray(overlaps, dtype=float)
    drawn = drawn[~np.isnan(drawn)]
    both = 0 < malignant.sum() < len(labels)
    return ReaderScore(
        n=len(labels),
        right=found + cleared,
        sensitivity=_share(found, int(malignant.sum())),
        specificity=_share(cleared, int((~malignant).sum())),
        auc=float(roc_auc_score(labels, probabilities)) if both else math.nan,
        brier=float(brier_score_loss(labels, probabilities, pos_label=1)),
        overlap=float(drawn.mean()) if drawn.size else math.nan,
    )


def _share(k: int, n: int) -> Interval:
    return Interval(k / n if n else math.nan, *wilson_interval(k, n))


def box_overlap(box: Box, truth: np.ndarray) -> float:
    """Intersection over union of a box with the upright box of a lesion, 0..1.

    Args:
        box: as drawn.
        truth: H×W bool, with at least one pixel.
    """
    rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
    left, top, width, height = box
    across = min(left + width, columns[-1] + 1) - max(left, columns[0])
    down = min(top + height, rows[-1] + 1) - max(top, rows[0])
    shared = max(0, int(across)) * max(0, int(down))
    lesion = int((columns[-1] + 1 - columns[0]) * (rows[-1] + 1 - rows[0]))
    return shared / (width * height + lesion - shared)
