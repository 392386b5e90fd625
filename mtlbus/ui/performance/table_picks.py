"""One of the chosen methods, where a chart or a table cannot show all of them in full."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...evaluation.judged_rows import Table
from ...figures.style import FEW
from ..memory import pick


def pick_table(tables: Sequence[Table], label: str, name: str) -> Table:
    """One of the methods; buttons for a few, a list for many, nothing to choose of one."""
    titles = [table.title for table in tables]
    if len(titles) == 1:
        return tables[0]
    chosen = pick(label, name, titles, draw=None if len(titles) <= FEW else st.selectbox)
    return tables[titles.index(chosen)]
