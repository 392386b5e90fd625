"""ROC and precision–recall curves with their bands and the point a threshold picks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from ..evaluation.curves import PrecisionRecallBand, RocBand
from .style import (
    ABOVE,
    CLEAR,
    LAST_LABEL,
    NEUTRAL,
    drawn_in_full,
    finish,
    method_colour,
    see_through,
    share_axis,
)


class OperatingPoint(NamedTuple):
    """Where a threshold puts a method on both curves; shares of one."""

    threshold: float
    sensitivity: float
    specificity: float
    ppv: float


def roc_figure(
    curves: Mapping[str, RocBand],
    points: Mapping[str, OperatingPoint],
    chosen: str | None = None,
    height: int = 430,
) -> go.Figure:
    """ROC curves by method title, each with its 95 % band and operating point.

    Of many methods only the chosen one has a band and a name in the legend; the others are thin.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": NEUTRAL, "dash": "dot", "width": 1},
        name="chance line", hoverinfo="skip",
    )  # fmt: skip
    full = drawn_in_full(curves, chosen)
    for title, colour in in_order(curves, full):
        curve = curves[title]
        if title in full:
            add_band(figure, curve.grid, curve.low, curve.high, colour, title)
        figure.add_scatter(
            x=curve.fpr, y=curve.tpr, mode="lines", line={"color": colour},
            name=f"{title} · AUC {curve.auc:.3f}", legendgroup=title,
            customdata=curve.thresholds, **strength(title in full),
            hovertemplate="sensitivity %{y:.1%}<br>1 − specificity %{x:.1%}<br>"
            "threshold %{customdata:.3f}<extra>" + title + "</extra>",
        )  # fmt: skip
    found = {t: (1 - p.specificity, p.sensitivity) for t, p in points.items()}
    _add_points(figure, points, found, curves, full)
    figure.update_xaxes(**share_axis("1 − specificity (false alarms)"))
    figure.update_yaxes(**share_axis("sensitivity (cancers found)"))
    return finish(figure, height).update_layout(margin_r=LAST_LABEL, legend=ABOVE)


def precision_recall_figure(
    curves: Mapping[str, PrecisionRecallBand],
    points: Mapping[str, OperatingPoint],
    chosen: str | None = None,
    height: int = 430,
) -> go.Figure:
    """Precision–recall curves by method title, with band and operating point as `roc_figure`."""
    figure = go.Figure()
    if curves:
        prevalence = next(iter(curves.values())).prevalence
        figure.add_scatter(
            x=[0, 1], y=[prevalence] * 2, mode="lines", hoverinfo="skip", name="chance line",
            line={"color": NEUTRAL, "dash": "dot", "width": 1},
        )  # fmt: skip
    full = drawn_in_full(curves, chosen)
    for title, colour in in_order(curves, full):
        curve = curves[title]
        if title in full:
            add_band(figure, curve.grid, curve.low, curve.high, colour, title)
        figure.add_scatter(
            x=curve.recall, y=curve.precision, mode="lines", legendgroup=title,
            line={"color": colour, "shape": "vh"},
            name=f"{title} · average precision {curve.average_precision:.3f}",
            customdata=curve.thresholds, **strength(title in full),
            hovertemplate="right %{y:.1%} of malignant calls<br>found %{x:.1%}<br>"
            "threshold %{customdata:.3f}<extra>" + title + "</extra>",
        )  # fmt: skip
    found = {t: (p.sensitivity, p.ppv) for t, p in points.items() if not np.isnan(p.ppv)}
    _add_points(figure, points, found, curves, full)
    figure.update_xaxes(**share_axis("recall = sensitivity (cancers found)"))
    figure.update_yaxes(**share_axis("precision (right malignant calls)"))
    return finish(figure, height).update_layout(margin_r=LAST_LABEL, legend=ABOVE)


def in_order(curves: Mapping[str, object], full: set[str]) -> list[tuple[str, str]]:
    """Title and colour of each method; those drawn in full come last, on top."""
    coloured = [(title, method_colour(position)) for position, title in enumerate(curves)]
    return sorted(coloured, key=lambda found: found[0] in full)


def strength(full: bool) -> dict[str, Any]:
    """How a curve is drawn among others."""
    return {"line_width": 2.5} if full else {"line_width": 1, "opacity": 0.7, "showlegend": False}


def add_band(
    figure: go.Figure, grid: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, title: str
) -> None:
    known = ~(np.isnan(low) | np.isnan(high))
    if not known.any():
        return
    figure.add_scatter(
        x=np.r_[grid[known], grid[known][::-1]], y=np.r_[high[known], low[known][::-1]],
        fill="toself", fillcolor=see_through(colour, 0.16), line={"color": CLEAR},
        name=f"{title}, 95 % band", legendgroup=title, showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def _add_points(
    figure: go.Figure,
    points: Mapping[str, OperatingPoint],
    places: Mapping[str, tuple[float, float]],
    curves: Mapping[str, object],
    full: set[str],
) -> None:
    for title, colour in in_order(curves, full):
        if title not in places:
            continue
        (x, y), point = places[title], points[title]
        figure.add_scatter(
            x=[x], y=[y], mode="markers", legendgroup=title, showlegend=False, cliponaxis=False,
            name=f"{title}, threshold {point.threshold:.3f}",
            marker={"size": 14 if title in full else 7, "color": colour,
                    "line": {"color": "white", "width": 2 if title in full else 1}},
            hovertemplate=f"<b>{title}</b> at threshold {point.threshold:.3f}<br>"
            f"sensitivity {point.sensitivity:.1%}<br>specificity {point.specificity:.1%}"
            "<extra></extra>",
        )  # fmt: skip
