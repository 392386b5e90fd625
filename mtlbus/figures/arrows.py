"""Displacements as arrows on the image."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ..explain.views import Arrows
from .cells import BAR_SPACE, image_figure
from .style import QUIET

ARROW, CASING = "#F0E442", "#000000"
_FACTORS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def magnification(arrows: Arrows) -> int:
    """How many times as long the arrows are drawn, so that the longest spans about its place."""
    if arrows.longest == 0:
        return 1
    room = 1.2 * arrows.cell * arrows.step / arrows.longest
    return max((factor for factor in _FACTORS if factor <= room), default=1)


def arrow_figure(
    grey: np.ndarray, arrows: Arrows, magnified: int = 1, height: int = 330
) -> go.Figure:
    """The image with an arrow from each place to where its sample moves.

    Args:
        grey: H×W uint8.
        arrows: in pixels of the image.
        magnified: drawn length over true length.
        height: pixels.
    """
    figure = image_figure(grey, height)
    figure.update_layout(margin={"t": 4, "b": 4}, height=figure.layout.height - BAR_SPACE + 8)
    x, y = _segments(arrows, magnified)
    for colour, width in ((CASING, 3.5), (ARROW, 1.6)) if arrows.longest else ():
        line = {"color": colour, "width": width}
        figure.add_scatter(x=x, y=y, mode="lines", line=line, connectgaps=False, **QUIET)
    figure.add_scatter(
        x=arrows.x.round(1).tolist(),
        y=arrows.y.round(1).tolist(),
        mode="markers",
        marker={"size": 3, "color": ARROW},
        showlegend=False,
        customdata=np.stack([arrows.dx, arrows.dy], axis=1).round(2).tolist(),
        hovertemplate="right %{customdata[0]} px, down %{customdata[1]} px<extra></extra>",
    )
    return figure


def _segments(arrows: Arrows, magnified: int) -> tuple[list, list]:
    """Shaft and two strokes of the head for each arrow, as one broken line."""
    x, y, dx, dy = arrows.x, arrows.y, arrows.dx * magnified, arrows.dy * magnified
    tip_x, tip_y = x + dx, y + dy
    gap = np.full_like(x, np.nan)
    # The strokes go back from the tip by 30 % of the shaft, turned by 30° to either side.
    cosine, sine = 0.3 * np.cos(np.pi / 6), 0.3 * np.sin(np.pi / 6)
    left_x, left_y = tip_x - dx * cosine - dy * sine, tip_y - dy * cosine + dx * sine
    right_x, right_y = tip_x - dx * cosine + dy * sine, tip_y - dy * cosine - dx * sine
    lines_x = np.stack([x, tip_x, gap, left_x, tip_x, right_x, gap], axis=1).ravel().round(1)
    lines_y = np.stack([y, tip_y, gap, left_y, tip_y, right_y, gap], axis=1).ravel().round(1)
    return (
        [None if np.isnan(value) else value for value in lines_x.tolist()],
        [None if np.isnan(value) else value for value in lines_y.tolist()],
    )
