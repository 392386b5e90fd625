"""Decision curves with their bands, beside acting on everybody and on nobody."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ..evaluation.decision_curve import DecisionCurve
from .roc import add_band, in_order, strength
from .style import ABOVE, FAINT, LAST_LABEL, NEUTRAL, drawn_in_full, finish, share_axis


def decision_figure(
    curves: Mapping[str, DecisionCurve],
    thresholds: Mapping[str, float],
    chosen: str | None = None,
    height: int = 430,
) -> go.Figure:
    """Net benefit by method title, with the operating points as dots.

    Of many methods only the chosen one has a band and a name in the legend; the others are thin.

    Args:
        curves: all of the same images; at least one.
        thresholds: of each method's calls, 0..1.
        chosen: title of the method that is drawn in full.
        height: pixels.
    """
    figure, first = go.Figure(), next(iter(curves.values()))
    dotted = {"color": NEUTRAL, "width": 1.5, "dash": "dot"}
    for name, y in (("everybody", first.everybody), ("nobody", np.zeros_like(first.threshold))):
        figure.add_scatter(
            x=first.threshold, y=y, mode="lines", name=f"act on {name}", hoverinfo="skip",
            line=dotted if name == "everybody" else {**dotted, "dash": "solid"},
        )  # fmt: skip
    full = drawn_in_full(curves, chosen)
    for title, colour in in_order(curves, full):
        curve = curves[title]
        if title in full:
            add_band(figure, curve.threshold, curve.low, curve.high, colour, title)
        figure.add_scatter(
            x=curve.threshold, y=curve.network, mode="lines", name=title, legendgroup=title,
            line={"color": colour}, **strength(title in full),
            hovertemplate="acting from %{x:.0%} on<br>net benefit %{y:.3f}<extra>" + title
            + "</extra>",
        )  # fmt: skip
        if curve.threshold[0] <= thresholds.get(title, -1) <= curve.threshold[-1]:
            at = thresholds[title]
            figure.add_scatter(
                x=[at], y=[np.interp(at, curve.threshold, curve.network)], mode="markers",
                name=f"{title}, threshold {at:.3f}", legendgroup=title, showlegend=False,
                marker={"size": 14 if title in full else 7, "color": colour,
                        "line": {"color": "white", "width": 2 if title in full else 1}},
                hovertemplate=f"<b>{title}</b> at threshold {at:.3f}<br>net benefit %{{y:.3f}}"
                "<extra></extra>",
            )  # fmt: skip
    top = max(first.prevalence, *(float(np.nanmax(curves[title].high)) for title in full))
    figure.update_xaxes(**share_axis("probability from which one would act"))
    figure.update_yaxes(
        title="net benefit", range=[-0.25 * first.prevalence, 1.03 * top],
        gridcolor=FAINT, zeroline=False, automargin=True, tickformat=".2f",
    )  # fmt: skip
    return finish(figure, height).update_layout(margin_r=LAST_LABEL, legend=ABOVE)
