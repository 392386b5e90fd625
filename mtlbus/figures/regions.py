"""The regions a mask makes, and what each adds to the class logit."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ..core.wording import signed
from ..data.transforms import Frame
from ..explain.attention import LogitSplit, cells_on_image
from .cells import add_picture, image_figure, png_uri
from .colours import BENIGN, MALIGNANT, rgb
from .style import FAINT, NEUTRAL, QUIET, finish, hover

# Okabe and Ito (2008): told apart with any colour vision, and not the colours of the classes.
REGION_COLOURS = ("#56B4E9", "#CC79A7", "#F0E442")


def region_figure(
    grey: np.ndarray,
    regions: np.ndarray,
    names: tuple[str, ...],
    frame: Frame,
    opacity: float = 0.45,
    height: int = 330,
) -> go.Figure:
    """The image with each pixel tinted by its region.

    Args:
        grey: H×W uint8.
        regions: R×size×size over the padded square, in 0..1; a pixel belongs to the largest.
        names: of the regions.
        frame: of the image.
        opacity: of the tint.
        height: pixels.
    """
    figure = image_figure(grey, height)
    index = cells_on_image(regions, frame).argmax(axis=0)
    table = np.array([[*rgb(c), round(255 * opacity)] for c in REGION_COLOURS], dtype=np.uint8)
    add_picture(figure, png_uri(table[index]), frame)
    for name, colour in zip(names, REGION_COLOURS, strict=False):
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=name,
            marker={"size": 12, "symbol": "square", "color": colour},
        )
    return figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0.5,
                                 "xanchor": "center", "itemclick": False},
    )  # fmt: skip


def logit_figure(
    split: LogitSplit, height: int = 300, beside: LogitSplit | None = None
) -> go.Figure:
    """How the regions and the constant add up to the logit: a bar starts where the last ended.

    Args:
        split: what is drawn.
        height: pixels.
        beside: another split that is drawn beside it; the axis has room for both.
    """
    steps = [*split.contributions, split.constant]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=[*split.regions, "constant", "logit"],
            x=[*map(float, steps), 0.0],
            measure=["relative"] * len(steps) + ["total"],
            text=[f"{value:+.2f}".replace("-", "−") for value in (*steps, split.total)],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": MALIGNANT}},
            decreasing={"marker": {"color": BENIGN}},
            totals={"marker": {"color": NEUTRAL}},
            connector={"line": {"color": NEUTRAL, "width": 1, "dash": "dot"}},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    finish(figure, height, legend=False)
    ends = np.concatenate([_ends(split), _ends(beside) if beside else []])
    return _on_log_odds(figure, ends, 0.18)


def moved_figure(before: LogitSplit, after: LogitSplit | None, height: int = 250) -> go.Figure:
    """The shares of the regions and the logit: a ring where each was, a dot where it is now.

    Args:
        before: with the network's own outline.
        after: with another one; None where there is none yet.
        height: pixels.
    """
    names = [*before.regions, "log-odds"]
    rings = [*map(float, before.contributions), before.total]
    dots = rings if after is None else [*map(float, after.contributions), after.total]
    figure = go.Figure()
    if after is not None:
        for name, ring, dot in zip(names, rings, dots, strict=True):
            line = {"color": NEUTRAL, "width": 2}
            figure.add_scatter(x=[ring, dot], y=[name] * 2, mode="lines", line=line, **QUIET)
        figure.add_scatter(
            x=rings,
            y=names,
            mode="markers",
            name="the network's outline",
            marker={"symbol": "circle-open", "size": 12, "color": NEUTRAL, "line": {"width": 2}},
            hovertemplate=hover("%{y}: %{x:+.2f}"),
        )
    figure.add_scatter(
        x=dots,
        y=names,
        mode="markers+text",
        cliponaxis=False,
        showlegend=False,
        text=[signed(dot, 2) for dot in dots],
        textposition="top center",
        marker={"size": 13, "color": [MALIGNANT if dot > 0 else BENIGN for dot in dots]},
        hovertemplate=hover("%{y}: %{text}"),
    )
    if after is not None:  # a name in the legend, in neither colour
        yours = {"name": "your outline", "marker": {"size": 13, "color": NEUTRAL}}
        figure.add_scatter(x=[None], y=[names[0]], mode="markers", **yours)
    finish(figure, height, legend=after is not None).update_layout(
        legend={"y": 1.04, "yanchor": "bottom", "itemclick": False}, margin_t=40
    )
    ends = np.array([0.0, *rings, *dots])
    return _on_log_odds(figure, ends, 0.15)


def _on_log_odds(figure: go.Figure, ends: np.ndarray, share: float) -> go.Figure:
    """Log-odds to the right, names downwards, with room of a share of the span at either end."""
    room = share * max(np.ptp(ends), 0.1)
    lines = {"showgrid": True, "gridcolor": FAINT, "zerolinecolor": NEUTRAL, "zerolinewidth": 2}
    figure.update_xaxes(
        title="log-odds   (← benign · malignant →)",
        automargin=True,
        range=[ends.min() - room, ends.max() + room],
        zeroline=True,
        **lines,
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def _ends(split: LogitSplit) -> np.ndarray:
    """Where the bars begin and end, from 0 on."""
    return np.cumsum([0.0, *split.contributions, split.constant])
