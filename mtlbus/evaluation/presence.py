"""How well a network tells images with a lesion from images without: false alarms and misses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from .tables import (
    draws_of,
    groups_of,
    lesion_rows,
    normal_rows,
    real_rows,
    sampled_entry,
)
from .weighted import weighted_mean

MISSED = 0.01  # share of the validation lesions that may lie below the threshold
OUTLINE = 0.5  # of the mask: below it there is no outline, whatever the score
SOME = 1e-6  # of what features tell: 0 where there is no outline, whatever they say


def choose_presence_threshold(validation: pd.DataFrame, readout: bool = False) -> float | None:
    """The highest threshold that misses at most one of a hundred real validation lesions.

    It lies half-way between the scores beside it, and never where there is no outline. Normal
    images do not choose it: few are in a validation part, and what must not happen is
    that a lesion is passed over.

    Args:
        validation: rows of the validation part.
        readout: whether their scores are read from features and not from the mask.

    Returns:
        The presence score from which an outline is one; None for a method without a mask.
    """
    scores = np.sort(lesion_rows(real_rows(validation))["presence"].dropna().to_numpy(float))
    if not len(scores):
        return None
    allowed = math.floor(MISSED * len(scores))
    between = scores[max(allowed - 1, 0) : allowed + 1].mean()
    return float(max(between, SOME if readout else OUTLINE))


def presence_rates(
    rows: pd.DataFrame, outline: float | None, call: float | None = None
) -> dict[str, Any]:
    """What a network does on the real images of some rows, with a lesion and without.

    Args:
        rows: normal images too.
        outline: presence score from which an outline is one; None for a method without a mask.
        call: probability from which an image is called malignant; None for one without a class.

    Returns:
        ``{"normal": {n, outlined, malignant}, "lesion": {n, missed}}``: the shares of the normal
        images that get an outline all the same, and that are called malignant, and of the lesions
        that get no outline, as ``{value, low, high}`` with 95 % limits over groups; None where
        there is no such image or answer.
    """
    real = real_rows(rows)
    normal, lesion = normal_rows(real), lesion_rows(real)

    def share(some: pd.DataFrame, column: str, threshold: float | None, below: bool = False):
        some = some[some[column].notna()]
        if threshold is None or some.empty:
            return None
        return _share(some, (some[column] >= threshold) != below)

    return {
        "normal": {
            "n": len(normal),
            "outlined": share(normal, "presence", outline),
            "malignant": share(normal, "probability", call),
        },
        "lesion": {"n": len(lesion), "missed": share(lesion, "presence", outline, below=True)},
    }


def _share(rows: pd.DataFrame, hit: pd.Series) -> dict[str, float | None]:
    shares, count = hit.to_numpy(dtype=float), len(set(groups_of(rows)))
    return sampled_entry(float(shares.mean()), weighted_mean(shares, draws_of(rows)), count)
