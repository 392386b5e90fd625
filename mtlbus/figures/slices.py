"""One number over parts of the data, each with n and interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape  # Plotly reads markup in every text

import plotly.graph_objects as go

from ..evaluation.slices import Slice
from .style import error_bars, finish, hover, method_colour, rows_axis, share_axis

_POINT = (
    "%{customdata[0]}: %{x:.1%} (%{customdata[2]:.1%} to %{customdata[3]:.1%}), "
    "n = %{customdata[1]}"
)


def slices_figure(slices: Mapping[str, Sequence[Slice]], quantity: str) -> go.Figure:
    """Points with intervals, one row a part and one colour a method (by title)."""
    figure = go.Figure()
    names = list(dict.fromkeys(part.name for parts in slices.values() for part in parts))
    shown = {name: escape(name, quote=False) for name in names}
    shift = 0.5 / max(len(slices), 1)
    for position, (title, parts) in enumerate(slices.items()):
        offset = (position - (len(slices) - 1) / 2) * shift
        figures = ([getattr(part, what) for part in parts] for what in ("value", "low", "high"))
        figure.add_scatter(
            x=[part.value for part in parts],
            y=[names.index(part.name) + offset for part in parts],
            mode="markers",
            name=title,
            marker={"size": 10, "color": method_colour(position)},
            error_x=error_bars(*figures, width=4),
            customdata=[(shown[part.name], part.n, part.low, part.high) for part in parts],
            hovertemplate=hover(_POINT, title),
        )
    finish(figure, 130 + 46 * max(len(names), 1), legend=len(slices) > 1)
    sizes = {part.name: part.n for parts in slices.values() for part in parts}
    figure.update_xaxes(**share_axis(quantity))
    figure.update_yaxes(**rows_axis([f"{shown[name]}  (n {sizes[name]})" for name in names]))
    return figure.update_layout(legend={"y": -0.3})
