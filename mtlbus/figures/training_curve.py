"""The course of a training: losses, validation figures and task weights by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..core.quantities import QUANTITIES
from ..core.tasks import METRICS
from .style import FAINT, NEUTRAL, finish, hover, method_colour, picked

_OLD = {"mask": "segmentation", "class": "malignancy"}  # as older histories call the tasks
_TITLES = {"segmentation": "mask", "malignancy": "class"}
_METRICS = {name: QUANTITIES[name].title for names in METRICS.values() for name in names}
_OF = {"dice": "mask", "auc": "class"}  # what a metric is of, where no task stands behind it
LOSS, VALIDATION = "training loss", "validation part"
COSINE, WEIGHT = "gradients: mask against class", "weight of the task"


def panels(entry: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """The panels that an epoch has numbers for: title, and key to what its line is called."""
    found: dict[str, dict[str, str]] = {title: {} for title in (LOSS, VALIDATION, COSINE, WEIGHT)}
    for key in entry:
        if key.endswith("_loss"):
            found[LOSS][key] = f"loss of the {_task(key.removesuffix('_loss'))}"
        elif key.endswith("_weight"):
            found[WEIGHT][key] = f"weight of {_task(key.removesuffix('_weight'))}"
        elif key.startswith("validation_"):
            metric, _, task = key.removeprefix("validation_").partition(".")
            of = _task(task) if task else _OF.get(metric)
            if metric in _METRICS:
                found[VALIDATION][key] = _METRICS[metric] + (f" of the {of}" if of else "")
        elif key == "gradient_cosine":
            found[COSINE][key] = "cosine of their gradients"
    return [(title, lines) for title, lines in found.items() if lines]


def _task(name: str) -> str:
    """What a curve calls a task: the breast's in the words of their kind."""
    name = _OLD.get(name, name)
    return _TITLES.get(name, name)


def training_figure(
    history: Sequence[Mapping[str, Any]], kept: int | None = None, panel: int = 210
) -> go.Figure:
    """Draw a training.

    Args:
        history: one entry an epoch: `epoch`, `size` (side of the input, pixels) and any of the
            numbers of `panels`.
        kept: the epoch whose weights were kept; marked.
        panel: height of each panel, pixels.

    Raises:
        ValueError: there is nothing to draw.
    """
    drawn = panels(history[0]) if history else []
    if not drawn:
        raise ValueError("The history is empty.")
    figure = make_subplots(rows=len(drawn), shared_xaxes=True, vertical_spacing=0.07)
    epochs = [entry["epoch"] for entry in history]
    for row, (title, lines) in enumerate(drawn, start=1):
        for number, (key, name) in enumerate(lines.items()):
            values = [entry.get(key) for entry in history]
            colour = method_colour(2 if title == COSINE else number)
            line = go.Scatter(
                x=epochs,
                y=values,
                name=name,
                mode="lines+markers",
                line={"color": colour, "width": 2.5},
                marker={"size": 6},
                hovertemplate=hover("epoch %{x}: %{y:.3f}", name),
            )
            figure.add_trace(line, row=row, col=1)
            if kept in epochs and title == VALIDATION:
                best = go.Scatter(
                    x=[kept],
                    y=[values[epochs.index(kept)]],
                    mode="markers",
                    showlegend=False,
                    marker=picked(colour),
                    hovertemplate=hover(f"epoch {kept}, kept: %{{y:.3f}}", name),
                )
                figure.add_trace(best, row=row, col=1)
        figure.update_yaxes(
            title=title, gridcolor=FAINT, zeroline=False, automargin=True, row=row, col=1
        )
    _mark_sizes(figure, history)
    figure.update_xaxes(gridcolor=FAINT, zeroline=False, tickformat="d")
    if len(epochs) <= 12:
        figure.update_xaxes(tickvals=epochs)
    figure.update_xaxes(title="epoch", row=len(drawn), col=1)
    finish(figure, 90 + panel * len(drawn))
    return figure.update_layout(legend={"y": -90 / (panel * len(drawn))})


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
        at = {"x": start, "xanchor": "left", "y": 1.0, "yref": "paper", "yanchor": "bottom"}
        figure.add_annotation(**at, text=f"{size}×{size} px", font_size=12, showarrow=False)
