"""The numbers of a view as CSV, each with its unit, and where they come from."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..evaluation.operating_points import Confusion, confusion
from ..evaluation.tables import summarise
from ..explain.agreement import mass_inside, points_into
from ..explain.attention import array_of
from .origin import DISCLAIMER, now, versions
from .views import (
    AttentionView,
    CompareView,
    Judged,
    PerformanceView,
    PredictView,
    View,
)

if TYPE_CHECKING:
    from ..explain.attributions import Attribution

_UNITS = {
    "probability_malignant": "0..1", "logit": "log-odds", "call_threshold": "0..1",
    "distance_from_training": "multiple of the limit",
    "mask_threshold": "0..1", "mask_area": "px", "area_px": "px", "area_share": "0..1",
    "box": "px", "major_axis_px": "px", "minor_axis_px": "px", "angle_deg": "degrees",
    "height_to_width": "ratio", "perimeter_px": "px", "circularity": "0..1",
    "margin_roughness": "ratio", "echo_ratio": "ratio of grey levels",
    "posterior_ratio": "ratio of grey levels", "parts": "count", "other_parts_px": "px",
    "dice": "0..1", "jaccard": "0..1", "pixel_tpr": "0..1", "pixel_fpr": "share of the lesion",
    "aer": "share of the lesion", "miou": "0..1", "hd95": "px of the network's square",
    "assd": "px of the network's square", "spacing_mm": "mm per px, down and across",
    "area_mm2": "mm²", "box_mm": "mm", "major_axis_mm": "mm", "minor_axis_mm": "mm",
    "perimeter_mm": "mm",
}  # fmt: skip


@singledispatch
def table_of(view: View) -> pd.DataFrame:
    """The numbers of a view, one a row or one method a row."""
    raise TypeError(f"No table is made of a {type(view).__name__}.")


@table_of.register
def _(view: PredictView) -> pd.DataFrame:
    numbers = numbers_of(view)
    return pd.DataFrame(
        [(name, value, _UNITS.get(name, "")) for name, value in numbers.items()],
        columns=["quantity", "value", "unit"],
    )


@table_of.register
def _(view: CompareView) -> pd.DataFrame:
    return pd.DataFrame(
        [{"method": one.prediction.method, "title": one.title} | numbers_of(one)
         | {"weights_sha256": one.prediction.weights_sha256} for one in view.views]
    )  # fmt: skip


@table_of.register
def _(view: AttentionView) -> pd.DataFrame:
    rows = []
    for name in view.names:
        found, values = view.maps[name], array_of(view.maps[name])
        rows.append({
            "map": name, "kind": found.kind, "shape": "×".join(map(str, values.shape)),
            **map_numbers(values), "stride_px": found.stride, "stage": found.stage,
            "meaning": found.meaning,
        })  # fmt: skip
    return pd.DataFrame(rows)


@table_of.register
def _(view: PerformanceView) -> pd.DataFrame:
    return pd.DataFrame(
        [{"method": one.method, "title": one.title, "images": view.images}
         | judged_numbers(one)
         | {"predictions_sha256": one.predictions_sha256} for one in view.methods]
    )  # fmt: skip


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


def csv_of(view: View) -> str:
    """The table of a view as CSV, with rows or columns that say what it was computed from."""
    table = table_of(view)
    facts = [*origin_rows(view), ("computed", now()), ("terms", DISCLAIMER)]
    if isinstance(view, PredictView):  # one quantity a row
        more = pd.DataFrame([(name, text, "") for name, text in facts], columns=table.columns)
        table = pd.concat([table.astype(object), more])
    else:
        table = table.assign(**{name: text for name, text in facts if name not in table})
    return table.map(safe_cell).to_csv(index=False)


def origin_rows(view: View) -> list[tuple[str, str]]:
    """What a view was computed from: image, weights where they are one, and versions."""
    rows = []
    if not isinstance(view, PerformanceView):
        rows += [("case", view.case.title), ("image_sha256", view.case.image.sha256)]
    if isinstance(view, PredictView):
        found = view.prediction
        rows += [("method", found.method), ("weights_sha256", found.weights_sha256)]
    if isinstance(view, AttentionView):
        weights = view.weights_sha256 or f"random, seed {view.seed}"
        rows += [("method", view.method), ("weights_sha256", weights)]
    return rows + list(versions().items())


def safe_cell(value: Any) -> Any:
    """A cell that a spreadsheet takes as text or number, never as a formula.

    A file name may begin with "=" and would be run; an apostrophe makes it a text.
    """
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return value
