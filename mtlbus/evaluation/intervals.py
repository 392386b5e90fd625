"""95 % intervals by a bootstrap over groups: patients, or sets of near-duplicate images.

Images of one patient are not independent, so whole groups are drawn with replacement; drawing
images would make the intervals too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..core.card import Figure
from ..core.errors import InputError
from ..core.wording import with_interval

BOOTSTRAP = 1000  # replicates behind every interval that is printed


class Interval(NamedTuple):
    """An estimate with its limits, NaN where undefined."""

    value: float
    low: float
    high: float


def figure_words(figure: Figure | Mapping[str, float | None] | None, digits: int = 3) -> str:
    """A figure of a card in words: "0.944 (0.915–0.968)".

    Args:
        figure: value, low and high; without limits where no draw had one, None where it was not
            measured.
        digits: behind the point.
    """
    if not figure or figure["value"] is None:
        return "–"
    return with_interval(figure["value"], figure.get("low"), figure.get("high"), digits, "–")


def group_draws(
    groups: ArrayLike, n: int = BOOTSTRAP, seed: int = 0, strata: ArrayLike | None = None
) -> np.ndarray:
    """How often each row appears in each bootstrap replicate.

    Args:
        groups: shape N, the group of each row.
        n: replicates.
        seed: of the draws; the same seed gives the same draws.
        strata: shape N or None; with it, as many groups as there are are drawn within each
            stratum (dataset), and equal group names in two strata are two groups.

    Returns:
        n×N int: all rows of a group share its count, and within a stratum the counts of the
        groups add up to the number of groups.
    """
    groups = np.asarray(groups).astype(str)
    strata = np.zeros(len(groups), dtype=int) if strata is None else np.asarray(strata).astype(str)
    if groups.ndim != 1 or strata.shape != groups.shape:
        raise InputError(f"Groups of shape {groups.shape} and strata of shape {strata.shape}.")
    generator = np.random.default_rng(seed)
    counts = np.zeros((n, len(groups)), dtype=np.int64)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        names, group_of_row = np.unique(groups[rows], return_inverse=True)
        drawn = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n)
        counts[:, rows] = drawn[:, group_of_row]
    return counts


def percentile_limits(replicates: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """The central `level` of the replicates along the first axis, as floats (low, high).

    Replicates where the statistic is undefined (NaN) are left out; when these are more than half,
    the limits are NaN, for the rest is no longer a sample of what may happen.
    """
    replicates = np.asarray(replicates, dtype=float)
    defined = replicates[~np.isnan(replicates)]
    if len(defined) == 0 or 2 * len(defined) < len(replicates):
        return math.nan, math.nan
    tail = 50 * (1 - level)
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)
