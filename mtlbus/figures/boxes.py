"""An image on which a box can be drawn."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from .cells import image_figure
from .style import CLEAR, QUIET, UNSEEN, add_rectangle

_POINTS = 40  # along the longer side; a selection has to catch one to be reported


def box_figure(grey: np.ndarray, box: tuple[int, int, int, int]) -> go.Figure:
    """The image with a box, ready for dragging another one.

    Streamlit reports a selection of points, so unseen points lie over the image.

    Args:
        grey: H×W uint8.
        box: left, top, width, height in its pixels.
    """
    figure = image_figure(grey, 340)
    rows, columns = grey.shape
    step = max(1, max(rows, columns) // _POINTS)
    grid = np.mgrid[step // 2 : rows : step, step // 2 : columns : step]
    y, x = grid.reshape(2, -1)
    marker = {"size": 1, "color": CLEAR, "opacity": 0}
    figure.add_scatter(x=x, y=y, mode="markers", marker=marker, **QUIET, **UNSEEN)
    left, top, across, down = box
    for colour, width in (("#000000", 5), ("#FFFFFF", 2.5)):
        line = {"color": colour, "width": width}
        add_rectangle(figure, (left, left + across), (top, top + down), line=line)
    return figure.update_layout(
        dragmode="select",
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        newselection={"line": {"color": "#FFFFFF", "width": 2, "dash": "dot"}},
    )
