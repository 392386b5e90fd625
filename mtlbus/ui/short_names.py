"""Names of methods for cells, which would cut off what stands in brackets; it stands below."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st


def short(title: str) -> str:
    """ "ResFormer-MTL (re-imagined from the abstract)" to "ResFormer-MTL"."""
    return title.partition(" (")[0]


def show_in_full(titles: Iterable[str]) -> None:
    """A line with the titles that `short` shortens, each once; nothing where there is none."""
    shortened = dict.fromkeys(title for title in titles if short(title) != title)
    if shortened:
        st.caption(f"In full: {', '.join(shortened)}.")
