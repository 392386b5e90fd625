"""The box of a target: around the predicted lesion, drawn on the picture, or given by numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ...explain.targets import Box, Target
from ...figures.boxes import box_figure
from ...figures.style import QUIET
from .. import charts
from ..case import Case
from ..session import TARGET, Slot, selected, shown

_PARTS = ("left", "top", "width", "height")
_PLOT = "_target_box_plot"


def pick_box(case: Case, target: Target, lesion: Box | None) -> Target:
    """Let a person choose the box; the target with it.

    Args:
        case: the image.
        target: with the region "box".
        lesion: the box around the predicted lesion, if there is one.
    """
    height, width = case.image.pixels.shape
    box = _fitting(target.box or lesion or _middle(width, height), width, height)
    picture, numbers = st.columns([3, 2], gap="medium")
    with picture:
        _draw(case, target, box_figure(case.image.pixels, box))
    with numbers:
        _numbers(target, box, width, height)
        st.button(
            "Box of the predicted lesion", icon=":material/select_all:", width="stretch",
            disabled=lesion is None or target.box is None, key="_lesion_box",
            on_click=TARGET.set, args=(str(replace(target, box=None)),),
        )  # fmt: skip
    return target if target.box is None and lesion else replace(target, box=box)


def _draw(case: Case, target: Target, figure: go.Figure) -> None:
    charts.show(
        figure,
        _PLOT,
        f"{case.title} with the box whose answer is explained.",
        QUIET,
        selection_mode="box",
        on_select=lambda: _take_drawn(case, target),
    )
    st.caption("Drag over the picture to draw the box, or give its four numbers.")


def _numbers(target: Target, box: Box, width: int, height: int) -> None:
    limits = ((0, width - 1), (0, height - 1), (1, width), (1, height))
    rows = (st.container(horizontal=True), st.container(horizontal=True))

    def take(_: int) -> None:
        said = tuple(int(Slot(f"_box_{part}", 0).get()) for part in _PARTS)
        TARGET.set(str(replace(target, box=_fitting(said, width, height))))

    for index, (part, (low, high)) in enumerate(zip(_PARTS, limits, strict=True)):
        rows[index // 2].number_input(
            f"{part.capitalize()}, px", low, high, width=130,
            **shown(f"_box_{part}", box[index], take),
        )  # fmt: skip


def _take_drawn(case: Case, target: Target) -> None:
    boxes = selected(_PLOT).get("box") or []
    if not boxes:
        return
    height, width = case.image.pixels.shape
    x, y = (sorted(boxes[-1][axis]) for axis in ("x", "y"))
    box = (round(x[0]), round(y[0]), round(x[1] - x[0]), round(y[1] - y[0]))
    TARGET.set(str(replace(target, box=_fitting(box, width, height))))


def _middle(width: int, height: int) -> Box:
    return width // 4, height // 4, max(1, width // 2), max(1, height // 2)


def _fitting(box: Box, width: int, height: int) -> Box:
    """The part of a box that lies on the image; at least one pixel."""
    left, top = int(np.clip(box[0], 0, width - 1)), int(np.clip(box[1], 0, height - 1))
    return (
        left,
        top,
        int(np.clip(box[2] + min(box[0], 0), 1, width - left)),
        int(np.clip(box[3] + min(box[1], 0), 1, height - top)),
    )
