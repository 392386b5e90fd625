"""What all charts share: transparent ground, legend below, colours of methods and regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
