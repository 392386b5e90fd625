"""Classes of an image: probabilities as bars, and true against called as a table of any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape  # Plotly reads markup in every text

import numpy as np
import plotly.graph_objects as go

from .style import FAINT, METHOD_COLOURS, NEUTRAL, finish, hover, method_colour, see_through

_ROW, _MARGIN = 34, 50  # pixels
_CELL = 44


def class_bars(said: Mapping[str, Mapping[str, float]], true: str | None = None) -> go.Figure:
    """Probabilities of the classes, a bar for each network; the true class is marked.

    Args:
        said: network to the probability of each class, 0..1; at least one.
        true: the true class; None where it is unknown.
    """
    figure = go.Figure()
    classes = list(next(iter(said.values())))
    names = [*map(_plain, classes)]
    for number, (network, chances) in enumerate(said.items()):
        figure.add_bar(
            y=names,
            x=[chances[name] for name in classes],
            orientation="h",
            name=_plain(network),
            marker={"color": method_colour(number)},
            text=[f"{100 * chances[name]:.0f} %" for name in classes],
            textposition="auto",
            hovertemplate=hover("%{y}: %{x:.1%}", _plain(network)),
        )
    finish(figure, _MARGIN + _ROW * len(classes) + 12 * len(said) * len(classes), len(said) > 1)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", gridcolor=FAINT, fixedrange=True)
    shown = [f"<b>{_plain(name)}</b> (true)" if name == true else _plain(name) for name in classes]
    figure.update_yaxes(tickvals=names, ticktext=shown, autorange="reversed")
    figure.update_yaxes(fixedrange=True, automargin=True)
    return figure.update_layout(margin={"l": 10, "r": 10, "t": 8, "b": 30}, dragmode=False)


def confusion_table(counts: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """True classes down, called ones across; counts, the deeper the larger their share of the row.

    Args:
        counts: K×K, rows are the truth.
        classes: their names.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names, colour = [*map(_plain, classes)], METHOD_COLOURS[0]
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=names, y=names, zmin=0, zmax=1, showscale=False,
            colorscale=[(0, see_through(colour, 0.04)), (1, see_through(colour, 0.9))],
            text=counts, texttemplate="%{text}", textfont={"size": 13}, xgap=2, ygap=2,
            customdata=shares,
            hovertemplate="%{y}, called %{x}: %{text} (%{customdata:.0%} of row)<extra></extra>",
        )
    )  # fmt: skip
    finish(figure, 90 + _CELL * len(classes), legend=False)
    figure.update_xaxes(side="top", title="called", fixedrange=True, color=NEUTRAL)
    figure.update_yaxes(
        autorange="reversed", title="true", fixedrange=True, automargin=True, color=NEUTRAL
    )
    return figure.update_layout(margin={"l": 10, "r": 10, "t": 60, "b": 10}, dragmode=False)


def spread_figure(
    values: Mapping[str, Mapping[str, np.ndarray]], title: str, share: bool
) -> go.Figure:
    """How a figure is spread over the images: a box for each network and part.

    Args:
        values: network to part ("spinal cord") to one number an image, without NaN.
        title: of the axis.
        share: the numbers are shares of one.
    """
    figure = go.Figure()
    for number, (network, parts) in enumerate(values.items()):
        colour = method_colour(number)
        names = np.concatenate([np.full(len(found), _plain(name)) for name, found in parts.items()])
        look = {"marker": {"color": colour, "size": 3}, "line": {"width": 1.5}}
        values_of = np.concatenate(list(parts.values()))
        figure.add_box(y=values_of, x=names, name=_plain(network), boxpoints="outliers", **look)
    finish(figure, 320)
    figure.update_yaxes(title=_plain(title), rangemode="tozero", fixedrange=True, gridcolor=FAINT)
    figure.update_yaxes(zeroline=False, automargin=True, tickformat=".0%" if share else None)
    figure.update_xaxes(fixedrange=True)
    return figure.update_layout(boxmode="group", dragmode=False)


def _plain(name: str) -> str:
    """A name of a class, a network or a unit that Plotly shows as it was typed."""
    return escape(name, quote=False)
