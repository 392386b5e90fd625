"""Inner maps as plain arrays: cells on the image, rows of attention, the split of the logit.

Everything here takes a `Map` as `Predictor` returns it (no batch dimension) and gives NumPy
arrays. A map's cells cover the zero-padded square; `Frame` says which of them the image sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..core.errors import InputError
from ..core.outputs import Map, MapKind
from ..data.transforms import Frame


class LogitSplit(NamedTuple):
    """The log-odds of malignant as a sum over regions; all numbers are malignant minus benign.

    Attributes:
        regions: names, R of them.
        contributions: shape R.
        constant: what no region contributes.
        total: contributions and constant together: the logit.
    """

    regions: tuple[str, ...]
    contributions: np.ndarray
    constant: float
    total: float

    @property
    def probability(self) -> float:
        """sigmoid(total)."""
        return float(1 / (1 + np.exp(-self.total)))


class CellBoxes(NamedTuple):
    """The part of each cell that lies on the image, in its pixels; a cell in the padding has none.

    Attributes:
        top, bottom: shape rows, edges in pixels from the image's top; bottom <= top if unseen.
        left, right: shape columns, likewise.
    """

    top: np.ndarray
    bottom: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def sees(self, cell: tuple[int, int]) -> bool:
        """Whether any of the cell lies on the image."""
        row, column = cell
        return bool(self.bottom[row] > self.top[row] and self.right[column] > self.left[column])

    def seen(self) -> list[tuple[int, int]]:
        """The cells (row, column) that lie on the image, row by row."""
        rows = np.flatnonzero(self.bottom > self.top).tolist()
        columns = np.flatnonzero(self.right > self.left).tolist()
        return [(row, column) for row in rows for column in columns]

    def visible(self, plane: np.ndarray) -> np.ndarray:
        """The part of a plane …×rows×columns whose cells lie on the image."""
        return plane[..., self.bottom > self.top, :][..., self.right > self.left]

    def centre(self, cell: tuple[int, int]) -> tuple[float, float]:
        """x and y of the middle of the cell's visible part."""
        row, column = cell
        return (
            float(self.left[column] + self.right[column]) / 2,
            float(self.top[row] + self.bottom[row]) / 2,
        )


def cell_boxes(grid: tuple[int, int], frame: Frame) -> CellBoxes:
    """Where the cells of a rows×columns grid over the square lie on the image."""

    def edges(cells: int, whole: int, before: int, length: int) -> tuple[np.ndarray, np.ndarray]:
        lines = np.linspace(0, whole, cells + 1) - before
        return np.clip(lines[:-1], 0, length), np.clip(lines[1:], 0, length)

    return CellBoxes(
        *edges(grid[0], frame.down, frame.top, frame.height),
        *edges(grid[1], frame.across, frame.left, frame.width),
    )


def cells_on_image(plane: np.ndarray, frame: Frame) -> np.ndarray:
    """Lay …×rows×columns cells of the square over the image: …×H×W, each pixel as its cell is.

    Nothing is smoothed: a pixel takes the value of the cell its middle lies in.
    """
    plane = np.asarray(plane)
    rows, columns = plane.shape[-2:]
    y = ((np.arange(frame.height) + frame.top + 0.5) * rows / frame.down).astype(int)
    x = ((np.arange(frame.width) + frame.left + 0.5) * columns / frame.across).astype(int)
    return plane[..., y[:, None], x[None, :]]


