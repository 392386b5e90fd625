"""The columns of a page's tables, from the quantities that they show."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ..core.quantities import QUANTITIES

BARS = ("probability", "probability_mirrored")


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
