"""Calibration curves: what was promised and what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..evaluation.calibration import Reliability
from .style import (
    ABOVE,
    FAINT,
    LAST_LABEL,
    add_reference,
    drawn_in_full,
    error_bars,
    finish,
    hover,
    method_colour,
    share_axis,
)


def calibration_figure(curves: Mapping[str, Reliability], chosen: str | None = None) -> go.Figure:
    """Reliability by method title with 95 % Wilson bars; below it the images in each bin.

    Of many methods only the chosen one has bars and a name in the legend; the others are thin.
    """
    figure = make_subplots(
        rows=2, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.05
    )
    add_reference(figure, [0, 1], "perfect", row=1, col=1)
    full = drawn_in_full(curves, chosen)
    for position, (title, curve) in enumerate(curves.items()):
        colour, filled = method_colour(position), curve.count > 0
        look: dict[str, Any] = {"mode": "lines", "opacity": 0.6, "showlegend": False}
        if title in full:
            low, observed, high = (p[filled] for p in (curve.low, curve.observed, curve.high))
            look = {"mode": "lines+markers", "error_y": error_bars(observed, low, high)}
        figure.add_scatter(
            x=curve.mean_probability[filled],
            y=curve.observed[filled],
            name=title,
            legendgroup=title,
            line={"color": colour, "width": 2 if title in full else 1},
            marker={"size": 8},
            customdata=curve.count[filled],
            hovertemplate=hover(
                "promised %{x:.1%}<br>came %{y:.1%}<br>%{customdata} images", title
            ),
            row=1,
            col=1,
            **look,
        )
        if title in full:
            bars = {"marker": {"color": colour}, "hovertemplate": hover("%{y} images", title)}
            figure.add_bar(x=curve.centre, y=curve.count, showlegend=False, row=2, col=1, **bars)
    finish(figure, 460)
    figure.update_xaxes(**share_axis(""), row=1, col=1)
    figure.update_xaxes(**share_axis("predicted probability of malignancy"), row=2, col=1)
    figure.update_yaxes(**share_axis("share that is malignant"), row=1, col=1)
    most = max((int(np.max(curves[title].count)) for title in full), default=1)
    figure.update_yaxes(
        title="images", gridcolor=FAINT, range=[0, 1.1 * most], nticks=3, row=2, col=1
    )
    return figure.update_layout(bargap=0.15, margin_r=LAST_LABEL, legend=ABOVE)