def attention_grid(attention: Map, size: int | None = None) -> tuple[int, int]:
    """Rows and columns of the cells of the whole stage, over all its windows.

    Args:
        attention: heads×Q×K or windows×heads×Q×K, with its grid.
        size: side of the network's square in pixels, to leave out the cells that only fill up
            the last windows.
    """
    if attention.kind != "attention" or attention.grid is None:
        raise InputError(f"A map of kind {attention.kind!r} has no rows of attention.")
    windows = attention.windows or (1, 1)
    rows, columns = (cells * n for cells, n in zip(attention.grid, windows, strict=True))
    if size is None:
        return rows, columns
    real = -(-size // attention.stride)
    return min(rows, real), min(columns, real)


def window_of(attention: Map, cell: tuple[int, int]) -> tuple[int, int, int, int]:
    """The cells that a cell can look at: first and last row, first and last column."""
    (rows, columns), (row, column) = attention.grid, cell
    top, left = row // rows * rows, column // columns * columns
    return top, top + rows - 1, left, left + columns - 1


def attention_row(attention: Map, cell: tuple[int, int], head: int | None = None) -> np.ndarray:
    """Where one cell looks: its row of the attention over the stage's grid, summing to 1.

    Outside the cell's window, where it cannot look, the plane is NaN.

    Args:
        attention: heads×Q×K or windows×heads×Q×K, with its grid.
        cell: row and column in the stage's grid of the cell that looks.
        head: one head; None for the mean over heads.

    Raises:
        InputError: another kind of map, or a cell outside the grid.
    """
    rows, columns = attention_grid(attention)
    row, column = cell
    if not (0 <= row < rows and 0 <= column < columns):
        raise InputError(
            f"Cell {row},{column} is outside the grid; rows 0 to {rows - 1} and columns 0 to "
            f"{columns - 1} exist."
        )
    height, width = attention.grid
    across = columns // width
    window = row // height * across + column // width
    query = row % height * width + column % width
    plane = np.full((rows, columns), np.nan, dtype=np.float32)
    top, bottom, left, right = window_of(attention, cell)
    looks = _windows(attention, head)[window, query]
    plane[top : bottom + 1, left : right + 1] = looks.reshape(height, width)
    return plane


def received(attention: Map, head: int | None = None) -> np.ndarray:
    """How much each cell is looked at on average over all cells that look, summing to 1.

    Rows×columns of the stage's grid. With windows each holds an equal share of the whole.
    """
    rows, columns = attention_grid(attention)
    (height, width), weights = attention.grid, _windows(attention, head)
    tiles = weights.mean(axis=1).reshape(rows // height, columns // width, height, width)
    return tiles.swapaxes(1, 2).reshape(rows, columns) / len(weights)


def share_of_cell(part: str, cell: tuple[int, int], maps: Mapping[str, Map]) -> float | None:
    """How much of a cell belongs to a region, 0..1; None where no map of regions says.

    Args:
        part: name of the region.
        cell: row and column in the grid of the regions' weights.
        maps: of the network.
    """
    for found in maps.values():
        if found.kind != "region" or found.stride == 1 or part not in found.labels:
            continue
        rows, columns = found.tensor.shape[-2:]
        if cell[0] < rows and cell[1] < columns:
            return float(found.tensor[(found.labels.index(part), *cell)])
    return None


def logit_split(maps: Mapping[str, Map]) -> LogitSplit:
    """The exact split of the log-odds of malignant over the regions.

    Args:
        maps: with one score map of classes×R and the scalar map "…_constant" of the classes.

    Raises:
        InputError: the method has no such maps.
    """
    scores = _of_kind(maps, "score", 2)
    constants = [
        found
        for name, found in maps.items()
        if found.kind == "scalar" and name.endswith("_constant")
    ]
    if scores is None or not constants:
        raise InputError("This method's class logit has no split over regions.")
    contributions = _malignant_minus_benign(array_of(scores))
    constant = float(_malignant_minus_benign(array_of(constants[0])))
    total = float(contributions.sum() + constant)
    return LogitSplit(scores.labels, contributions, constant, total)


def score_cells(maps: Mapping[str, Map]) -> np.ndarray | None:
    """The same contributions cell by cell, R×rows×columns, malignant minus benign; None if absent.

    Over its cells each region sums to its contribution.
    """
    scores = _of_kind(maps, "score", 4)
    return None if scores is None else _malignant_minus_benign(array_of(scores))


def evenness(weights: np.ndarray) -> float:
    """Entropy of a row of attention over that of an even look, 0..1; 1 is perfectly even.

    Args:
        weights: of one row, not negative, that add up to more than 0.
    """
    share = np.asarray(weights, dtype=float).ravel()
    share = share[share > 0] / share.sum()
    return float(-(share * np.log(share)).sum() / np.log(max(np.size(weights), 2)))


def added(maps: Mapping[str, Map]) -> dict[str, float]:
    """How many times the norm of what it is added to an attention's addition has, by place.

    Regions that this image does not have are left out; empty without such an attention.
    """
    for name, found in maps.items():
        if found.kind == "scalar" and name.endswith("_added"):
            ratios = dict(zip(found.labels, map(float, array_of(found)), strict=True))
            weights = maps.get("region_weights")
            if weights is None:
                return ratios
            there = array_of(weights).sum(axis=(1, 2)) > 0
            return {
                label: ratios[label]
                for label, seen in zip(weights.labels, there, strict=True)
                if seen
            }
    return {}


def array_of(found: Map) -> np.ndarray:
    """The numbers of a map as a float32 array of the same shape."""
    return found.tensor.detach().cpu().float().numpy()


def _of_kind(maps: Mapping[str, Map], kind: MapKind, dimensions: int) -> Map | None:
    fitting = [m for m in maps.values() if m.kind == kind and m.tensor.ndim == dimensions]
    return fitting[0] if fitting else None


def _windows(attention: Map, head: int | None) -> np.ndarray:
    """The weights as windows×Q×K, of one head or their mean; one window where it is global."""
    weights = array_of(attention)
    weights = weights if attention.windows else weights[None]
    return weights.mean(axis=1) if head is None else weights[:, head]


def _malignant_minus_benign(scores: np.ndarray) -> np.ndarray:
    """Along the first axis: the last of two classes less the first, or the only one."""
    return scores[0] if len(scores) == 1 else scores[1] - scores[0]
