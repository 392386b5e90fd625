"""The one CSV writer: what a spreadsheet would run becomes a text, and comes back as it was."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import numpy as np
import pytest

import mtlbus
from mtlbus.core.tables import csv_text, guarded, unguarded

RUN = (
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", " =1", "\t=1", "\tx", "\r=1", "\nx",
    "＝1", "-", "--out", "＠x", "'=1",
)  # fmt: skip


@pytest.mark.parametrize("text", RUN)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe_and_comes_back(text):
    assert guarded(text)[0] == "'"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize(
    "text",
    ["lipoma", "-1", "+1", "-1.5e-07", "-.5", "1", "", "'quoted'", "a=b", "5 - 3", "a-b.png"],
)
def test_numbers_and_plain_texts_stay(text):
    assert guarded(text) == text == unguarded(text)


def test_a_cell_that_begins_inside_of_a_text_is_guarded_where_it_begins():
    """A spreadsheet set to German parts a line at ";", whatever quotes stand around it."""
    assert guarded("a;=1+1") == "a;'=1+1"
    assert guarded("a\t@x\n-y") == "a\t'@x\n'-y"


def test_every_text_comes_back():
    draw = np.random.default_rng(0)
    signs = np.array(list("=+-@'\t\r\n; a1.＝"))
    for _ in range(20_000):
        text = "".join(draw.choice(signs, draw.integers(0, 7)))
        assert unguarded(guarded(text)) == text


def test_a_table_as_text():
    rows = [
        ("=x", np.float64(-1.5), np.float32("nan"), True, np.int64(3)),
        (None, float("nan"), (1, 2), 'a,"b"', "caf\udce9.png"),
    ]
    text = csv_text(("=head", "b", "c", "d", "e"), rows)
    text.encode()
    assert list(csv.reader(io.StringIO(text))) == [
        ["'=head", "b", "c", "d", "e"],
        ["'=x", "-1.5", "", "True", "3"],
        ["", "", "1 2", 'a,"b"', r"caf\udce9.png"],
    ]


def test_nothing_else_of_the_package_writes_csv():
    """`to_csv` and `csv.writer` know no guard; only `core/tables.py` may call one."""
    root = Path(mtlbus.__file__).parent
    for path in root.rglob("*.py"):
        if path.relative_to(root) == Path("core/tables.py"):
            continue
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute | ast.Name)
        }
        assert not names & {"to_csv", "writer", "DictWriter"}, path
