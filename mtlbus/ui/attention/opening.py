"""Which level, cell and sample are shown before anybody has chosen: where there is most."""

from __future__ import annotations

from ...core.outputs import Map
from ...explain import attention as arrays
from ...explain.views import View, gate_contrast
from .. import address
from ..session import Slot
from .look import Look

Cell = tuple[int, int]
CELL: Slot[str | None] = Slot("cell", None)
GRID: Slot[Cell | None] = Slot("_cell_grid", None)  # that the cell was chosen on


def first_level(view: View, look: Look) -> str:
    """The level or part that a view of this look opens with.

    Of gates the level whose cells differ most, the mean over its branches; of attention inside
    regions the one that holds most of the cell that looks; otherwise the first.
    """
    levels = view.levels
    if len(levels) < 2:
        return next(iter(levels))
    if view.form == "gate":
        contrast = {
            level: sum(gate_contrast(look.maps[name], look.frame) for name in names.values())
            / len(names)
            for level, names in levels.items()
        }
        return max(contrast, key=contrast.get)
    if view.form == "attention":
        cell = chosen_cell(look.maps[view.name], look)
        shares = {level: arrays.share_of_cell(level, cell, look.maps) or 0.0 for level in levels}
        return max(shares, key=shares.get)
    return next(iter(levels))


def chosen_cell(found: Map, look: Look) -> Cell:
    """The cell that looks: the chosen one where this grid has it on the image, else the middle."""
    grid = arrays.attention_grid(found, look.size)
    before = grid if address.came_by_link("cell") else (GRID.get() or grid)
    wished = parsed_cell(CELL.get())
    cell = moved_cell(wished, before, grid) if wished and before != grid else wished
    if cell is None or not _exists(cell, grid):
        return (grid[0] // 2, grid[1] // 2)
    seen = arrays.cell_boxes(grid, look.frame).sees(cell)
    return cell if seen else (grid[0] // 2, grid[1] // 2)


def moved_cell(cell: Cell, old: Cell, new: Cell) -> Cell:
    """The cell of a new grid over the middle of a cell of the old one."""
    return tuple(
        int((index + 0.5) * after / before)
        for index, before, after in zip(cell, old, new, strict=True)
    )


def parsed_cell(text: str | None) -> Cell | None:
    """ "3,4" as row and column."""
    parts = [part.strip() for part in (text or "").split(",")]
    fits = len(parts) == 2 and all(part.isdecimal() and len(part) < 5 for part in parts)
    return tuple(map(int, parts)) if fits else None


def _exists(cell: Cell, grid: Cell) -> bool:
    return all(0 <= index < length for index, length in zip(cell, grid, strict=True))
