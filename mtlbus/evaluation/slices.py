"""Parts of the test images (BI-RADS, device, lesion size …) and one number for each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..core.quantities import CALLS, OUTLINES
from ..data.dataset import TITLES
from . import judged_rows
from .comparisons import delong_interval
from .intervals import group_draws, percentile_limits
from .operating_points import wilson_interval
from .weighted import weighted_mean

SLICINGS = {
    "birads": "BI-RADS of the reader",
    "device": "Device",
    "size": "Lesion size on the picture",
    "histology": "Histology",
    "dataset": "Dataset",
}
AT_A_THRESHOLD = ("sensitivity", "specificity")
FIGURES = {name: f"{CALLS[name].title} at the threshold" for name in AT_A_THRESHOLD} | {
    "auc": CALLS["auc"].title,
    "dice": f"Mean {OUTLINES['dice'].title}",
}
SIZES = ((0.03, "under 3 % of the picture"), (0.10, "3 to 10 %"), (1.01, "over 10 %"))
PICTURE = 256 * 256
FEWEST = 5
MOST_PARTS = 14


class Slice(NamedTuple):
    """A part of the data.

    Attributes:
        name: what it is.
        n: images that count for this number.
        value, low, high: the number and its 95 % limits, shares of one.
    """

    name: str
    n: int
    value: float
    low: float
    high: float


def part_names(rows: pd.DataFrame, slicing: str) -> pd.Series:
    """The part each row belongs to, "" where that is unknown."""
    if slicing == "size":
        share = rows["lesion_area"] / PICTURE
        names = pd.Series("", index=rows.index)
        for limit, name in reversed(SIZES):
            names[share < limit] = name
        return names.where(rows["lesion_area"] > 0, "")
    if slicing == "dataset":
        return rows["dataset"].map(lambda name: TITLES.get(name, name))
    if slicing == "birads":
        return rows["birads"].map(lambda name: f"BI-RADS {name}" if name else "")
    return rows[slicing]


def available_slicings(rows: pd.DataFrame) -> list[str]:
    """The ways to slice that make at least two parts of these rows."""
    return [key for key in SLICINGS if part_names(rows, key).replace("", np.nan).nunique() > 1]


def slices(rows: pd.DataFrame, slicing: str, quantity: str, threshold: float) -> list[Slice]:
    """One number for each part with at least `FEWEST` images that count for it.

    Args:
        rows: test images.
        slicing: a key of `SLICINGS`.
        quantity: a key of `FIGURES`.
        threshold: of the calls.
    """
    names = part_names(rows, slicing)
    order = (
        [name for _, name in SIZES]
        if slicing == "size"
        else sorted(set(names) - {""}, key=lambda name: (-int((names == name).sum()), name))
    )
    if slicing == "birads":
        order.sort()
    found = (
        _measure(name, rows[names == name], quantity, threshold) for name in order[:MOST_PARTS]
    )
    return [part for part in found if part is not None and part.n >= FEWEST]


def _measure(name: str, rows: pd.DataFrame, quantity: str, threshold: float) -> Slice | None:
    if quantity == "dice":
        rows = rows[rows["dice"].notna()]
        if rows.empty:
            return None
        values = rows["dice"].to_numpy(float)
        draws = group_draws(judged_rows.groups_of(rows), 500)
        limits = percentile_limits(weighted_mean(values, draws))
        return Slice(name, len(rows), float(values.mean()), *limits)
    rows = judged_rows.judged(rows)
    labels, probabilities = judged_rows.classes(rows)
    if quantity == "auc":
        if not 0 < labels.sum() < len(labels):
            return None
        area = delong_interval(labels, probabilities, groups=judged_rows.groups_of(rows))
        return Slice(name, len(rows), area.auc, area.low, area.high)
    wanted = labels == (1 if quantity == "sensitivity" else 0)
    n = int(wanted.sum())
    if n == 0:
        return None
    right = (probabilities[wanted] >= threshold) == (quantity == "sensitivity")
    k = int(right.sum())
    return Slice(name, n, k / n, *wilson_interval(k, n))
