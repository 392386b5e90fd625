"""Attention from a chosen cell: where it looks, where the context comes from, and γ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ..core.outputs import Map
from ..explain import attention as arrays
from ..explain.attention import View
from ..figures import cells
from ..figures.style import CONFIG
from ..inference.predictor import Prediction
from . import state
from .case import Case
from .memory import adopt_link

NO_EFFECT = 0.01
QUIET = {**CONFIG, "displayModeBar": False}


@st.fragment
def show_attention(case: Case, prediction: Prediction, view: View, opacity: float) -> None:
    found = prediction.maps[view.name]
    grid, boxes = found.grid, arrays.cell_boxes(found.grid, prediction.frame)
    cell = _pick_cell(grid, boxes)
    heads = found.tensor.shape[0]
    head = None
    if heads > 1:
        choice = st.selectbox("Head", ["mean of all", *map(str, range(heads))], key="_head")
        head = None if choice == "mean of all" else int(choice)
    row, total = arrays.attention_row(found, cell, head), arrays.received(found, head)
    tiles = st.grid(2, min_column_width=330, gap="medium")
    with tiles, st.container():
        st.markdown(f"**Where the cell in row {cell[0]}, column {cell[1]} looks**")
        figure = cells.cell_figure(
            case.image.pixels, row, prediction.frame, cells.attention_scale(row), opacity,
            chosen=cell, clickable=True, height=400,
        )  # fmt: skip
        st.plotly_chart(
            figure, key="_clicks", config=QUIET, on_select=_take_click, selection_mode="points",
            alt=f"Attention of the cell in row {cell[0]}, column {cell[1]} over the image.",
        )  # fmt: skip
        st.caption(
            f"**Click a cell** to make it the one that looks (outlined). Its {row.size} weights "
            f"add up to 1; an even look would give {1 / row.size:.1%} to each. The scale ends at "
            f"this row's largest weight, {row.max():.1%}."
        )
    with tiles, st.container():
        st.markdown("**Where the context comes from, over all cells**")
        figure = cells.cell_figure(
            case.image.pixels, total, prediction.frame, cells.attention_scale(total), opacity,
            height=400,
        )  # fmt: skip
        picture(figure, "_received", "How much each cell is looked at on average.")
        st.caption(
            "The mean over all cells that look. It is weight, not importance: a cell that is "
            "looked at much may hold nothing that changes the answer."
        )
    unseen = row.sum() - sum(row[seen] for seen in boxes.seen())
    extra = f" {unseen:.1%} of this cell's look goes to the padding." if unseen > 5e-4 else ""
    if np.ptp(row) < 0.05 * row.max():
        extra += " This row is flat: the cell looks everywhere alike."
    st.caption(f"{found.meaning}{extra}")
    gamma_line(prediction.maps, view.name.partition(".")[2])


def gamma_line(maps: Mapping[str, Map], part: str = "") -> None:
    """γ of the attention, with what it means; of one region, or of all."""
    found = arrays.gammas(maps)
    if part in found:
        found = {part: found[part]}
    if not found:
        return
    small = all(abs(value) < NO_EFFECT for value in found.values())
    numbers = ", ".join(
        f"**γ = {value:+.3f}**" + (f" in the {name}" if name != "γ" else "")
        for name, value in found.items()
    )
    if small:
        verdict = (
            "The attended context is multiplied by γ before it is added. While γ is close to 0, "
            "**attention has no effect on the answer**, however striking its maps look."
        )
    else:
        verdict = (
            "The attended context is multiplied by γ before it is added, so attention counts only "
            "where γ differs from 0."
        )
    st.markdown(f"{numbers}. {verdict}".replace("+-", "−").replace("= -", "= −"))


def picture(figure: go.Figure, key: str, alt: str) -> None:
    """Show a map without tool bar; `alt` is for people who cannot see it."""
    st.plotly_chart(figure, key=key, config=QUIET, alt=alt)


def _pick_cell(grid: tuple[int, int], boxes: arrays.CellBoxes) -> tuple[int, int]:
    """The cell that looks, by click or by numbers; kept in the address as `cell`."""
    adopt_link("cell")
    cell = _parse_cell(st.session_state.get("cell"), boxes)
    st.session_state["_row"], st.session_state["_column"] = cell
    seen = boxes.seen()
    limits = [(min(index), max(index)) for index in zip(*seen, strict=True)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, (low, high) in zip(("row", "column"), limits, strict=True):
            st.number_input(
                f"{name.capitalize()}, {low} to {high}", low, high, key=f"_{name}", width=150,
                on_change=_take_numbers, help="Rows count from the top, columns from the left.",
            )  # fmt: skip
    state.write_link("cell", f"{cell[0]},{cell[1]}")
    return cell


def _parse_cell(text: str | None, boxes: arrays.CellBoxes) -> tuple[int, int]:
    """ "3,4" as a visible cell; the one in the middle where it is none."""
    seen = boxes.seen()
    parts = (text or "").split(",")
    if len(parts) == 2 and all(part.strip().isdecimal() for part in parts):
        cell = (int(parts[0]), int(parts[1]))
        if cell in seen:
            return cell
    return (len(boxes.top) // 2, len(boxes.left) // 2)


def _take_numbers() -> None:
    st.session_state["cell"] = f"{st.session_state['_row']},{st.session_state['_column']}"


def _take_click() -> None:
    points = st.session_state["_clicks"]["selection"]["points"]
    if points and points[0].get("customdata"):
        row, column = points[0]["customdata"][:2]
        st.session_state["cell"] = f"{row},{column}"
