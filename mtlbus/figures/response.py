"""How answers follow the knobs of a phantom: curves, a ranking, and a grid of small pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..core.encoding import data_uri
from ..core.wording import percent
from . import colours
from .style import (
    FAINT,
    LAST_LABEL,
    NEUTRAL,
    finish,
    hover,
    method_colour,
    rows_axis,
    see_through,
    share_axis,
)

_ROW = 34  # pixels of a knob in the ranking


class Line(NamedTuple):
    """The answers of one network along a knob.

    Attributes:
        values: where it was asked.
        probabilities: of malignancy, 0..1; None where there is none.
        dice: of its outline and the true one; None where there is none.
        doubted: whether something speaks against the answer there.
        threshold: from which probability it calls "malignant"; None without an operating point.
    """

    values: Sequence[float]
    probabilities: Sequence[float | None]
    dice: Sequence[float | None]
    doubted: Sequence[bool]
    threshold: float | None


class Bar(NamedTuple):
    """How far an answer moves with one knob.

    Attributes:
        title: of the knob.
        ends: the smallest and the largest probability, 0..1.
        where: the values of the knob there, in words.
    """

    title: str
    ends: tuple[float, float]
    where: tuple[str, str]


class Tile(NamedTuple):
    """A small picture of a grid.

    Attributes:
        picture: JPEG.
        text: below it, such as a probability.
        malignant: the colour of its mark; None for neither class.
    """

    picture: bytes
    text: str
    malignant: bool | None


def response_figure(
    lines: Mapping[str, Line],
    title: str,
    here: float,
    usual: tuple[float, float] | None = None,
    switch: bool = False,
    height: int = 420,
) -> go.Figure:
    """Probability and Dice along a knob, by title of the network.

    Doubted answers have an open mark. A dotted line shows where a network begins to call
    "malignant", the upright line where the knob stands, the band what is usual.

    Args:
        lines: at least one, all with one value or more.
        title: of the knob, with its unit.
        here: where the knob stands.
        usual: both ends of what is usual; None for a switch.
        switch: whether the knob is a switch, 0 off and 1 on.
        height: pixels.
    """
    dice = any(value is not None for line in lines.values() for value in line.dice)
    heights = [0.66, 0.34] if dice else [1]
    figure = make_subplots(
        rows=len(heights), shared_xaxes=True, vertical_spacing=0.06, row_heights=heights
    )
    for position, (name, line) in enumerate(lines.items()):
        colour = method_colour(position)
        planes = [line.probabilities, line.dice] if dice else [line.probabilities]
        for row, values in enumerate(planes, start=1):
            if all(value is None for value in values):
                continue
            figure.add_scatter(
                x=list(line.values), y=list(values), mode="lines+markers", name=name,
                legendgroup=name, showlegend=row == 1, row=row, col=1,
                line={"color": colour, "width": 2.5},
                marker={
                    "size": 8, "color": colour, "line": {"color": colour, "width": 2},
                    "symbol": ["circle-open" if d else "circle" for d in line.doubted],
                },
                hovertemplate=hover("%{x}: " + ("%{y:.0%}", "Dice %{y:.2f}")[row - 1], name),
            )  # fmt: skip
        if line.threshold is not None:
            figure.add_hline(
                y=line.threshold, line={"color": colour, "width": 1, "dash": "dot"}, row=1, col=1
            )
    if usual is not None:
        figure.add_vrect(
            x0=usual[0],
            x1=usual[1],
            fillcolor=see_through(NEUTRAL, 0.13),
            line_width=0,
            layer="below",
        )
    figure.add_vline(x=here, line={"color": NEUTRAL, "width": 2})
    figure.update_xaxes(showgrid=False, zeroline=False, automargin=True)
    figure.update_xaxes(title=title, row=2 if dice else 1, col=1)
    if switch:
        figure.update_xaxes(tickvals=[0, 1], ticktext=["off", "on"], range=[-0.2, 1.2])
    figure.update_yaxes(**share_axis("probability of malignancy"), row=1, col=1)
    if dice:
        scale = {"title": "Dice", "range": [-0.04, 1.04], "dtick": 0.5, "gridcolor": FAINT}
        figure.update_yaxes(**scale, zeroline=False, automargin=True, row=2, col=1)
    finish(figure, height)
    return figure.update_layout(legend={"y": -0.2}, margin_r=LAST_LABEL)


def ranking_figure(bars: Mapping[str, Sequence[Bar]], here: Mapping[str, float]) -> go.Figure:
    """From where to where the probability moves with each knob, the first knob on top.

    Args:
        bars: by title of the network, all with the same knobs in the same order.
        here: the probability of the phantom as it is, by title; an upright line.
    """
    figure, count = go.Figure(), len(bars)
    names = [bar.title for bar in next(iter(bars.values()))]
    for position, (title, found) in enumerate(bars.items()):
        colour, shift = method_colour(position), (position - (count - 1) / 2) * 0.22
        for row, bar in enumerate(found):
            figure.add_scatter(
                x=list(bar.ends), y=[row + shift] * 2, mode="lines+markers", name=title,
                legendgroup=title, showlegend=row == 0, customdata=list(bar.where),
                line={"color": colour, "width": 5}, marker={"size": 9, "color": colour},
                hovertemplate=f"{bar.title} %{{customdata}}: %{{x:.0%}}<extra>{title}</extra>",
            )  # fmt: skip
        if title in here:
            figure.add_vline(x=here[title], line={"color": colour, "width": 1, "dash": "dot"})
    figure.update_xaxes(**share_axis("probability of malignancy"))
    figure.update_yaxes(**rows_axis(names))
    finish(figure, 110 + _ROW * len(names))
    return figure.update_layout(legend={"y": -70 / (_ROW * len(names))}, margin_r=LAST_LABEL)


def grid_figure(
    tiles: Sequence[Sequence[Tile | None]],
    columns: Sequence[str],
    rows: Sequence[str],
    titles: tuple[str, str],
    height: int = 760,
) -> go.Figure:
    """Small pictures over two knobs, each with its answer below.

    Args:
        tiles: by row from the top, then by column; None where nothing fits or is known yet.
        columns, rows: the values of both knobs, in words.
        titles: of the knob along the columns and of that along the rows.
        height: pixels.
    """
    figure = finish(go.Figure(), height, legend=False)
    shown = [(r, c, t) for r, line in enumerate(tiles) for c, t in enumerate(line) if t]
    for row, column, tile in shown:
        figure.add_layout_image(
            source=data_uri(tile.picture, "jpeg"),
            xref="x", yref="y", x=column + 0.03, y=row + 0.02, sizex=0.94, sizey=0.80,
            sizing="contain", layer="above", xanchor="left", yanchor="top",
        )  # fmt: skip
    if shown:
        classes = [t.malignant for _, _, t in shown]
        colour = [colours.UNSURE if one is None else colours.of_class(one) for one in classes]
        figure.add_scatter(
            x=[c + 0.34 for _, c, _ in shown], y=[r + 0.9 for r, _, _ in shown],
            mode="markers+text", marker={"color": colour, "size": 11, "symbol": "square"},
            text=[f" {t.text}" for _, _, t in shown], textposition="middle right",
            hoverinfo="skip",
        )  # fmt: skip
    for axis, names, title in (("x", columns, titles[0]), ("y", rows, titles[1])):
        span = [0, len(names)] if axis == "x" else [len(names), 0]
        figure.update_layout({f"{axis}axis": {
            "tickvals": list(np.arange(len(names)) + 0.5), "ticktext": list(names),
            "range": span, "title": title, "showgrid": False, "zeroline": False,
            "fixedrange": True, "automargin": True,
        }})  # fmt: skip
    figure.update_layout(dragmode=False)
    return figure


def curve_in_words(title: str, line: Line, at: Sequence[str]) -> str:
    """From where to where a probability goes along a knob, for those who cannot see the curve."""
    known = [(p, where) for p, where in zip(line.probabilities, at, strict=True) if p is not None]
    if not known:
        return f"{title} names no probability here."
    low, high = min(known), max(known)
    return (
        f"{title} says from {percent(low[0])} (at {low[1]}) to {percent(high[0])} (at {high[1]})."
    )
