"""The figures of a card, from judged images alone.

Thresholds and temperature are chosen on validation rows; every figure follows from the rows of
`predictions.csv`, so that it can be made again from that file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..data.dataset import PHANTOMS
from .calibration import fit_temperature
from .calibration_table import summarise_calibration
from .comparisons import delong_interval
from .intervals import BOOTSTRAP
from .operating_points import choose_threshold, confusion, wilson_interval
from .presence import choose_presence_threshold, presence_rates
from .tables import (
    classes,
    groups_of,
    judged,
    lesion_rows,
    normal_rows,
    real_rows,
    summarise,
)

OPERATING_POINTS = {
    "balanced": "Sensitivity and specificity as equal as possible.",
    "sensitivity_95": "At least 95 of 100 cancers are called malignant.",
    "specificity_95": "At least 95 of 100 benign lesions are called benign.",
}
DEFAULT_OPERATING_POINT = "balanced"
OF_MASK = "mean probability of the highest thousandth of the mask"
OF_FEATURES = "a linear function of the channel means of the encoder"
PRESENCE_CHOSEN = (
    "validation part, real images: the highest at which at most 1 of 100 lesions is missed"
)


def choose_operating_points(validation: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Temperature and thresholds from the real images of the validation part alone."""
    classed = [row for row in validation if not pd.isna(row["label"])]
    rows = [row for row in classed if row["dataset"] != PHANTOMS] or classed
    labels = np.array([int(row["label"]) for row in rows])
    logits = np.array([row["logit"] for row in rows])
    probabilities = np.array([row["probability"] for row in rows])
    points = {}
    for name, purpose in OPERATING_POINTS.items():
        threshold = choose_threshold(labels, probabilities, name)
        counts = confusion(labels, probabilities, threshold)
        points[name] = {
            "threshold": float(threshold),
            "purpose": purpose,
            "chosen_on": "validation part, real images",
            "validation": {
                "n": len(rows),
                "sensitivity": counts.sensitivity,
                "specificity": counts.specificity,
            },
        }
    return {
        "temperature": float(fit_temperature(labels, logits)),
        "operating_points": points,
        "default_operating_point": DEFAULT_OPERATING_POINT,
    }


def figures_of(
    frame: pd.DataFrame, chosen: dict[str, Any], readout: bool = False
) -> dict[str, Any]:
    """Everything on the card that follows from the judged rows.

    Args:
        frame: as `read_predictions(…, everything=True)` gives it, test and validation rows.
        chosen: what `choose_operating_points` gave; empty for a method without a class.
        readout: whether its presence scores are read from features and not from the mask.

    Returns:
        operating_points (with what each is worth on the test images), metrics, calibration (both
        absent without a class, as operating_points), judgement: how the intervals were made, and
        the AUC with DeLong's interval beside that of the bootstrap; presence (`presence_of`).
    """
    everything, frame = frame, lesion_rows(frame)
    fields: dict[str, Any] = {}
    threshold = 0.5
    if chosen:
        points = chosen["operating_points"]
        threshold = points[chosen["default_operating_point"]]["threshold"]
        fields["operating_points"] = {
            name: {**point, "test": _rates_with_intervals(frame, point["threshold"])}
            for name, point in points.items()
        }
    fields["presence"] = presence_of(everything, threshold if chosen else None, readout)
    fields["metrics"] = summarise(frame, threshold)
    fields["judgement"] = {
        "positive_class": "malignant",
        "intervals": f"95 %, percentiles of {BOOTSTRAP} bootstrap draws of groups within datasets",
        "bootstrap_seed": 0,
        "split_seed": 0,
    }
    if chosen:
        fields["judgement"]["auc_delong"] = _delong(frame)
        fields["calibration"] = {
            "temperature": chosen["temperature"],
            "chosen_on": "validation part, real images",
            **summarise_calibration(frame, chosen["temperature"]),
        }
    return fields


def presence_of(
    frame: pd.DataFrame, call: float | None, readout: bool = False
) -> dict[str, Any] | None:
    """Is there a lesion: score, threshold, and what is done on either part, normal images too.

    Args:
        frame: test and validation rows.
        call: probability from which an image is called malignant; None without a class.
        readout: as of `figures_of`.

    Returns:
        {score, threshold, chosen_on, validation and test: as `presence_rates`}. Without a mask the
        first three are None; all is None where there is no normal image either.
    """
    parts = {part: frame[frame["part"] == part] for part in ("validation", "test")}
    threshold = choose_presence_threshold(parts["validation"], readout)
    if threshold is None and normal_rows(frame).empty:
        return None
    score = OF_FEATURES if readout else OF_MASK
    return {
        "score": None if threshold is None else score,
        "threshold": threshold,
        "chosen_on": None if threshold is None else PRESENCE_CHOSEN,
        **{part: presence_rates(rows, threshold, call) for part, rows in parts.items()},
    }


def _delong(frame: pd.DataFrame) -> dict[str, Any]:
    """AUC by dataset and pooled with DeLong's interval for grouped images (Obuchowski 1997)."""
    test = judged(frame[frame["part"] == "test"])
    parts = dict(list(test.groupby("dataset", sort=True)))
    parts["pooled"] = real_rows(test)
    found = {}
    for name, rows in parts.items():
        if rows["label"].nunique() < 2:
            continue
        area = delong_interval(*classes(rows), groups=groups_of(rows))
        limits = {"value": area.auc, "low": area.low, "high": area.high}  # none of too few groups
        found[name] = {key: None if math.isnan(v) else v for key, v in limits.items()}
    return found


def _rates_with_intervals(frame: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Sensitivity and specificity on the real test images, with Wilson intervals."""
    rows = judged(real_rows(frame[frame["part"] == "test"]))
    counts = confusion(*classes(rows), threshold)
    rates: dict[str, Any] = {"n": len(rows)}
    for name, hit, total in (
        ("sensitivity", counts.tp, counts.tp + counts.fn),
        ("specificity", counts.tn, counts.tn + counts.fp),
    ):
        if total == 0:
            continue  # a part with one class has only one of the two rates
        low, high = wilson_interval(hit, total)
        rates[name] = {"value": hit / total, "low": float(low), "high": float(high)}
    return rates
