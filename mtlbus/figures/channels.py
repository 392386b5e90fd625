"""One weight a channel, as bars."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from .style import FAINT, METHOD_COLOURS, NEUTRAL, finish


def channel_figure(weights: np.ndarray, by_weight: bool = True) -> go.Figure:
    """A bar for each channel, on 0..1 where all weights lie there, with 0.5 marked.

    Args:
        weights: shape C.
        by_weight: the largest first; otherwise in the order of the channels.
    """
    weights = np.asarray(weights)
    order = np.argsort(-weights, kind="stable") if by_weight else np.arange(len(weights))
    figure = finish(go.Figure(), 300, legend=False)
    figure.add_bar(
        x=list(range(1, len(order) + 1)) if by_weight else order.tolist(),
        y=weights[order].round(4).tolist(),
        customdata=order.tolist(),
        marker={"color": METHOD_COLOURS[0], "line": {"width": 0}},
        hovertemplate="channel %{customdata}: %{y:.3f}<extra></extra>",
    )
    bounded = weights.min() >= 0 and weights.max() <= 1
    if bounded:
        figure.add_hline(y=0.5, line={"color": NEUTRAL, "width": 1.5, "dash": "dot"})
    figure.update_layout(bargap=0.08)
    title = "channels, the largest weight first" if by_weight else "channel"
    figure.update_xaxes(title=title, showgrid=False, zeroline=False, automargin=True)
    figure.update_yaxes(title="weight", gridcolor=FAINT, zeroline=False, automargin=True)
    return figure.update_yaxes(showgrid=True, range=[0, 1] if bounded else None)
