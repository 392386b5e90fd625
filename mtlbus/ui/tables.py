"""Tables on a page, and their columns by the quantities that they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ..core.quantities import QUANTITIES
from ..core.tables import guarded

BARS = ("probability", "probability_mirrored")


def show_table(
    rows: Sequence[Mapping[str, Any]] | pd.DataFrame,
    alt: str,
    columns: Mapping[str, Any] | None = None,
    **look: Any,
) -> None:
    """Draw a table as high as its rows; no spreadsheet runs what a reader saves from its corner.

    Args:
        rows: by head.
        alt: what it holds, one sentence, for people who cannot see it.
        columns: settings of columns, by head.
        look: of `st.dataframe`.
    """
    frame = pd.DataFrame(rows).rename(columns=guarded).map(guarded)
    look = {"height": "content", **look}
    st.dataframe(frame, hide_index=True, column_config=columns, alt=alt, **look)


def columns(*names: str, **more: str) -> dict[str, Any]:
    """The settings of these quantities' columns, by head; a probability is a bar of 0 to 100.

    Args:
        names: of `QUANTITIES`.
        more: what to say in the help of one beside its meaning.
    """
    return {QUANTITIES[name].head: column(name, more.get(name, "")) for name in (*names, *more)}


def column(name: str, more: str = "") -> Any:
    """The settings of one quantity's column."""
    one, config = QUANTITIES[name], st.column_config
    said = f"{one.meaning} {more}".strip() or None
    if name in BARS:
        return config.ProgressColumn(
            one.head, format="%d %%", min_value=0, max_value=100, width=130, help=said
        )
    if one.form == "%":
        return config.NumberColumn(one.head, format="percent", help=said)
    if one.digits:
        return config.NumberColumn(one.head, format=f"%.{one.digits}{one.form}", help=said)
    return config.NumberColumn(one.head, format="localized", step=1, help=said)  # whole numbers


def short(title: str) -> str:
    """ "ResFormer-MTL (re-imagined from the abstract)" to "ResFormer-MTL"."""
    return title.partition(" (")[0]


def show_in_full(titles: Iterable[str]) -> None:
    """A line with the titles that `short` shortens, each once; nothing where there is none."""
    shortened = dict.fromkeys(title for title in titles if short(title) != title)
    if shortened:
        st.caption(f"In full: {', '.join(shortened)}.")
