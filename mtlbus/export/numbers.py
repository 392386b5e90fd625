"""The numbers of each view, by name: what its table says and what its notebook is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..evaluation.metrics import dice_of
from ..evaluation.operating_points import confusion
from ..evaluation.tables import classes, summarise
from ..explain.agreement import mass_inside, points_into
from ..findings import Finding
from .method_views import MethodView

if TYPE_CHECKING:
    from ..explain.attributions import Attribution


def mirror_dice(first: Finding, second: Finding) -> float | None:
    """Dice of the outline on an image and of that on its mirror, turned back; None without one."""
    if first.mask is None or second.mask is None:
        return None
    return dice_of(first.mask, second.mask[:, ::-1])


def mirror_numbers(first: Finding, second: Finding) -> dict[str, Any]:
    """Probability, call and outline both ways, and how far the outlines agree.

    Args:
        first: what a network says about a case.
        second: what it says about the mirror of that.
    """
    p, q = first.prediction.probability, second.prediction.probability
    areas = [None if one.mask is None else int(one.mask.sum()) for one in (first, second)]
    return {
        "probability": p,
        "probability_mirrored": q,
        "change_points": None if p is None or q is None else 100 * (q - p),
        "call": first.call,
        "call_mirrored": second.call,
        "mask_area_px": areas[0],
        "mask_area_px_mirrored": areas[1],
        "dice_mirrored": mirror_dice(first, second),
    }


def method_numbers(view: MethodView) -> dict[str, dict[str, float | None]]:
    """Parameters by variant, and each metric of the card with its interval by dataset."""
    numbers: dict[str, dict[str, float | None]] = {
        variant: {"parameters": count} for variant, count in view.parameters.items()
    }
    for images, entry in view.judged.items():
        numbers[images] = entry_numbers(entry, view.metrics)
    return numbers


def entry_numbers(entry: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    """How many images an entry of a card is of, and its metrics, each with its interval."""
    ends = {"": "value", "_low": "low", "_high": "high"}
    found = [metric for metric in metrics if metric in entry]
    return {"n": entry["n"]} | {
        f"{metric}{end}": entry[metric][side] for metric in found for end, side in ends.items()
    }


def map_numbers(values: np.ndarray) -> dict[str, float]:
    """How many numbers an inner map holds; the least, mean and greatest; their deviation."""
    return {
        "numbers": int(values.size),
        "least": float(values.min()),
        "mean": float(values.mean(dtype=np.float64)),
        "greatest": float(values.max()),
        "deviation": float(values.std(dtype=np.float64)),
    }


def attribution_numbers(one: Attribution, mask: np.ndarray | None) -> dict[str, Any]:
    """The map's extremes and sum, whether its shares add up, and what lies in the mask.

    Args:
        one: an attribution.
        mask: H×W bool, the lesion; None where there is none.
    """
    numbers: dict[str, Any] = {
        "least": float(one.plane.min()),
        "greatest": float(one.plane.max()),
        "sum": float(one.square.sum(dtype=np.float64)),
    }
    if one.completeness is not None:
        numbers |= {"total": one.completeness.total, "change": one.completeness.change}
    if mask is not None:
        numbers |= {
            "mass_inside": mass_inside(one.plane, mask),
            "points_into": points_into(one.plane, mask),
        }
    return numbers


def judged_numbers(rows: pd.DataFrame, threshold: float | None) -> dict[str, float | int | None]:
    """A method on the test images: n, AUC and Dice with their intervals, and the four counts.

    The intervals are those of the card: 1000 draws of whole groups within each dataset.

    Args:
        rows: of `predictions.csv`, those that are judged.
        threshold: probability from which an image is malignant; None without a class.
    """
    entry = summarise(rows, 0.5 if threshold is None else threshold)["pooled"]
    numbers = entry_numbers(entry, ("auc", "dice"))
    if threshold is None:
        return numbers
    counts = confusion(*classes(rows), threshold)
    rates = {"sensitivity": counts.sensitivity, "specificity": counts.specificity}
    return numbers | {"threshold": threshold} | counts._asdict() | rates
