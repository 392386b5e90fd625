"""The page about a file that was refused, an image of another session, or a name without a case.

It stands in place of every page that is about a case, so none of them ever answers for one image
with another.
"""

from __future__ import annotations

import streamlit as st

from ..core.text import literal
from . import state, uploads
from .case_store import Unopened

HEADINGS = {
    "refused": "Refused: {}",
    "lost": "Your image is not here",
    "unknown": "There is no such case",
    "empty": "{}",
}
_AGAIN = {
    "refused": "Give another file",
    "lost": "Upload it again",
    "unknown": "Or upload an image",
    "empty": "Upload an image",
}


def show(found: Unopened) -> None:
    """What was given, why there is nothing to look at, and the ways on."""
    st.title(HEADINGS[found.kind].format(literal(found.title)))
    if found.kind == "empty":
        st.info(literal(found.why), icon=":material/upload:")
    else:
        icon, about = ":material/search_off:", ""
        if found.kind == "refused":
            icon, about = ":material/block:", " about this file"
        st.error(literal(found.why), icon=icon)
        st.markdown(f"Nothing is predicted{about}, and no other image is shown in its place.")
    with st.container(width=560):
        uploads.uploader(_AGAIN[found.kind], "_again")
        before = state.case_before()
        key, words = (state.DEFAULT_CASE, "Look at a sample instead")
        if before is not None:
            key, words = before.key, f"Back to “{literal(before.title)}”"
        st.button(words, icon=":material/undo:", on_click=state.choose_case, args=(key,))


def title_of(found: Unopened) -> str:
    """How a list of cases names it."""
    return HEADINGS[found.kind].format(found.title)
