"""Attention from a chosen cell: where it looks, where the context comes from, and γ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from ..core.outputs import Map
from ..explain import attention as arrays
from ..figures import cells
from . import state
from .look import QUIET, Look
from .memory import adopt_link
from .view_picks import Pick

NO_EFFECT = 0.01


@st.fragment
def show_attention(look: Look, pick: Pick) -> None:
    """Where a chosen cell looks, and where the context comes from."""
    name = next(iter(pick.names.values()))
    found = look.maps[name]
    grid = arrays.attention_grid(found, look.size)
    boxes = arrays.cell_boxes(grid, look.frame)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = _pick_cell(grid, boxes)
        head = _pick_head(found.tensor.shape[-3])
    row = _clip(arrays.attention_row(found, cell, head), grid)
    total = _clip(arrays.received(found, head), grid)
    tiles = st.grid(2, min_column_width=330, gap="medium")
    with tiles, st.container():
        _show_row(look, found, cell, row)
    with tiles, st.container():
        st.markdown("**Where the context comes from, over all cells**")
        figure = cells.cell_figure(
            look.case.image.pixels, total, look.frame, cells.attention_scale(total), look.opacity,
            height=400,
        )  # fmt: skip
        look.picture(
            figure, "_received", "How much each cell is looked at on average.",
            "The mean over all cells that look. It is weight, not importance: a cell that is "
            "looked at much may hold nothing that changes the answer.",
        )  # fmt: skip
    looks = row[np.isfinite(row)]
    unseen = looks.sum() - np.nansum(boxes.visible(row))
    extra = f" {unseen:.1%} of this cell's look goes to the padding." if unseen > 5e-4 else ""
    if np.ptp(looks) < 0.05 * looks.max():
        extra += " This row is flat: the cell looks everywhere alike."
    st.caption(f"{found.meaning}{extra} From {found.stage}: {grid[0]}×{grid[1]} cells.")
    gamma_line(look.maps, pick.level)


def _show_row(look: Look, found: Map, cell: tuple[int, int], row: np.ndarray) -> None:
    """The clickable picture of one cell's look; the part it cannot look at stays clear."""
    st.markdown(f"**Where the cell in row {cell[0]}, column {cell[1]} looks**")
    window = None
    if found.windows:
        top, bottom, left, right = arrays.window_of(found, cell)
        window = (top, min(bottom, len(row) - 1), left, min(right, row.shape[1] - 1))
    figure = cells.cell_figure(
        look.case.image.pixels, row, look.frame, cells.attention_scale(row), look.opacity,
        chosen=cell, clickable=True, height=400, window=window,
    )  # fmt: skip
    st.plotly_chart(
        figure, key="_clicks", config=QUIET, on_select=_take_click, selection_mode="points",
        alt=look.marked(
            f"Attention of the cell in row {cell[0]}, column {cell[1]} over the image."
        ),
    )  # fmt: skip
    looks = row[np.isfinite(row)]
    inside = (
        f"It sees only its own window of {found.grid[0]}×{found.grid[1]} cells (the larger frame); "
        "**outside it cannot look**, so that part is left clear. "
        if window else ""
    )  # fmt: skip
    st.caption(look.marked(
        f"**Click a cell** to make it the one that looks (outlined). {inside}Its {looks.size} "
        f"weights add up to 1; an even look would give {1 / looks.size:.1%} to each. The scale "
        f"ends at this row's largest weight, {looks.max():.1%}."
    ))  # fmt: skip


def _pick_head(heads: int) -> int | None:
    """One head; None for the mean of all."""
    if heads == 1:
        return None
    key = f"_head_{heads}"
    choice = st.selectbox(
        f"Head, one of {heads}", range(-1, heads), key=key, width=200,
        format_func=lambda head: f"mean of all {heads}" if head < 0 else f"head {head}",
    )  # fmt: skip
    return None if choice < 0 else choice


def _clip(plane: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Without the cells that only fill up the last windows."""
    return plane[: grid[0], : grid[1]]


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


def _pick_cell(grid: tuple[int, int], boxes: arrays.CellBoxes) -> tuple[int, int]:
    """The cell that looks, by click or by numbers; kept in the address as `cell`."""
    adopt_link("cell")
    cell = _parse_cell(st.session_state.get("cell"), boxes)
    st.session_state["_row"], st.session_state["_column"] = cell
    seen = boxes.seen()
    limits = [(min(index), max(index)) for index in zip(*seen, strict=True)]
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
