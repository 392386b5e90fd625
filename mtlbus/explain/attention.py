"""Inner maps as plain arrays: regions, rows of attention, the exact split of the class logit.

Everything here takes a `Map` as `Predictor` returns it (no batch dimension) and gives NumPy
arrays. A map's cells cover the zero-padded square; `Frame` says which of them the image sees.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..core.errors import InputError
from ..core.outputs import Map, MapKind
from ..data.transforms import Frame

_ORDER = ("region", "score", "attention", "gate")


class View(NamedTuple):
    """What can be looked at on its own.

    Attributes:
        name: of its first map; the value of `map` in an address.
        title: in plain words.
        kind: which picture it needs.
        maps: names of the maps it shows.
    """

    name: str
    title: str
    kind: MapKind
    maps: tuple[str, ...]


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
        return bool(
            self.bottom[row] > self.top[row] and self.right[column] > self.left[column]
        )

    def seen(self) -> list[tuple[int, int]]:
        """The cells (row, column) that lie on the image, row by row."""
        cells = np.ndindex(len(self.top), len(self.left))
        return [cell for cell in cells if self.sees(cell)]

    def centre(self, cell: tuple[int, int]) -> tuple[float, float]:
        """x and y of the middle of the cell's visible part."""
        row, column = cell
        return (
            float(self.left[column] + self.right[column]) / 2,
            float(self.top[row] + self.bottom[row]) / 2,
        )


def list_views(maps: Mapping[str, Map]) -> list[View]:
    """What a method's maps let a person look at: regions, shares, then attention and gates.

    Regions come together (full resolution and cells), so do the shares of a logit; each attention
    and each gate is a view of its own. Scalars go with the others; features have no picture.
    """
    views: dict[str, View] = {}
    for name, found in maps.items():
        if found.kind in ("region", "score"):
            together = tuple(other for other in maps if maps[other].kind == found.kind)
            title = "Regions" if found.kind == "region" else "Share of the decision"
            views.setdefault(found.kind, View(name, title, found.kind, together))
        elif found.kind in ("attention", "gate"):
            _, _, part = name.partition(".")
            title = found.kind.capitalize() + (f": {part}" if part else "")
            views[name] = View(name, title, found.kind, (name,))
    ordered = sorted(views.values(), key=lambda view: _ORDER.index(view.kind))
    titles = [view.title for view in ordered]
    return [
        view if titles.count(view.title) == 1 else view._replace(title=view.name.replace("_", " "))
        for view in ordered
    ]


def cell_boxes(grid: tuple[int, int], frame: Frame) -> CellBoxes:
    """Where the cells of a rows×columns grid over the square lie on the image."""

    def edges(cells: int, before: int, length: int) -> tuple[np.ndarray, np.ndarray]:
        lines = np.linspace(0, frame.side, cells + 1) - before
        return np.clip(lines[:-1], 0, length), np.clip(lines[1:], 0, length)

    return CellBoxes(
        *edges(grid[0], frame.top, frame.height), *edges(grid[1], frame.left, frame.width)
    )


def cells_on_image(plane: np.ndarray, frame: Frame) -> np.ndarray:
    """Lay …×rows×columns cells of the square over the image: …×H×W, each pixel as its cell is.

    Nothing is smoothed: a pixel takes the value of the cell its middle lies in.
    """
    plane = np.asarray(plane)
    rows, columns = plane.shape[-2:]
    y = ((np.arange(frame.height) + frame.top + 0.5) * rows / frame.side).astype(int)
    x = ((np.arange(frame.width) + frame.left + 0.5) * columns / frame.side).astype(int)
    return plane[..., y[:, None], x[None, :]]


