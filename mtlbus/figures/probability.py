"""The probability of malignancy on a line from 0 to 100 %, with its operating point."""

from __future__ import annotations

import plotly.graph_objects as go

from ..core.wording import percent
from . import colours
from .style import FAINT, NEUTRAL, finish, see_through

_TRACK = (0.30, 0.70)
# From the left and the right end to the middle of the grey zone, so that no two words touch where
# the bar is at its narrowest, about 300 pixels.
_ROOM = 0.28, 0.34


def probability_bar(
    probability: float,
    threshold: float,
    grey_zone: tuple[float, float] | None = None,
    doubted: bool = False,
) -> go.Figure:
    """A bar that is benign left of the threshold and malignant right of it, with a marker.

    Args:
        probability: of malignancy, 0..1.
        threshold: of the operating point; at or above it the call is malignant.
        grey_zone: probabilities between two strict operating points, where the call is unsure.
        doubted: something speaks against the answer, so that no colour stands for a class.
    """
    figure = go.Figure()
    for low, high, colour in (
        (0, threshold, colours.BENIGN),
        (threshold, 1, colours.MALIGNANT),
    ):
        _band(figure, low, high, see_through(colours.UNSURE if doubted else colour, 0.40))
    if not doubted and grey_zone and grey_zone[0] < grey_zone[1]:
        _band(figure, *grey_zone, see_through(colours.UNSURE, 0.75))
        if _ROOM[0] <= sum(grey_zone) / 2 <= 1 - _ROOM[1]:
            _name(figure, sum(grey_zone) / 2, "center", "grey zone")
    figure.add_shape(
        type="line",
        x0=threshold,
        x1=threshold,
        y0=0.20,
        y1=0.80,
        line={"color": NEUTRAL, "width": 2},
    )
    marker = {
        "symbol": "diamond",
        "size": 20,
        "color": colours.UNSURE if doubted else colours.of_class(probability >= threshold),
        "line": {"color": "white", "width": 2},
    }
    figure.add_scatter(
        x=[probability],
        y=[0.5],
        mode="markers",
        marker=marker,
        hovertemplate=f"probability {percent(probability)}<br>"
        f"operating point {percent(threshold)}<extra></extra>",
    )
    for x, side, text in ((0.0, "left", "benign"), (1.0, "right", "malignant")):
        _name(figure, x, side, text)
    figure.update_xaxes(
        range=[-0.01, 1.01],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        ticktext=["0 %", "25 %", "50 %", "75 %", "100 %"],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        tickcolor=FAINT,
        ticks="outside",
    )
    figure.update_yaxes(visible=False, range=[0, 1.05], fixedrange=True)
    finish(figure, height=104, legend=False)
    return figure.update_layout(margin={"l": 14, "r": 22, "t": 0, "b": 24})


def bar_in_words(
    probability: float, threshold: float, grey_zone: tuple[float, float] | None = None
) -> str:
    """What the bar shows, for a person who cannot see it; arguments as of `probability_bar`."""
    where = "at or above" if probability >= threshold else "below"
    zone = ""
    if grey_zone and grey_zone[0] < grey_zone[1]:
        inside = "in" if grey_zone[0] <= probability < grey_zone[1] else "outside"
        zone = f", {inside} the grey zone from {percent(grey_zone[0])} to {percent(grey_zone[1])}"
    return (
        f"Bar from 0 to 100 %, benign on the left, malignant on the right: the probability "
        f"{percent(probability)} is {where} the operating point of {percent(threshold)}{zone}."
    )


def _name(figure: go.Figure, x: float, side: str, text: str) -> None:
    """A word above the bar."""
    figure.add_annotation(
        x=x, y=0.92, xanchor=side, yanchor="middle", text=text, showarrow=False,
        font={"size": 13},
    )  # fmt: skip


def _band(figure: go.Figure, low: float, high: float, colour: str) -> None:
    figure.add_shape(
        type="rect", x0=low, x1=high, y0=_TRACK[0], y1=_TRACK[1], fillcolor=colour,
        line={"width": 0}, layer="below",
    )  # fmt: skip
