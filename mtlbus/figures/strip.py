"""Answers as dots on a line from 0 to 100 %, one strip a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from ..core.wording import percent
from . import colours
from .style import FAINT, NEUTRAL, add_line, finish, hover

_NEAR = 0.022  # closer dots stand above each other
_LANES = (0, 0.2, -0.2, 0.38, -0.38)
_ROW, _FOOT = 52, 34  # pixels
_TICKS = (0, 0.25, 0.5, 0.75, 1)


class Dot(NamedTuple):
    """One answer.

    Attributes:
        probability: 0..1.
        words: whose it is, and what it says.
        malignant: the call; None without one.
        doubted: drawn open.
    """

    probability: float
    words: str
    malignant: bool | None
    doubted: bool = False


def strip_figure(
    rows: Mapping[str, Sequence[Dot]], here: float, threshold: float | None
) -> go.Figure:
    """Strips of dots below each other.

    Args:
        rows: the dots of each strip, by its title; at least one strip.
        here: the answer that they stand beside, a dotted line.
        threshold: of its operating point, a full line; None without one.
    """
    figure, count = go.Figure(), len(rows)
    for number, (title, dots) in enumerate(rows.items()):
        level = count - 1 - number
        add_line(figure, (0, 1), [level] * 2, color=FAINT, width=1)
        x, side = (1, "right") if here < 0.5 else (0, "left")  # where fewer dots are
        at = {"x": x, "y": level + 0.5, "xanchor": side, "yanchor": "top"}
        figure.add_annotation(**at, text=title, showarrow=False, font={"size": 12})
        for lane, dot in _laned(dots):
            colour = colours.UNSURE if dot.malignant is None else colours.of_class(dot.malignant)
            figure.add_scatter(
                x=[dot.probability],
                y=[level + 0.62 * lane - 0.1],
                mode="markers",
                marker=_marker(colour, dot.doubted),
                hovertemplate=hover(f"{dot.words}<br>{percent(dot.probability)}"),
            )
    for x, dash in ((here, "dot"), (threshold, "solid")):
        if x is not None:
            line = {"color": NEUTRAL, "width": 1.6, "dash": dash}
            add_line(figure, [x] * 2, (-0.5, count - 0.62), **line)
    ticks = {"tickvals": _TICKS, "ticktext": [*map(percent, _TICKS)], "tickcolor": FAINT}
    plain = {"showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_xaxes(range=[-0.02, 1.02], **ticks, **plain, ticks="outside")
    figure.update_yaxes(visible=False, range=[-0.55, count - 0.45], fixedrange=True)
    finish(figure, height=_ROW * count + _FOOT, legend=False)
    return figure.update_layout(margin={"l": 14, "r": 22, "t": 0, "b": 24})


def _marker(colour: str, open_: bool) -> dict[str, Any]:
    if open_:
        return {"size": 11, "color": colour, "symbol": "circle-open", "line": {"width": 2.2}}
    return {"size": 11, "color": colour, "line": {"width": 1, "color": "white"}}


def _laned(dots: Sequence[Dot]) -> list[tuple[float, Dot]]:
    """Each dot with its height in the strip, so that neighbours do not cover each other."""
    last = [-1.0] * len(_LANES)
    placed = []
    for dot in sorted(dots, key=lambda one: one.probability):
        free = [i for i, x in enumerate(last) if dot.probability - x >= _NEAR]
        lane = free[0] if free else min(range(len(last)), key=lambda i: last[i])
        last[lane] = dot.probability
        placed.append((_LANES[lane], dot))
    return placed
