"""The course of a training: losses, validation figures and task weights by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .style import FAINT, NEUTRAL, finish, method_colour

PANELS = (
    ("training loss", {"mask_loss": "loss of the mask", "class_loss": "loss of the class"}),
    (
        "validation part",
        {"validation_dice": "Dice of the mask", "validation_auc": "AUC of the class"},
    ),
    ("gradients: mask against class", {"gradient_cosine": "cosine of their gradients"}),
    ("weight of the task", {"mask_weight": "weight of mask", "class_weight": "weight of class"}),
)
_COLOURS = {"mask": 0, "class": 1, "dice": 0, "auc": 1, "gradient_cosine": 2}


def training_figure(
    history: Sequence[Mapping[str, Any]], kept: int | None = None, panel: int = 210
) -> go.Figure:
    """Draw a training.

    Args:
        history: one entry an epoch: `epoch`, `size` (side of the input, pixels) and any of the
            numbers of `PANELS`.
        kept: the epoch whose weights were kept; marked.
        panel: height of each panel, pixels.

    Raises:
        ValueError: there is nothing to draw.
    """
    panels = [
        (title, {key: name for key, name in lines.items() if key in history[0]})
        for title, lines in PANELS
        if history
    ]
    panels = [(title, lines) for title, lines in panels if lines]
    if not panels:
        raise ValueError("The history is empty.")
    figure = make_subplots(rows=len(panels), shared_xaxes=True, vertical_spacing=0.07)
    epochs = [entry["epoch"] for entry in history]
    for row, (title, lines) in enumerate(panels, start=1):
        for key, name in lines.items():
            values = [entry.get(key) for entry in history]
            part = key.removesuffix("_loss").removesuffix("_weight").removeprefix("validation_")
            colour = method_colour(_COLOURS[part])
            figure.add_scatter(
                x=epochs, y=values, name=name, mode="lines+markers",
                line={"color": colour, "width": 2.5}, marker={"size": 6},
                hovertemplate="epoch %{x}: %{y:.3f}<extra>" + name + "</extra>", row=row, col=1,
            )  # fmt: skip
            if kept in epochs and title == "validation part":
                figure.add_scatter(
                    x=[kept], y=[values[epochs.index(kept)]], mode="markers", showlegend=False,
                    marker={"size": 14, "color": colour, "line": {"color": "white", "width": 2}},
                    hovertemplate=f"epoch {kept}, kept: " + "%{y:.3f}<extra>" + name + "</extra>",
                    row=row, col=1,
                )  # fmt: skip
        figure.update_yaxes(
            title=title, gridcolor=FAINT, zeroline=False, automargin=True, row=row, col=1
        )
    _mark_sizes(figure, history)
    figure.update_xaxes(gridcolor=FAINT, zeroline=False, tickformat="d")
    if len(epochs) <= 12:
        figure.update_xaxes(tickvals=epochs)
    figure.update_xaxes(title="epoch", row=len(panels), col=1)
    finish(figure, 90 + panel * len(panels))
    return figure.update_layout(legend={"y": -90 / (panel * len(panels))})


def _mark_sizes(figure: go.Figure, history: Sequence[Mapping[str, Any]]) -> None:
    """A dotted line where the input size changes, and above each stretch its size."""
    starts = [history[0]["epoch"]]
    sizes = [history[0]["size"]]
    for before, after in pairwise(history):
        if after["size"] != before["size"]:
            starts.append(after["epoch"])
            sizes.append(after["size"])
            figure.add_vline(
                x=(before["epoch"] + after["epoch"]) / 2, line={"color": NEUTRAL, "dash": "dot"}
            )
    for start, size in zip(starts, sizes, strict=True):
        figure.add_annotation(
            x=start, xanchor="left", y=1.0, yref="paper", yanchor="bottom", showarrow=False,
            text=f"{size}×{size} px", font={"color": NEUTRAL, "size": 12},
        )  # fmt: skip
