"""Tables as text: CSV of which a spreadsheet runs no cell as a formula, and Markdown."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from .files import write_atomically

_RUN = "[=+@＝＋－＠-]"  # a spreadsheet runs what begins with one, the wide signs of Asia too
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# A cell may also begin inside of a text: some spreadsheets part cells at ";", at tabs or at lines.
_BEGIN = r"(?:\A(?={mark}'*[\t\r\n])|(?:\A|(?<=[;\t\r\n]))(?={mark}'*[ ]*" + _RUN + "))"
_BARE = re.compile(_BEGIN.format(mark=""))
_GUARDED = re.compile(_BEGIN.format(mark="'") + "'")


def guarded(value: Any) -> Any:
    """A cell that a spreadsheet takes as text: an apostrophe before what it would run.

    A text that reads as a number stays as it is, and so does what is no text.
    """
    if not isinstance(value, str):
        return value
    return value if _NUMBER.fullmatch(value) else _BARE.sub("'", value)


def unguarded(text: str) -> str:
    """The text of a cell that `guarded` gave."""
    return _GUARDED.sub("", text)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV, with a head, one line a row; its texts are guarded.

    Args:
        columns: their names.
        rows: a value for each column: texts, numbers, truth values; None and NaN make an empty
            cell, a tuple its values with spaces between them.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([guarded(name) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    # A file name that is no UTF-8 holds what no file of text can: it is written as an escape.
    return stream.getvalue().encode(errors="backslashreplace").decode()


def frame_csv(frame: Any) -> str:
    """A frame of pandas as `csv_text`, without its index."""
    return csv_text(frame.columns, frame.itertuples(index=False, name=None))


def write_frame(path: str | Path, frame: Any) -> None:
    """Write a frame of pandas as CSV; the file is there whole or not at all."""
    write_atomically(path, frame_csv(frame).encode())


def markdown_table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a Markdown table; a bar inside a cell would end it."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in lines]


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, Real) and math.isnan(value)):
        return ""
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    return str(guarded(value))
