"""Tables that come with data, CSV or a workbook, as rows of stripped texts.

No cell is ever quoted in a message: a table that is named on a server may be any file of it. A
message names the file, the line and the columns that are known.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..core.errors import DataError
from .places import is_file, listing, read_regular_file, shown

MOST_BYTES = 20_000_000
MOST_ROWS = 200_000
TABLES = (".csv", ".xlsx")
_DELIMITERS = ",;\t|"
_MOST_COLUMNS = 256
_UNPACKED = 100_000_000  # bytes of a workbook


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        line: where it stands in the file, from 1.
        cells: column name, as it was asked for, to text; "" where there is none.
    """

    line: int
    cells: dict[str, str]


def read_table(
    path: str | Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    within: str | Path | None = None,
    workbook: bool = False,
) -> list[Row]:
    """The rows of a table, blank ones left out.

    CSV with commas, semicolons, tabs or bars; UTF-8 with or without its mark, UTF-16 with it. A
    byte that is no UTF-8 is kept as `os.fsdecode` keeps it, so that a file name still names its
    file. Names of columns are compared without regard to case.

    Args:
        path: a regular file.
        required: columns that must be there.
        optional: columns that may be; others are passed over.
        within: the folder where the file must lie, if any.
        workbook: whether an .xlsx file may be read, its first sheet.

    Raises:
        DataError: it cannot be read as a table with these columns.
    """
    data, name = read_regular_file(path, MOST_BYTES, within), shown(Path(path).name)
    if data.startswith(b"PK\x03\x04"):
        if not workbook:
            raise DataError(f"{name} is a workbook or an archive. Save the table as CSV (UTF-8).")
        lines = _workbook_lines(data, name)
    else:
        lines = _csv_lines(_text(data, name), (*required, *optional), name)
    header, where = None, {}
    rows: list[Row] = []
    for number, cells in lines:
        if not any(cells):
            continue
        if header is None:
            header = [cell.casefold() for cell in cells]
            where = _columns(header, required, optional, number, name)
            continue
        if len(cells) > len(header) and any(cells[len(header) :]):
            raise DataError(
                f"{name}, line {number}: {len(cells)} cells but {len(header)} columns. "
                "Put a cell that holds the separator in quotes."
            )
        if len(rows) == MOST_ROWS:
            raise DataError(f"{name} has more than {MOST_ROWS:,} rows. Split it.")
        found = {
            column: cells[place] if place is not None and place < len(cells) else ""
            for column, place in where.items()
        }
        rows.append(Row(number, found))
    if header is None:
        raise DataError(f"{name} is empty. Expected columns: {', '.join(required)}.")
    return rows


def find_table(
    folders: Sequence[Path],
    required: Sequence[str],
    optional: Sequence[str] = (),
    within: str | Path | None = None,
) -> list[Row] | None:
    """The rows of the table with these columns that lies in one of the folders; None without.

    Raises:
        DataError: there are tables and none has these columns; the line is on the first.
    """
    first: DataError | None = None
    for folder in folders:
        for path in listing(folder, Path(within) if within else None):
            if path.suffix.lower() in TABLES and is_file(path):
                try:
                    return read_table(path, required, optional, within, workbook=True)
                except DataError as error:
                    first = first or error
    if first:
        raise first
    return None


def _columns(
    header: list[str], required: Sequence[str], optional: Sequence[str], line: int, name: str
) -> dict[str, int | None]:
    """Column to its place in a row; None for an optional one that is not there."""
    wanted = [*required, *optional]
    missing = [column for column in required if column.casefold() not in header]
    twice = [column for column in wanted if header.count(column.casefold()) > 1]
    if missing or twice:
        fault = f"no column {', '.join(missing)}" if missing else f"column {twice[0]} twice"
        more = f" and, if there are any, {', '.join(optional)}" if optional else ""
        raise DataError(
            f"{name}, line {line}: {fault}. Expected the columns {', '.join(required)}{more}."
        )
    folded = {column: column.casefold() for column in wanted}
    return {c: header.index(low) if low in header else None for c, low in folded.items()}


def _text(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="surrogateescape")
    if "\0" in text:
        raise DataError(f"{name} is no table: it holds NUL characters. Save it as CSV (UTF-8).")
    return text


def _csv_lines(text: str, known: Sequence[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells, of the separator that finds most of the known columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def columns_found(separator: str) -> int:
        cells = {cell.strip().strip('"').casefold() for cell in first.split(separator)}
        return len(cells & {column.casefold() for column in known})

    delimiter = max(_DELIMITERS, key=columns_found)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:  # its words name the fault and no cell
        raise DataError(
            f"{name}, line {reader.line_num}: is no CSV ({error}). Check the quotes there."
        ) from None


def _workbook_lines(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of the first sheet."""
    from openpyxl import load_workbook

    try:
        unpacked = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist())
        if unpacked > _UNPACKED:
            raise DataError(f"{name} unpacks to more than {_UNPACKED // 10**6} MB; too much.")
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        found = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=_MOST_COLUMNS, values_only=True)
        rows = [[_cell(value) for value in row] for row in found]
    except DataError:
        raise
    except Exception:
        # A damaged archive or XML fails in many ways; to a person they all mean the same.
        raise DataError(
            f"{name} cannot be read as a workbook. Save the table as CSV (UTF-8)."
        ) from None
    yield from enumerate(rows, start=1)


def _cell(value: object) -> str:
    """A cell of a workbook as text; a whole number without its point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def whole_number(text: str, where: str) -> int:
    """A whole number from 1; a spreadsheet may have written it as 1.0.

    Raises:
        DataError: it is none; `where` begins the line.
    """
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10 and int(digits) >= 1):
        raise DataError(f"{where} is not allowed. Allowed: a whole number from 1.")
    return int(digits)
