"""An image on which a box can be drawn."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from .cells import image_figure
from .style import CLEAR

_POINTS = 40  # along the longer side; a selection has to catch one to be reported


def box_figure(grey: np.ndarray, box: tuple[int, int, int, int], height: int = 340) -> go.Figure:
    """The image with a box, ready for dragging another one.

    Streamlit reports a selection of points, so unseen points lie over the image.

    Args:
        grey: H×W uint8.
        box: left, top, width, height in its pixels.
        height: of the figure, pixels.
    """
    figure = image_figure(grey, height)
    rows, columns = grey.shape
    step = max(1, max(rows, columns) // _POINTS)
    grid = np.mgrid[step // 2 : rows : step, step // 2 : columns : step]
    y, x = grid.reshape(2, -1)
    unseen = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=x, y=y, mode="markers", hoverinfo="skip", showlegend=False, selected=unseen,
        unselected=unseen, marker={"size": 1, "color": CLEAR, "opacity": 0},
    )  # fmt: skip
    left, top, across, down = box
    for colour, width in (("#000000", 5), ("#FFFFFF", 2.5)):
        figure.add_shape(
            type="rect", x0=left, x1=left + across, y0=top, y1=top + down,
            line={"color": colour, "width": width},
        )  # fmt: skip
    return figure.update_layout(
        dragmode="select",
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        newselection={"line": {"color": "#FFFFFF", "width": 2, "dash": "dot"}},
    )
