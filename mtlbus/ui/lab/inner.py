"""One inner map of each network, as the Attention page opens it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from ...explain import attention, views
from ...figures import cells
from ...inference.predictor import Prediction
from ..attention.look import Look
from ..attention.opening import chosen_cell
from ..attention.view_picks import opened
from ..case import Case

_ORDER = ("score", "gate", "attention", "feature")
"""Which form of map is drawn where a network has several: what says most about the answer."""
_OPACITY = 0.6
HEIGHT = 270


class Inner(NamedTuple):
    """A drawn map: its figure, what it is, and one sentence about it."""

    figure: go.Figure
    title: str
    text: str


def inner_map(case: Case, found: Prediction, title: str) -> Inner | None:
    """The map that says most about a network's answer; None for a network without one.

    Args:
        case: the image.
        found: what the network said, with its inner maps.
        title: of the network.
    """
    listed = {view.form: view for view in reversed(views.list_views(found.maps))}
    if attention.score_cells(found.maps) is None:
        listed.pop("score", None)
    form = next((form for form in _ORDER if form in listed), None)
    if form is None:
        return None
    look = Look(
        case, found.method, title, found.maps, found.frame, found.size, found.logit, True,
        found.weights_sha256, _OPACITY,
    )  # fmt: skip
    pick = opened(listed[form], look)
    name = next(iter(pick.names.values()))
    plane, scale, text = _plane(form, name, look)
    figure = cells.cell_figure(
        case.image.pixels, plane, found.frame, scale, _OPACITY, height=HEIGHT
    )
    place = " ".join(part for part in (pick.level, pick.branch) if part)
    return Inner(figure, f"{pick.view.title} {place}".strip(), text)


def _plane(form: str, name: str, look: Look) -> tuple[np.ndarray, cells.Scale, str]:
    if form == "score":
        plane = attention.score_cells(look.maps).sum(axis=0)
        return plane, cells.signed_scale(float(np.abs(plane).max())), (
            "What each cell adds to the answer: green for benign, orange for malignant."
        )  # fmt: skip
    found = look.maps[name]
    if form == "attention":
        cell = chosen_cell(found, look)
        row = attention.attention_row(found, cell)
        rows, columns = attention.attention_grid(found, look.size)
        row = row[:rows, :columns]
        return row, cells.attention_scale(row), (
            f"Where the cell in row {cell[0]}, column {cell[1]} looks."
        )  # fmt: skip
    if form == "gate":
        plane = views.gate_plane(found, 0 if found.labels else "mean")
        return plane, cells.gate_scale(found.words.quantity, found.words.ends), found.meaning
    plane = views.feature_plane(found)
    top = float(attention.cell_boxes(plane.shape, look.frame).visible(plane).max())
    return plane, cells.strength_scale(top), found.meaning
