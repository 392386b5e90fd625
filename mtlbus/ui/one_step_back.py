"""Back leaves a page in one step, however often its address changed while it was looked at.

Streamlit pushes each new set of query parameters as a step of the browser's history: one for the
page, one for what it opens with, one for each moved slider. This element has nothing to see; with
it, only another page is a step.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_MOUNT = st.components.v2.component(
    "mtlbus_one_step_back", js=Path(__file__).with_suffix(".js").read_text("utf-8")
)


def listen() -> None:
    """See to it on this page; once, anywhere."""
    _MOUNT(key="_one_step_back")
