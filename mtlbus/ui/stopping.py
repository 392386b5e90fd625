"""Work that takes a while: a bar that fills, and a button that ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


@contextmanager
def progress(
    key: str, on_stop: Callable[[], None], words: str = "Starting"
) -> Iterator[DeltaGenerator]:
    """A bar with a Stop button beside it, for the time of the work; both go when it is done.

    A click anywhere interrupts between two steps, and what is done stays done; `on_stop` keeps that
    the button was pressed.
    """
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, words)
        st.button("Stop", key=key, icon=":material/stop:", width="content", on_click=on_stop)
    yield bar
    place.empty()
