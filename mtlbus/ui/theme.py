"""The visitor's theme: what it asks of a chart, and that a change of it is followed at once."""

from __future__ import annotations

from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from ..figures.style import with_letters
from .component import component

_MOUNT = component(__file__)


def follow() -> None:
    """Run the page again when its theme was changed; once on a page, anywhere on it."""
    _MOUNT(key="_theme", on_turned_change=lambda: None)


def is_dark() -> bool:
    """Whether the page is dark."""
    return st.context.theme.type == "dark"


def strong() -> Literal["primary", "secondary"]:
    """The type of the one button that goes on.

    Streamlit writes white on the primary colour, which is too pale on a dark page.
    """
    return "secondary" if is_dark() else "primary"


def readable(figure: go.Figure) -> go.Figure:
    """A chart with letters that stand out from the page; the figure is changed and returned."""
    return with_letters(figure, is_dark())
