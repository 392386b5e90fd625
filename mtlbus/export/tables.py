"""The numbers of a view as CSV, each with its unit, and where they come from."""

from __future__ import annotations

from functools import singledispatch
from statistics import mean
from typing import Any

import pandas as pd

from ..core.outputs import Map
from ..core.quantities import unit_of
from ..core.tables import frame_csv
from ..core.wording import DISCLAIMER
from ..evaluation.metrics import dice_of
from ..explain.attention import array_of
from ..findings import Finding
from ..findings.finding import flat
from .case_views import CompareView, MirrorView, PairView, TwoCasesView
from .method_views import MethodView, OverviewView
from .numbers import judged_numbers, map_numbers, method_numbers, mirror_numbers
from .origin import now, versions
from .views import AttentionView, PerformanceView, View

WITHOUT_CASE = PerformanceView | MethodView | OverviewView


@singledispatch
def table_of(view: View) -> pd.DataFrame:
    """The numbers of a view, one a row or one method a row."""
    raise TypeError(f"No table is made of a {type(view).__name__}.")


@table_of.register
def _(view: Finding) -> pd.DataFrame:
    return pd.DataFrame(
        [(name, value, unit_of(name)) for name, value in flat(view.numbers()).items()],
        columns=["quantity", "value", "unit"],
    )


@table_of.register
def _(view: CompareView) -> pd.DataFrame:
    masks = [one.mask for one in view.views]
    rows = []
    for number, (one, mask) in enumerate(zip(view.views, masks, strict=True)):
        others = [m for n, m in enumerate(masks) if n != number and m is not None]
        shared = [dice_of(mask, other) for other in others] if mask is not None else []
        more = {"dice_to_the_others": mean(shared)} if shared else {}
        rows.append(flat(one.numbers()) | more | _cost(one))
    return pd.DataFrame(rows)


def _cost(view: Finding) -> dict[str, Any]:
    seconds = view.prediction.seconds
    return {"parameters": view.parameters, "milliseconds": 1000 * sum(seconds.values())}


@table_of.register
def _(view: MirrorView) -> pd.DataFrame:
    rows = []
    for one, turned in view.by_network:
        lesion, more = turned.lesion, mirror_numbers(one, turned)
        more |= {"area_px_mirrored": lesion and lesion.area_px}
        rows.append(flat(one.numbers()) | more | _cost(one))
    return pd.DataFrame(rows)


@table_of.register
def _(view: TwoCasesView) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"case": one.case.title} | flat(one.numbers()) | _cost(one)
            for both in view.by_network
            for one in both
        ]
    )


@table_of.register
def _(view: AttentionView) -> pd.DataFrame:
    return pd.DataFrame([_map_row(name, view.maps[name]) for name in view.names])


def _map_row(name: str, found: Map) -> dict[str, Any]:
    values = array_of(found)
    about = {"map": name, "kind": found.kind, "shape": "×".join(map(str, values.shape))}
    place = {"stride_px": found.stride, "stage": found.stage, "meaning": found.meaning}
    return about | map_numbers(values) | place


@table_of.register
def _(view: PerformanceView) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"method": one.method, "title": one.title, "images": view.images}
            | judged_numbers(one.rows, one.threshold)
            | {"predictions_sha256": one.predictions_sha256}
            for one in view.methods
        ]
    )


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
    if isinstance(view, Finding):  # one quantity a row
        there = set(table["quantity"])
        rows = [(name, text, "") for name, text in facts if name not in there]
        more = pd.DataFrame(rows, columns=table.columns)
        table = pd.concat([table.astype(object), more])
    else:
        table = table.assign(**{name: text for name, text in facts if name not in table})
    return frame_csv(table)


def origin_rows(view: View | PairView) -> list[tuple[str, str]]:
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
    if isinstance(view, Finding):
        found = view.prediction
        rows += [("method", found.method), ("weights_sha256", found.weights_sha256)]
        rows += [("computed_by", found.computed_by)]
        rows += [("verdict", view.verdict), ("seen", view.seen or "no")]
    if isinstance(view, AttentionView):
        weights = view.weights_sha256 or f"random, seed {view.seed}"
        rows += [("method", view.method), ("weights_sha256", weights)]
    return rows + list(versions().items())
