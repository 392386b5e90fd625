"""How far outlines agree with each other: Dice of each pair, as numbers and as a matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from .style import finish


def pairwise_dice(masks: Sequence[np.ndarray]) -> np.ndarray:
    """Dice of each pair of masks; 1 where both are empty.

    Args:
        masks: N masks, H×W bool.

    Returns:
        N×N, symmetric, with ones on the diagonal.
    """
    flat = np.stack([mask.ravel() for mask in masks]).astype(np.float32)
    shared, sizes = flat @ flat.T, flat.sum(axis=1)
    whole = sizes[:, None] + sizes
    return np.where(whole > 0, 2 * shared / np.maximum(whole, 1), 1.0)


def mean_with_others(dice: np.ndarray) -> np.ndarray:
    """The mean Dice of each mask with all others, N numbers from an N×N matrix, N above 1."""
    return (dice.sum(axis=1) - np.diag(dice)) / (len(dice) - 1)


def dice_matrix(titles: Sequence[str], dice: np.ndarray) -> go.Figure:
    """The Dice of each pair as a matrix; who agrees most with the others comes first.

    Args:
        titles: N names.
        dice: N×N, of `pairwise_dice`.
    """
    order = np.argsort(-mean_with_others(dice), kind="stable")
    names = [titles[k] for k in order]
    values = np.round(dice[np.ix_(order, order)], 3)
    np.fill_diagonal(values, np.nan)  # with itself says nothing
    lowest = np.floor(10 * np.nanmin(values)) / 10
    text = np.where(np.isnan(values), "", np.vectorize("{:.2f}".format)(values))
    figure = go.Figure(
        go.Heatmap(
            z=values, x=names, y=names, text=text, texttemplate="%{text}", xgap=2, ygap=2,
            zmin=lowest, zmax=1, colorscale="Viridis", hoverongaps=False,
            hovertemplate="%{y} and %{x}: Dice %{z:.3f}<extra></extra>",
            colorbar={"title": "Dice", "thickness": 12, "tickvals": [lowest, 1]},
        )
    )  # fmt: skip
    finish(figure, 110 + 30 * len(names), legend=False)
    figure.update_xaxes(side="top", tickangle=-40, automargin=True, showgrid=False)
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False)
    return figure
