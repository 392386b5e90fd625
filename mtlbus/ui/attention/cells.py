"""Attention from a chosen cell: where it looks, where the context comes from, what it adds."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from ...core.wording import listed
from ...explain import attention as arrays
from ...figures import cells
from .details import take_click
from .look import Look
from .shown import Shown

FLAT = 0.95  # of the largest entropy that a row can have


def show_attention(shown: Shown) -> None:
    """Where a chosen cell looks, and where the context comes from."""
    look, found, detail = shown.look, shown.map, shown.detail
    grid = arrays.attention_grid(found, look.size)
    row, total = _row(shown), _clip(arrays.received(found, detail.head), grid)
    places = shown.stage.tiles(2)
    with next(places):
        _show_row(shown, row)
    with next(places):
        figure = cells.cell_figure(
            look.case.image.pixels, total, look.frame, cells.attention_scale(total), look.opacity,
            height=shown.stage.height(2),
        )  # fmt: skip
        look.picture(
            figure,
            "received",
            "How much each cell is looked at on average.",
            "The mean over all cells that look. It is weight, not importance: a cell that is "
            "looked at much may hold nothing that changes the answer.",
            "Where the context comes from, over all cells",
        )
    looks = row[np.isfinite(row)]
    unseen = looks.sum() - np.nansum(arrays.cell_boxes(grid, look.frame).visible(row))
    said = [found.meaning, found.words.caution, _region_share(shown)]
    if unseen > 5e-4:
        said.append(f"{unseen:.1%} of this cell's look goes to the padding.")
    evenness = arrays.evenness(looks)
    if evenness > FLAT:
        said.append(
            f"**This row is flat**: it has {evenness:.0%} of the largest entropy, so the cell "
            "looks nearly everywhere alike."
        )
    said.append(f"From {found.stage}: {grid[0]}×{grid[1]} cells.")
    with shown.stage.foot():
        look.note(" ".join(filter(None, said)))
        added_line(look, shown.pick.level)


def top_of_attention(shown: Shown) -> float:
    """The largest weight of the cell that looks."""
    return float(np.nanmax(_row(shown)))


def _row(shown: Shown) -> np.ndarray:
    """Where the cell looks, over the grid of the network's square."""
    row = arrays.attention_row(shown.map, shown.detail.cell, shown.detail.head)
    return _clip(row, arrays.attention_grid(shown.map, shown.look.size))


def _show_row(shown: Shown, row: np.ndarray) -> None:
    """The picture of one cell's look; the part it cannot look at stays clear.

    In the first of two looks, or the only one, it can be clicked.
    """
    look, found, cell = shown.look, shown.map, shown.detail.cell
    window = None
    if found.windows:
        first, last, left, right = arrays.window_of(found, cell)
        window = (first, min(last, len(row) - 1), left, min(right, row.shape[1] - 1))
    scale = cells.attention_scale(row, shown.top)
    clickable = not look.place
    figure = cells.cell_figure(
        look.case.image.pixels, row, look.frame, scale, look.opacity, chosen=cell,
        clickable=clickable, height=shown.stage.height(2), window=window,
    )  # fmt: skip
    looks = row[np.isfinite(row)]
    said = ["**Click a cell** to make it the one that looks (outlined)."] if clickable else []
    if window:
        said.append(
            f"It sees only its own window of {found.grid[0]}×{found.grid[1]} cells (the larger "
            "frame); **outside it cannot look**, so that part is left clear."
        )
    said.append(
        f"Its {looks.size} weights add up to 1; an even look would give {1 / looks.size:.1%} to "
        "each."
    )
    said.append(
        f"Its largest is {looks.max():.1%}; the scale reaches to it, and to "
        f"{cells.EVEN_SHARES} times the even share at least."
        if shown.top <= looks.max()
        else f"Its largest weight is {looks.max():.1%}; both pictures share one scale."
    )
    place = f"the cell in row {cell[0]}, column {cell[1]}"
    take = partial(take_click, look.key("clicks")) if clickable else None
    look.picture(
        figure, "clicks", f"Attention of {place}.", " ".join(said), f"Where {place} looks", take
    )


def _region_share(shown: Shown) -> str:
    """How much of the cell belongs to the region whose attention this is."""
    part = shown.pick.level
    share = arrays.share_of_cell(part, shown.detail.cell, shown.look.maps)
    if share is None:
        return ""
    if share == 0:
        return f"Nothing of this cell is {part}, so it has nothing to ask with."
    return f"{share:.1%} of this cell is {part}."


def _clip(plane: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Without the cells that only fill up the last windows."""
    return plane[: grid[0], : grid[1]]


def added_line(look: Look, part: str = "") -> None:
    """How much attention adds to this image's features; in one region, or in all."""
    found = arrays.added(look.maps)
    if part in found:
        found = {part: found[part]}
    if not found:
        return
    if not any(found.values()):
        said = "Here attention adds nothing, however striking its maps look."
    else:
        ratios = [
            f"{name} **{f'{ratio:.2g}' if ratio >= 0.001 else 'less than 0.001'}**"
            for name, ratio in found.items()
        ]
        said = (
            "Norm of what attention adds, over that of what it is added to, in this image: "
            f"{listed(ratios)}."
        )
    look.note(said, st.markdown)
