"""Readers of the same cases as points where their ROC curves would run."""

from __future__ import annotations

import math
from collections.abc import Mapping

import plotly.graph_objects as go

from ..evaluation.intervals import Interval
from ..evaluation.readers import ReaderScore
from .style import (
    ABOVE,
    LAST_LABEL,
    NEUTRAL,
    add_reference,
    error_bars,
    finish,
    hover,
    method_colour,
    share_axis,
)

_BOTH = "sensitivity %{y:.0%}<br>false alarms %{x:.0%}"


def readers_figure(
    people: Mapping[str, ReaderScore],
    networks: Mapping[str, ReaderScore],
    own: str = "",
    height: int = 430,
) -> go.Figure:
    """Sensitivity and false alarms of people and networks, some with 95 % Wilson intervals.

    Only one's own point and those of networks have intervals, or a class would be a thicket.
    Whoever read only one class has no point.

    Args:
        people: by nickname; none of them is drawn.
        networks: by title.
        own: the nickname of who looks; "" for nobody.
        height: pixels.
    """
    figure = go.Figure()
    add_reference(figure, [0, 1])
    others = [one for name, one in people.items() if name != own and _has_point(one)]
    if others:
        figure.add_scatter(
            x=[1 - one.specificity.value for one in others],
            y=[one.sensitivity.value for one in others],
            mode="markers",
            name="the others" if own else "the readers",
            marker={"size": 9, "color": NEUTRAL, "symbol": "circle-open", "line": {"width": 2}},
            hovertemplate=hover(_BOTH),
        )
    for position, (title, one) in enumerate(networks.items()):
        if _has_point(one):
            _add(figure, title, one, method_colour(position), "square", 10)
    if own in people and _has_point(people[own]):
        _add(figure, "you", people[own], "#D62728", "star", 16)
    figure.update_xaxes(**share_axis("1 − specificity (false alarms)"))
    figure.update_yaxes(**share_axis("sensitivity (cancers found)"))
    return finish(figure, height).update_layout(
        margin_r=LAST_LABEL, legend=ABOVE, legend_itemclick=False
    )


def _has_point(one: ReaderScore) -> bool:
    return not (math.isnan(one.sensitivity.value) or math.isnan(one.specificity.value))


def _add(
    figure: go.Figure, name: str, one: ReaderScore, colour: str, symbol: str, size: int
) -> None:
    false_alarms = Interval(*(1 - part for part in one.specificity))
    figure.add_scatter(
        x=[false_alarms.value],
        y=[one.sensitivity.value],
        mode="markers",
        name=name,
        cliponaxis=False,
        marker={"size": size, "color": colour, "symbol": symbol},
        error_y=error_bars(*one.sensitivity),
        error_x=error_bars(false_alarms.value, false_alarms.high, false_alarms.low),
        hovertemplate=hover(_BOTH, name),
    )
