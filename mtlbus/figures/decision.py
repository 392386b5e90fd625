"""Decision curves with their bands, beside acting on everybody and on nobody."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ..evaluation.decision_curve import DecisionCurve
from .roc import Drawn, add_curves
from .style import ABOVE, FAINT, LAST_LABEL, NEUTRAL, finish, share_axis


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
    nothing = np.zeros_like(first.threshold)
    for name, y, dash in (("everybody", first.everybody, "dot"), ("nobody", nothing, "solid")):
        line = {"color": NEUTRAL, "width": 1.5, "dash": dash}
        named = {"name": f"act on {name}", "hoverinfo": "skip"}
        figure.add_scatter(x=first.threshold, y=y, mode="lines", line=line, **named)
    words = "acting from %{x:.0%} on<br>net benefit %{y:.3f}"
    drawn = {}
    for title, curve in curves.items():
        point, at = None, thresholds.get(title, -1)
        if curve.threshold[0] <= at <= curve.threshold[-1]:
            benefit = float(np.interp(at, curve.threshold, curve.network))
            point = (at, benefit, at, f"net benefit {benefit:.3f}")
        band = (curve.threshold, curve.low, curve.high)
        drawn[title] = Drawn(curve.threshold, curve.network, band, title, words, None, point)
    full = add_curves(figure, drawn, chosen)
    top = max(first.prevalence, *(float(np.nanmax(curves[title].high)) for title in full))
    figure.update_xaxes(**share_axis("probability from which one would act"))
    figure.update_yaxes(title="net benefit", range=[-0.25 * first.prevalence, 1.03 * top])
    figure.update_yaxes(gridcolor=FAINT, zeroline=False, automargin=True, tickformat=".2f")
    return finish(figure, height).update_layout(margin_r=LAST_LABEL, legend=ABOVE)
