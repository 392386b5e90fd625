"""Dice per image: its spread by method."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape  # Plotly reads markup in every text

import numpy as np
import plotly.graph_objects as go

from .style import FEW, finish, method_colour, share_axis


def dice_figure(scores: Mapping[str, tuple[np.ndarray, list[str]]]) -> go.Figure:
    """A box and every image as a point, one row a method; of many methods outliers only.

    Args:
        scores: by method title the Dice of each image, 0..1, and the images' names.
    """
    figure = go.Figure()
    few = len(scores) <= FEW
    for position, (title, (dice, names)) in enumerate(scores.items()):
        figure.add_box(
            x=np.round(dice, 4), name=title, orientation="h",
            boxpoints="all" if few else "outliers", jitter=0.6 if few else 0.3,
            pointpos=0, boxmean=True, width=0.7, line={"width": 1.6},
            text=[escape(name, quote=False) for name in names],
            marker={"color": method_colour(position), "size": 3.5, "opacity": 0.45},
            hovertemplate="%{text}: %{x:.3f}<extra></extra>",
        )  # fmt: skip
    finish(figure, 90 + (100 if few else 42) * max(len(scores), 1), legend=False)
    figure.update_xaxes(**share_axis("Dice with the outline of the dataset"))
    figure.update_xaxes(tickformat=".1f")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure
