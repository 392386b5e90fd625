"""Insertion and deletion curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .style import FAINT, NEUTRAL, finish, method_colour, share_axis

Points = tuple[np.ndarray, np.ndarray]


def curves_figure(
    curves: Mapping[str, tuple[Points, Points]],
    unit: str,
    random: tuple[Points, Points] | None = None,
    height: int = 380,
) -> go.Figure:
    """Insertion on the left, deletion on the right, one line an attribution.

    Args:
        curves: by title (insertion, deletion), each as shares of the pixels and answers there.
        unit: of the answers.
        random: of pixels in random order, the reference; None where it is not known.
        height: pixels.
    """
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        subplot_titles=("Insertion<br>higher is better", "Deletion<br>lower is better"),
    )
    for position, (title, pair) in enumerate(curves.items()):
        for column, (share, value) in enumerate(pair, start=1):
            figure.add_scatter(
                x=share, y=np.round(value, 4), mode="lines+markers", name=title,
                legendgroup=title, showlegend=column == 1, marker={"size": 5},
                line={"color": method_colour(position), "width": 2.5},
                hovertemplate="%{x:.0%} of the pixels: %{y:.4g}<extra>" + title + "</extra>",
                row=1, col=column,
            )  # fmt: skip
    for column, (share, value) in enumerate(random or (), start=1):
        figure.add_scatter(
            x=share, y=np.round(value, 4), mode="lines", name="random order",
            legendgroup="random order", showlegend=column == 1,
            line={"color": NEUTRAL, "width": 2, "dash": "dash"},
            hovertemplate="%{x:.0%} of the pixels: %{y:.4g}<extra>random order</extra>",
            row=1, col=column,
        )  # fmt: skip
    if curves:
        (_, shown), _ = next(iter(curves.values()))
        for value, text in ((shown[0], "baseline"), (shown[-1], "whole image")):
            figure.add_hline(
                y=value, line={"color": NEUTRAL, "width": 1, "dash": "dot"},
                annotation_text=text, annotation_position="right",
                annotation_font_size=11, row=1, col=2,
            )  # fmt: skip
            figure.add_hline(
                y=value, line={"color": NEUTRAL, "width": 1, "dash": "dot"}, row=1, col=1
            )
    finish(figure, height)
    for column, title in enumerate(("pixels shown", "pixels taken away"), start=1):
        figure.update_xaxes(**share_axis(title) | {"dtick": 0.5, "tickangle": 0}, col=column)
    figure.update_yaxes(showgrid=True, gridcolor=FAINT, zeroline=False, automargin=True)
    figure.update_layout(margin={"r": 90, "t": 50}, legend_y=-0.26)
    return figure.update_yaxes(title=unit, col=1)
