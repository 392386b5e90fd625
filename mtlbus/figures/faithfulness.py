"""Insertion and deletion curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .style import FAINT, NEUTRAL, finish, hover, method_colour, share_axis

Points = tuple[np.ndarray, np.ndarray]


def curves_figure(
    curves: Mapping[str, tuple[Points, Points]],
    unit: str,
    random: tuple[Points, Points] | None = None,
) -> go.Figure:
    """Insertion on the left, deletion on the right, one line an attribution.

    Args:
        curves: by title (insertion, deletion), each as shares of the pixels and answers there.
        unit: of the answers.
        random: of pixels in random order, the reference; None where it is not known.
    """
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        subplot_titles=("Insertion<br>higher is better", "Deletion<br>lower is better"),
    )
    drawn: list[tuple[str, tuple[Points, Points], dict[str, Any]]] = [
        (title, pair, {"mode": "lines+markers", "marker": {"size": 5}, "line": _line(position)})
        for position, (title, pair) in enumerate(curves.items())
    ]
    if random is not None:
        dashed = {"color": NEUTRAL, "width": 2, "dash": "dash"}
        drawn.append(("random order", random, {"mode": "lines", "line": dashed}))
    for title, pair, look in drawn:
        for column, (share, value) in enumerate(pair, start=1):
            figure.add_scatter(
                x=share,
                y=np.round(value, 4),
                name=title,
                legendgroup=title,
                showlegend=column == 1,
                hovertemplate=hover("%{x:.0%} of the pixels: %{y:.4g}", title),
                row=1,
                col=column,
                **look,
            )
    if curves:
        (_, shown), _ = next(iter(curves.values()))
        for value, text in ((shown[0], "baseline"), (shown[-1], "whole image")):
            line = {"color": NEUTRAL, "width": 1, "dash": "dot"}
            beside = {"annotation_position": "right", "annotation_font_size": 11}
            figure.add_hline(y=value, line=line, annotation_text=text, row=1, col=2, **beside)
            figure.add_hline(y=value, line=line, row=1, col=1)
    finish(figure, 380)
    for column, title in enumerate(("pixels shown", "pixels taken away"), start=1):
        figure.update_xaxes(**share_axis(title) | {"dtick": 0.5, "tickangle": 0}, col=column)
    figure.update_yaxes(showgrid=True, gridcolor=FAINT, zeroline=False, automargin=True)
    figure.update_layout(margin={"r": 90, "t": 50}, legend_y=-0.26)
    return figure.update_yaxes(title=unit, col=1)


def _line(position: int) -> dict[str, Any]:
    return {"color": method_colour(position), "width": 2.5}
