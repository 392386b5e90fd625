"""The numbers of each view, by name: what its table says and what its notebook is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..evaluation.metrics import dice_of
from ..evaluation.operating_points import Confusion, confusion
from ..evaluation.tables import summarise
from ..explain.agreement import mass_inside, points_into
from ..inference.predictor import Prediction
from .case_views import PredictView
from .method_views import MethodView
from .views import Judged

if TYPE_CHECKING:
    from ..explain.attributions import Attribution


def numbers_of(view: PredictView) -> dict[str, Any]:
    """All that a prediction says in numbers, by name; None where a number is not defined."""
    found, mask = view.prediction, view.prediction.mask(view.mask_threshold)
    lesion, metrics = view.lesion(), view.against_truth()
    measured = {} if lesion is None else lesion.as_dict()
    if lesion is not None and lesion.spacing_mm is None:
        measured = {name: value for name, value in measured.items() if "mm" not in name}
    return {
        "probability_malignant": found.probability,
        "logit": found.logit,
        "call": view.call,
        "distance_from_training": found.distance,
        "call_threshold": view.point.threshold if view.point else None,
        "mask_threshold": None if mask is None else view.mask_threshold,
        "mask_area": None if mask is None else int(mask.sum()),
        **measured,
        **({} if metrics is None else metrics),
    }


def mirror_dice(first: Prediction, second: Prediction, threshold: float) -> float | None:
    """Dice of the outline on an image and of that on its mirror, turned back; None without one."""
    masks = first.mask(threshold), second.mask(threshold)
    return None if masks[0] is None else dice_of(masks[0], masks[1][:, ::-1])


def mirror_numbers(first: Prediction, second: Prediction, threshold: float) -> dict[str, Any]:
    """Probability and area both ways, and how far the outlines agree.

    Args:
        first: of an image.
        second: of its mirror, by the same network.
        threshold: tumour probability above which a pixel is inside.
    """
    p, q = first.probability, second.probability
    masks = first.mask(threshold), second.mask(threshold)
    areas = [None if mask is None else int(mask.sum()) for mask in masks]
    return {
        "probability_malignant": p,
        "probability_mirrored": q,
        "change_points": None if p is None else 100 * (q - p),
        "mask_area": areas[0],
        "mask_area_mirrored": areas[1],
        "dice_mirrored": mirror_dice(first, second, threshold),
    }


def method_numbers(view: MethodView) -> dict[str, dict[str, float | None]]:
    """Parameters by variant, and each metric of the card with its interval by dataset."""
    numbers: dict[str, dict[str, float | None]] = {
        variant: {"parameters": count} for variant, count in view.parameters.items()
    }
    for images, entry in view.judged.items():
        numbers[images] = {"n": entry["n"]}
        for metric in view.metrics:
            if metric in entry:
                ends = zip(("", "_low", "_high"), ("value", "low", "high"), strict=True)
                numbers[images] |= {f"{metric}{end}": entry[metric][side] for end, side in ends}
    return numbers


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
    numbers = {
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


def judged_numbers(one: Judged) -> dict[str, float | int | None]:
    """A method on the test images: n, AUC and Dice with their intervals, and the four counts.

    The intervals are those of the card: 1000 draws of whole groups within each dataset.
    """
    threshold = 0.5 if one.threshold is None else one.threshold
    entry = summarise(one.rows, threshold)["pooled"]
    numbers: dict[str, float | int | None] = {"n": len(one.rows)}
    for metric in ("auc", "dice"):
        if metric in entry:
            limits = zip(("", "_low", "_high"), ("value", "low", "high"), strict=True)
            numbers |= {f"{metric}{end}": entry[metric][side] for end, side in limits}
    if one.threshold is None:
        return numbers
    counts = counts_of(one.rows, one.threshold)
    return numbers | {
        "threshold": one.threshold,
        **counts._asdict(),
        "sensitivity": counts.sensitivity,
        "specificity": counts.specificity,
    }


def counts_of(rows: pd.DataFrame, threshold: float) -> Confusion:
    """The confusion matrix of those rows that have a label and a probability."""
    kept = rows[rows["label"].notna() & rows["probability"].notna()]
    return confusion(kept["label"].to_numpy(int), kept["probability"].to_numpy(float), threshold)