def attention_row(attention: Map, cell: tuple[int, int], head: int | None = None) -> np.ndarray:
    """Where one cell looks: its row of the attention as rows×columns, summing to 1.

    Args:
        attention: heads×Q×K, with its grid.
        cell: row and column of the cell that looks.
        head: one head; None for the mean over heads.

    Raises:
        InputError: another kind of map, or a cell outside the grid.
    """
    weights, (rows, columns) = _attention(attention, head)
    row, column = cell
    if not (0 <= row < rows and 0 <= column < columns):
        raise InputError(
            f"Cell {row},{column} is outside the grid; rows 0 to {rows - 1} and columns 0 to "
            f"{columns - 1} exist."
        )
    return weights[row * columns + column].reshape(rows, columns)


def received(attention: Map, head: int | None = None) -> np.ndarray:
    """How much each cell is looked at on average: column means as rows×columns, summing to 1."""
    weights, grid = _attention(attention, head)
    return weights.mean(axis=0).reshape(grid)


def logit_split(maps: Mapping[str, Map]) -> LogitSplit:
    """The exact split of the log-odds of malignant over the regions.

    Args:
        maps: with one score map of classes×R and the scalar map "…_constant" of the classes.

    Raises:
        InputError: the method has no such maps.
    """
    scores = _of_kind(maps, "score", 2)
    constants = [
        found for name, found in maps.items()
        if found.kind == "scalar" and name.endswith("_constant")
    ]  # fmt: skip
    if scores is None or not constants:
        raise InputError("This method's class logit has no split over regions.")
    contributions = _malignant_minus_benign(_array(scores))
    constant = float(_malignant_minus_benign(_array(constants[0])))
    total = float(contributions.sum() + constant)
    return LogitSplit(scores.labels, contributions, constant, total)


def score_cells(maps: Mapping[str, Map]) -> np.ndarray | None:
    """The same contributions cell by cell, R×rows×columns, malignant minus benign; None if absent.

    Over its cells each region sums to its contribution.
    """
    scores = _of_kind(maps, "score", 4)
    return None if scores is None else _malignant_minus_benign(_array(scores))


def gammas(maps: Mapping[str, Map]) -> dict[str, float]:
    """γ of the attention by region name ("γ" where there is one only); empty without any."""
    for name, found in maps.items():
        if found.kind == "scalar" and name.endswith("_gamma"):
            return dict(zip(found.labels, map(float, _array(found)), strict=True))
    return {}


def gate_plane(gate: Map, channel: int | str = "mean") -> np.ndarray:
    """A gate C×H×W as one plane: the "mean" or "max" over its channels, or one channel."""
    values = _array(gate)
    if channel in ("mean", "max"):
        return getattr(values, channel)(axis=0)
    if not isinstance(channel, int) or not 0 <= channel < len(values):
        raise InputError(
            f"Channel {channel!r}: choose 'mean', 'max' or 0 to {len(values) - 1}."
        )
    return values[channel]


def npz_bytes(maps: Mapping[str, Map]) -> bytes:
    """All maps as a compressed NPZ: one float array a map, under its name, without batch."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **{name: _array(found) for name, found in maps.items()})
    return stream.getvalue()


def _array(found: Map) -> np.ndarray:
    return found.tensor.detach().cpu().float().numpy()


def _of_kind(maps: Mapping[str, Map], kind: MapKind, dimensions: int) -> Map | None:
    fitting = [m for m in maps.values() if m.kind == kind and m.tensor.ndim == dimensions]
    return fitting[0] if fitting else None


def _attention(attention: Map, head: int | None) -> tuple[np.ndarray, tuple[int, int]]:
    if attention.kind != "attention" or attention.grid is None:
        raise InputError(f"A map of kind {attention.kind!r} has no rows of attention.")
    weights = _array(attention)
    return (weights.mean(axis=0) if head is None else weights[head]), attention.grid


def _malignant_minus_benign(scores: np.ndarray) -> np.ndarray:
    """Along the first axis: the last of two classes less the first, or the only one."""
    return scores[0] if len(scores) == 1 else scores[1] - scores[0]
