"""The numbers of a view as CSV, each with its unit, and where they come from."""

from __future__ import annotations

from functools import singledispatch
from statistics import mean
from typing import Any

import pandas as pd

from ..core.tables import csv_text
from ..evaluation.metrics import dice_of
from ..explain.attention import array_of
from .case_views import CompareView, MirrorView, PredictView, TwoCasesView
from .method_views import MethodView, OverviewView
from .numbers import judged_numbers, map_numbers, method_numbers, mirror_numbers, numbers_of
from .origin import DISCLAIMER, now, versions
from .views import AttentionView, PerformanceView, View

WITHOUT_CASE = PerformanceView | MethodView | OverviewView

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
    masks = [one.prediction.mask(one.mask_threshold) for one in view.views]
    rows = []
    for number, (one, mask) in enumerate(zip(view.views, masks, strict=True)):
        others = [m for n, m in enumerate(masks) if n != number and m is not None]
        shared = [dice_of(mask, other) for other in others] if mask is not None else []
        numbers = numbers_of(one) | ({"dice_to_the_others": mean(shared)} if shared else {})
        rows.append(_row(one, numbers))
    return pd.DataFrame(rows)


def _row(view: PredictView, numbers: dict[str, Any]) -> dict[str, Any]:
    """Numbers between the names of a network and its size, time and digest."""
    found = view.prediction
    names = {"method": found.method, "title": view.title, "seen_in_training": bool(view.seen)}
    cost = {"parameters": view.parameters, "milliseconds": 1000 * sum(found.seconds.values())}
    return names | numbers | cost | {"weights_sha256": found.weights_sha256}


@table_of.register
def _(view: MirrorView) -> pd.DataFrame:
    rows = []
    for one, turned in view.by_network:
        numbers = mirror_numbers(one.prediction, turned.prediction, view.mask_threshold)
        here, there = one.lesion(), turned.lesion()
        more = {
            "call": one.call, "call_mirrored": turned.call,
            "area_px": here and here.area_px, "area_px_mirrored": there and there.area_px,
        }  # fmt: skip
        rows.append(_row(one, {"mask_threshold": view.mask_threshold, **numbers, **more}))
    return pd.DataFrame(rows)


@table_of.register
def _(view: TwoCasesView) -> pd.DataFrame:
    return pd.DataFrame([
        {"case": one.case.title, "image_sha256": one.case.image.sha256} | _row(one, numbers_of(one))
        for both in view.by_network
        for one in both
    ])  # fmt: skip


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


@table_of.register
def _(view: MethodView) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (what, name, value)
            for what, numbers in method_numbers(view).items()
            for name, value in numbers.items()
        ],
        columns=["of", "number", "value"],
    )


@table_of.register
def _(view: OverviewView) -> pd.DataFrame:
    return pd.DataFrame(map(_method_row, view.methods))


def _method_row(view: MethodView) -> dict[str, Any]:
    spec = view.spec
    return {
        "method": spec.name,
        "title": spec.title,
        "role": spec.role,
        "outlines": spec.segments,
        "classifies": spec.classifies,
        "authors": spec.paper.authors,
        "year": spec.paper.year,
        "paper": spec.paper.title,
        **{f"parameters_{variant}": count for variant, count in view.parameters.items()},
        "weights_sha256": view.weights_sha256,
    }


def csv_of(view: View) -> str:
    """The table of a view as CSV, with rows or columns that say what it was computed from."""
    table = table_of(view)
    facts = [*origin_rows(view), ("computed", now()), ("terms", DISCLAIMER)]
    if isinstance(view, PredictView):  # one quantity a row
        more = pd.DataFrame([(name, text, "") for name, text in facts], columns=table.columns)
        table = pd.concat([table.astype(object), more])
    else:
        table = table.assign(**{name: text for name, text in facts if name not in table})
    return csv_text(table.columns, table.itertuples(index=False, name=None))


def origin_rows(view: View) -> list[tuple[str, str]]:
    """What a view was computed from: image, weights where they are one, and versions."""
    rows = []
    if not isinstance(view, WITHOUT_CASE):
        rows += [("case", view.case.title), ("image_sha256", view.case.image.sha256)]
    if isinstance(view, TwoCasesView):
        second = view.second.case
        rows += [("second_case", second.title), ("second_image_sha256", second.image.sha256)]
    if isinstance(view, MethodView):
        rows.append(("method", view.spec.name))
        rows.append(("weights_sha256", view.weights_sha256 or "no trained weights ship"))
    if isinstance(view, PredictView):
        found = view.prediction
        rows += [("method", found.method), ("weights_sha256", found.weights_sha256)]
        rows.append(("seen_in_training", view.seen or "no"))
    if isinstance(view, AttentionView):
        weights = view.weights_sha256 or f"random, seed {view.seed}"
        rows += [("method", view.method), ("weights_sha256", weights)]
    return rows + list(versions().items())
