"""Rank correlations of maps as a coloured table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from .cells import LESS, MORE
from .style import finish

_NOTHING, _TEXT = "#EEF3F4", "#17262B"
_FEW = 8  # so many columns hold two digits on a narrow page


def agreement_figure(table: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Spearman's ρ of each pair, −1..1 on a fixed scale with an even ground, for any page.

    Args:
        table: N×N; NaN where a map is flat, its cell stays empty. Of many maps one digit is shown.
        names: N, of the maps.
    """
    colours = [[0, LESS], [0.5, _NOTHING], [1, MORE]]
    lower = np.where(np.tri(len(names), dtype=bool), table, np.nan)
    digits = 2 if len(names) <= _FEW else 1
    texts = [
        [
            "" if np.isnan(v) else f"{round(v, digits) + 0.0:.{digits}f}".replace("-", "−")
            for v in row
        ]
        for row in lower
    ]
    figure = go.Figure(
        go.Heatmap(
            z=np.round(lower, 4),
            x=list(names),
            y=list(names),
            zmin=-1,
            zmax=1,
            colorscale=colours,
            text=texts,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{y} and %{x}: ρ = %{text}<extra></extra>",
            colorbar={
                "title": "ρ",
                "thickness": 10,
                "tickvals": [-1, 0, 1],
                "ticktext": ["−1", "0", "+1"],
            },
        )
    )
    written = [(y, x) for y, x in np.ndindex(lower.shape) if texts[y][x]]
    figure.add_scatter(
        x=[names[x] for _, x in written],
        y=[names[y] for y, _ in written],
        mode="text",
        text=[texts[y][x] for y, x in written],
        hoverinfo="skip",
        showlegend=False,
        textfont={"color": _TEXT, "size": 12 if digits == 2 else 9},
    )
    finish(figure, 130 + 34 * len(names), legend=False)
    figure.update_xaxes(automargin=True, showgrid=False, side="bottom", tickangle=-35)
    return figure.update_yaxes(automargin=True, showgrid=False, autorange="reversed")
