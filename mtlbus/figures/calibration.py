"""Calibration curves: what was promised and what came."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..evaluation.calibration import Reliability
from .style import (
    ABOVE,
    FAINT,
    LAST_LABEL,
    NEUTRAL,
    drawn_in_full,
    finish,
    method_colour,
    share_axis,
)


def calibration_figure(
    curves: Mapping[str, Reliability], chosen: str | None = None, height: int = 460
) -> go.Figure:
    """Reliability by method title with 95 % Wilson bars; below it the images in each bin.

    Of many methods only the chosen one has bars and a name in the legend; the others are thin.
    """
    figure = make_subplots(
        rows=2, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.05
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": NEUTRAL, "dash": "dot", "width": 1},
        name="perfect", hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
    full = drawn_in_full(curves, chosen)
    for position, (title, curve) in enumerate(curves.items()):
        colour, filled = method_colour(position), curve.count > 0
        if title not in full:
            figure.add_scatter(
                x=curve.mean_probability[filled], y=curve.observed[filled], mode="lines",
                name=title, line={"color": colour, "width": 1}, opacity=0.6, showlegend=False,
                hovertemplate="promised %{x:.1%}<br>came %{y:.1%}<extra>" + title + "</extra>",
                row=1, col=1,
            )  # fmt: skip
            continue
        figure.add_scatter(
            x=curve.mean_probability[filled], y=curve.observed[filled], mode="lines+markers",
            name=title, legendgroup=title, line={"color": colour, "width": 2},
            marker={"size": 8},
            error_y={
                "type": "data", "symmetric": False, "thickness": 1.2, "width": 3,
                "array": (curve.high - curve.observed)[filled],
                "arrayminus": (curve.observed - curve.low)[filled],
            },
            customdata=curve.count[filled],
            hovertemplate="promised %{x:.1%}<br>came %{y:.1%}<br>%{customdata} images<extra>"
            + title + "</extra>",
            row=1, col=1,
        )  # fmt: skip
        figure.add_bar(
            x=curve.centre, y=curve.count, marker={"color": colour}, legendgroup=title,
            showlegend=False, name=title, row=2, col=1,
            hovertemplate="%{y} images<extra>" + title + "</extra>",
        )  # fmt: skip
    finish(figure, height)
    figure.update_xaxes(**share_axis(""), row=1, col=1)
    figure.update_xaxes(**share_axis("predicted probability of malignancy"), row=2, col=1)
    figure.update_yaxes(**share_axis("share that is malignant"), row=1, col=1)
    most = max((int(np.max(curves[title].count)) for title in full), default=1)
    figure.update_yaxes(
        title="images", gridcolor=FAINT, range=[0, 1.1 * most], nticks=3, row=2, col=1
    )
    return figure.update_layout(bargap=0.15, margin_r=LAST_LABEL, legend=ABOVE)
