"""Where the pictures of a look stand: in a grid of its own, or in rows shared with another look."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...figures.cells import BAR_SPACE

_SIDES = {1: 380, 2: 340, 4: 330}  # of a picture in pixels, by how many stand side by side
_SEVERAL, _PAIRED = 290, 320
# At most so many, none narrower. Only three may be narrower than their pictures: a row of three
# is worth a smaller picture.
_COLUMNS = {1: (2, 380), 2: (2, 340), 4: (4, 330)}
_GAP, _ROOM = 32, 40  # pixels between columns, and in a column beside its picture


class Alone:
    """The whole width for one look."""

    def tiles(self, count: int, whole: bool = False) -> Iterator[DeltaGenerator]:
        """Places for `count` pictures.

        Args:
            count: one alone gets half of the width, so that its scale bar fits it.
            whole: one alone gets the whole width.
        """
        columns, narrowest = (1, 220) if whole else _COLUMNS.get(count, (3, 240))
        widest = columns * (_SIDES.get(count, _SEVERAL) + _ROOM) + (columns - 1) * _GAP
        grid = st.grid(
            columns,
            min_column_width=narrowest,
            gap="medium",
            width="stretch" if whole else widest,
        )
        for _ in range(count):
            yield grid.container()

    def height(self, count: int) -> int:
        """Of a picture in pixels, where so many stand side by side."""
        return _SIDES.get(count, _SEVERAL) + BAR_SPACE

    def foot(self) -> DeltaGenerator:
        """The place below all pictures."""
        return st.container()


class Rows:
    """Rows of two, made as they are asked for: the same picture of two looks is on one height."""

    def __init__(self) -> None:
        self._pictures, self._feet = st.container(), st.container()
        self._rows: list[list[DeltaGenerator]] = []
        self._foot = self._feet.columns(2, gap="medium")

    def place(self, row: int, side: int) -> DeltaGenerator:
        """The left (0) or right (1) place of a row."""
        while row >= len(self._rows):
            self._rows.append(self._pictures.columns(2, gap="medium"))
        return self._rows[row][side]

    def foot(self, side: int) -> DeltaGenerator:
        """Below all rows."""
        return self._foot[side]


class Side:
    """One of the two columns of `Rows`; the same questions as `Alone`."""

    def __init__(self, rows: Rows, side: int) -> None:
        self._rows, self._side, self._used = rows, side, 0

    def tiles(self, count: int, whole: bool = False) -> Iterator[DeltaGenerator]:
        """Places for the next `count` pictures, one below the other."""
        first, self._used = self._used, self._used + count
        for row in range(first, first + count):
            yield self._rows.place(row, self._side)

    def height(self, count: int) -> int:
        """Of a picture in pixels."""
        return _PAIRED + BAR_SPACE

    def foot(self) -> DeltaGenerator:
        """The place below all pictures."""
        return self._rows.foot(self._side)


Stage = Alone | Side
