"""The one way to write a table as CSV: no cell of it is run as a formula by a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

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


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, Real) and math.isnan(value)):
        return ""
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    return str(guarded(value))
