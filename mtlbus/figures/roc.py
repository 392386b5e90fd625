"""Curves of methods with their bands and the point a threshold picks: ROC, precision–recall."""

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
    QUIET,
    add_reference,
    drawn_in_full,
    finish,
    hover,
    method_colour,
    picked,
    see_through,
    share_axis,
)


class OperatingPoint(NamedTuple):
    """Where a threshold puts a method on both curves; shares of one."""

    threshold: float
    sensitivity: float
    specificity: float
    ppv: float


class Drawn(NamedTuple):
    """A curve of a method as it is drawn.

    Attributes:
        x, y: the curve.
        band: x, low and high.
        name: in the legend.
        words: beside the pointer.
        thresholds: for the words; None where they need none.
        point: what a threshold picks: x, y, the threshold and words; None without one.
    """

    x: np.ndarray
    y: np.ndarray
    band: tuple[np.ndarray, np.ndarray, np.ndarray]
    name: str
    words: str
    thresholds: np.ndarray | None = None
    point: tuple[float, float, float, str] | None = None


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
    add_reference(figure, [0, 1])
    words = "sensitivity %{y:.1%}<br>1 − specificity %{x:.1%}<br>threshold %{customdata:.3f}"
    drawn = {}
    for title, one in curves.items():
        band, name = (one.grid, one.low, one.high), f"{title} · AUC {one.auc:.3f}"
        point = (p := points.get(title)) and _place(p, 1 - p.specificity, p.sensitivity)
        drawn[title] = Drawn(one.fpr, one.tpr, band, name, words, one.thresholds, point)
    add_curves(figure, drawn, chosen)
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
        add_reference(figure, [next(iter(curves.values())).prevalence] * 2)
    words = "right %{y:.1%} of malignant calls<br>found %{x:.1%}<br>threshold %{customdata:.3f}"
    drawn = {}
    for title, one in curves.items():
        band = (one.grid, one.low, one.high)
        name = f"{title} · average precision {one.average_precision:.3f}"
        point = (p := points.get(title)) and _place(p, p.sensitivity, p.ppv)
        drawn[title] = Drawn(one.recall, one.precision, band, name, words, one.thresholds, point)
    add_curves(figure, drawn, chosen, shape="vh")
    figure.update_xaxes(**share_axis("recall = sensitivity (cancers found)"))
    figure.update_yaxes(**share_axis("precision (right malignant calls)"))
    return finish(figure, height).update_layout(margin_r=LAST_LABEL, legend=ABOVE)


def _place(point: OperatingPoint, x: float, y: float) -> tuple[float, float, float, str] | None:
    """A point of a curve with what it is worth; None where it is not defined."""
    rates = f"sensitivity {point.sensitivity:.1%}<br>specificity {point.specificity:.1%}"
    return None if np.isnan(x + y) else (x, y, point.threshold, rates)


def add_curves(
    figure: go.Figure, drawn: Mapping[str, Drawn], chosen: str | None, **line: Any
) -> set[str]:
    """Curves by method title: bands, then curves, then points; which are drawn in full.

    Args:
        figure: gets them.
        drawn: the curves.
        chosen: see `drawn_in_full`; its curve lies on top.
        line: how all of them run.
    """
    full = drawn_in_full(drawn, chosen)
    coloured = [(title, method_colour(position)) for position, title in enumerate(drawn)]
    ordered = sorted(coloured, key=lambda found: found[0] in full)
    for title, colour in ordered:
        one = drawn[title]
        thin = {"line_width": 1, "opacity": 0.7, "showlegend": False}
        if title in full:
            _add_band(figure, *one.band, colour, title)
        figure.add_scatter(
            x=one.x,
            y=one.y,
            mode="lines",
            line={"color": colour, **line},
            name=one.name,
            legendgroup=title,
            customdata=one.thresholds,
            hovertemplate=hover(one.words, title),
            **({"line_width": 2.5} if title in full else thin),
        )
    for title, colour in ordered:
        if (point := drawn[title].point) is not None:
            x, y, threshold, words = point
            figure.add_scatter(
                x=[x],
                y=[y],
                mode="markers",
                name=f"{title}, threshold {threshold:.3f}",
                legendgroup=title,
                showlegend=False,
                cliponaxis=False,
                marker=picked(colour, title in full),
                hovertemplate=hover(f"<b>{title}</b> at threshold {threshold:.3f}<br>{words}"),
            )
    return full


def _add_band(
    figure: go.Figure, grid: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, title: str
) -> None:
    known = ~(np.isnan(low) | np.isnan(high))
    if known.any():
        x, y = np.r_[grid[known], grid[known][::-1]], np.r_[high[known], low[known][::-1]]
        filled = {"fill": "toself", "fillcolor": see_through(colour, 0.16), "line_color": CLEAR}
        name = f"{title}, 95 % band"
        figure.add_scatter(x=x, y=y, name=name, legendgroup=title, **filled, **QUIET)
