"""A Jupyter notebook as JSON (nbformat 4.5), from cells of words and code."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Mapping
from string import Template
from typing import Any, NamedTuple

import numpy as np

_MARKDOWN = "\\`*_{}[]()<>#+-!|&~$:"


class Cell(NamedTuple):
    """A cell of a notebook.

    Attributes:
        kind: "markdown" or "code".
        source: its text.
        folded: Jupyter shows it closed; for data that nobody reads.
    """

    kind: str
    source: str
    folded: bool = False


def words(text: str) -> Cell:
    """A cell of Markdown; common indentation goes. Foreign text must have passed `plain`."""
    return Cell("markdown", textwrap.dedent(text).strip())


def code(text: str, folded: bool = False, **values: Any) -> Cell:
    """A cell of Python; common indentation goes.

    Args:
        text: with `$name` where a value stands, at the start of a line's expression.
        folded: see `Cell`.
        values: written as Python literals, so that no text of them can become code.
    """
    source = Template(textwrap.dedent(text).strip())
    return Cell("code", source.substitute({k: literal(v) for k, v in values.items()}), folded)


def literal(value: Any, indent: str = "") -> str:
    """A value as Python source in plain ASCII; a mapping takes one line an entry, NaN is None."""
    if isinstance(value, Mapping):
        inner = indent + "    "
        lines = (f"{inner}{literal(key)}: {literal(one, inner)},\n" for key, one in value.items())
        return f"{{\n{''.join(lines)}{indent}}}"
    if isinstance(value, tuple | list):
        return f"({' '.join(f'{literal(one)},' for one in value)})"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return "None"
    return ascii(value)


def plain(text: str) -> str:
    """Text of unknown origin for Markdown: every sign stands for itself, on one line."""
    line = " ".join(text.split())
    return "".join(f"&#{ord(sign)};" if sign in _MARKDOWN else sign for sign in line)


def notebook(cells: list[Cell]) -> str:
    """The `.ipynb` file of these cells, without outputs."""
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "cells": [_entry(number, cell) for number, cell in enumerate(cells, start=1)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _entry(number: int, cell: Cell) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": f"cell-{number}",
        "metadata": {"jupyter": {"source_hidden": True}} if cell.folded else {},
        "source": cell.source.splitlines(keepends=True),
    }
    if cell.kind == "code":
        entry |= {"execution_count": None, "outputs": []}
    return entry
