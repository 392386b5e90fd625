"""What all charts share: transparent ground, legend below, colours of methods and regions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from .colours import rgb

FEW = 4  # so many methods can be told apart with their bands
CLEAR = "rgba(0,0,0,0)"
NEUTRAL = "#8A8F98"  # readable on white and on black
LETTERS = {False: "#56616A", True: "#BAC4C9"}  # of a light and of a dark page
FAINT = "rgba(138,143,152,0.28)"
ABOVE = {"y": 1.02, "yanchor": "bottom", "x": 0}
"""A legend that meets no axis, however narrow the chart or large its letters."""
LAST_LABEL = 28  # pixels right of a `share_axis`, so that its "100%" is not left out

# After Okabe and Ito (2008), without the two that mean benign and malignant; the blue is lighter,
# so that it can be seen on a dark page.
METHOD_COLOURS = ("#2F86C9", "#CC79A7", "#E69F00", "#8A6FDF", "#3FB8C4", "#7F7F7F")

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "svg", "filename": "mtlbus"},
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
}
"""For `st.plotly_chart`: a small tool bar whose camera saves the figure as SVG."""
CAMERA = {**CONFIG, "modeBarButtons": [["toImage"]]}
"""The same with the camera alone."""
QUIET = {**CONFIG, "displayModeBar": False}
"""No tool bar at all."""


QUIET: dict[str, Any] = {"hoverinfo": "skip", "showlegend": False}
"""Of a trace that says nothing."""
UNSEEN: dict[str, Any] = {
    "selected": {"marker": {"opacity": 0}},
    "unselected": {"marker": {"opacity": 0}},
}
"""Of points that can be clicked and are not seen, chosen or not."""


def hover(text: str, name: str = "") -> str:
    """What stands beside the pointer: of which the name has a colour of its own."""
    return f"{text}<extra>{name}</extra>"


def add_reference(
    figure: go.Figure, y: Sequence[float], name: str = "chance line", **where: Any
) -> None:
    """A thin dotted line from 0 to 1, to compare with."""
    dotted = {"color": NEUTRAL, "dash": "dot", "width": 1}
    figure.add_scatter(
        x=[0, 1], y=y, mode="lines", line=dotted, name=name, hoverinfo="skip", **where
    )


def error_bars(value: Any, low: Any, high: Any, width: float = 3) -> dict[str, Any]:
    """Bars to both limits of a value or of several, all in the unit of the axis."""
    value, low, high = map(np.atleast_1d, (value, low, high))
    thin: dict[str, Any] = {"type": "data", "symmetric": False, "thickness": 1.2, "width": width}
    return {**thin, "array": high - value, "arrayminus": value - low}


def add_rectangle(figure: go.Figure, x: Sequence[float], y: Sequence[float], **look: Any) -> None:
    """A rectangle over two places of either axis."""
    figure.add_shape(type="rect", x0=x[0], x1=x[1], y0=y[0], y1=y[1], **look)


def add_line(
    figure: go.Figure, x: Sequence[float], y: Sequence[float], below: bool = True, **line: Any
) -> None:
    """A straight line between two places, under the traces or over them."""
    layer = "below" if below else "above"
    figure.add_shape(type="line", x0=x[0], x1=x[1], y0=y[0], y1=y[1], line=line, layer=layer)


def picked(colour: str, full: bool = True) -> dict[str, Any]:
    """The dot on a curve that a threshold or an epoch picks; smaller among many curves."""
    rim = {"color": "white", "width": 2 if full else 1}
    return {"size": 14 if full else 7, "color": colour, "line": rim}


def method_colour(position: int) -> str:
    """Colour of the method at this place among those that are shown."""
    return METHOD_COLOURS[position % len(METHOD_COLOURS)]


def drawn_in_full(titles: Iterable[str], chosen: str | None = None) -> set[str]:
    """The methods that a chart draws with bands and legend: all of a few, of many only one.

    Args:
        titles: of the methods, in order.
        chosen: the one of many; the first where none is.
    """
    titles = list(titles)
    if len(titles) <= FEW:
        return set(titles)
    return {chosen if chosen in titles else titles[0]}


def see_through(colour: str, opacity: float) -> str:
    """A colour "#RRGGBB" as "rgba(…)"."""
    red, green, blue = rgb(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def finish(figure: go.Figure, height: int, legend: bool = True) -> go.Figure:
    """Lay out a chart so that it stands on a light and on a dark page.

    Args:
        figure: is changed and returned.
        height: pixels.
        legend: show one, below the chart.
    """
    return figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "top", "y": -0.18, "xanchor": "left", "x": 0},
        hoverlabel={"namelength": -1},
    )


def with_letters(figure: go.Figure, dark: bool) -> go.Figure:
    """The letters of a chart in a grey that stands out from the page.

    Streamlit's own is 3.6 : 1 on a light page. Where a chart says a colour for some of its letters,
    it stays.

    Args:
        figure: is changed and returned.
        dark: for a dark page.
    """
    layout = figure.layout
    axes = [layout[name] for name in _axes_of(figure)]
    fonts = [font for axis in axes for font in (axis.tickfont, axis.title.font)]
    for font in (layout.font, layout.legend.font, *fonts):
        font.color = LETTERS[dark]  # one by one: `update_layout` takes twice as long
    return figure


def _axes_of(figure: go.Figure) -> set[str]:
    """The axes of a chart, as its layout names them."""
    found = {
        f"{ref[0]}axis{ref[1:]}" for t in figure.data for ref in (t.xaxis or "x", t.yaxis or "y")
    }
    return found or {"xaxis", "yaxis"}


def rows_axis(names: Sequence[str]) -> dict[str, Any]:
    """An axis with a row for each name, the first on top, at 0, 1, 2, …"""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "range": [len(names) - 0.5, -0.5],
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
    }


def share_axis(title: str) -> dict[str, Any]:
    """An axis from 0 to 100 %."""
    return {
        "title": title,
        "range": [-0.01, 1.01],
        "tickformat": ".0%",
        "dtick": 0.2,
        "showgrid": True,
        "gridcolor": FAINT,
        "zeroline": False,
        "automargin": True,
    }
