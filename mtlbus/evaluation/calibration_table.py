"""What the probabilities are worth before and after temperature scaling, with intervals."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from scipy.special import expit

from ..core.errors import DataError
from .calibration import calibration_slope_intercept, negative_log_likelihood
from .intervals import BOOTSTRAP
from .metrics import expected_calibration_error
from .tables import draws_of, interval_entry, real_rows
from .weighted import (
    weighted_calibration_line,
    weighted_ece,
    weighted_log_loss,
    weighted_mean,
)

CALIBRATION = ("brier", "ece", "log_loss", "slope", "intercept")


def summarise_calibration(
    frame: pd.DataFrame,
    temperature: float,
    bootstrap: int = BOOTSTRAP,
    seed: int = 0,
    part: str = "test",
) -> dict[str, Any]:
    """Calibration of one method on its test images, as it is and with its logits divided by T.

    Args:
        frame: as `read_predictions` gives it.
        temperature: chosen on other images.
        bootstrap, seed: replicates, drawn by groups within each dataset as in `summarise`.
        part: the rows that count.

    Returns:
        ``{"datasets": {NAME: entry}, "pooled": entry}`` with an entry
        ``{"before": {figure: {value, low, high}}, "after": …}``. Figures: brier, ece, log_loss
        (nats), and slope and intercept of the logistic recalibration, (1, 0) where it is perfect;
        None where a figure is not defined.

    Raises:
        DataError: no row of that part has a label and a logit.
    """
    rows = frame[(frame["part"] == part) & frame["label"].notna() & frame["logit"].notna()]
    if rows.empty:
        raise DataError(f"No {part} row has a label and a logit; there is nothing to calibrate.")
    return {
        "datasets": {
            name: _entry(some, temperature, bootstrap, seed)
            for name, some in rows.groupby("dataset", sort=True)
        },
        "pooled": _entry(real_rows(rows), temperature, bootstrap, seed),
    }


def _entry(rows: pd.DataFrame, temperature: float, bootstrap: int, seed: int) -> dict[str, Any]:
    draws = draws_of(rows, bootstrap, seed)
    labels, logits = rows["label"].to_numpy(dtype=int), rows["logit"].to_numpy(dtype=float)
    slope = intercept = math.nan
    if 0 < labels.sum() < len(labels):
        slope, intercept = calibration_slope_intercept(labels, logits)
    slopes, intercepts = weighted_calibration_line(labels, logits, draws)
    entry = {}
    for name, divisor in (("before", 1.0), ("after", temperature)):
        scaled = logits / divisor
        chance = expit(scaled)
        squares = (chance - labels) ** 2
        found = {
            "brier": (float(squares.mean()), weighted_mean(squares, draws)),
            "ece": (
                expected_calibration_error(labels, chance),
                weighted_ece(labels, chance, draws),
            ),
            "log_loss": (
                negative_log_likelihood(labels, scaled),
                weighted_log_loss(labels, scaled, draws),
            ),
            # Dividing the logits by T multiplies the slope by T and leaves the intercept.
            "slope": (slope * divisor, slopes * divisor),
            "intercept": (intercept, intercepts),
        }
        entry[name] = {figure: interval_entry(*found[figure]) for figure in CALIBRATION}
    return entry
