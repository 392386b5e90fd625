"""What the visitor's theme asks of a chart."""

from __future__ import annotations

from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from ..figures.style import with_letters


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
