"""Whose card is open on the Methods page; kept in the address as `method`.

The other pages know trained methods only. So an untrained one that is opened here never becomes
their choice; they keep the trained one that was chosen last.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from ...core.text import literal
from ...explain.views import with_views
from ...methods import get_spec, list_methods
from .. import address, services, untrained

OPEN = "_card"
_WRITTEN = "_card_in_address"


def opened() -> str | None:
    """The method whose card is open, None for the overview; adopts what the address wishes."""
    wish = address.linked("method")
    foreign = wish != st.session_state.get(_WRITTEN)
    if foreign and wish is not None and wish == st.query_params.get("method"):
        st.session_state[OPEN] = wish
    _protect_shared_choice()
    found = st.session_state.get(OPEN)
    if found is None:
        return None
    if found not in list_methods():
        close()
        st.warning(
            f"No method is named “{literal(found[:40])}”. All there are stand below.",
            icon=":material/search_off:",
        )
        return None
    st.session_state[_WRITTEN] = found
    address.write_link("method", found)
    return found


def open_card(method: str) -> None:
    """Open a card; the other pages follow if the method is trained. To be called in a callback."""
    st.session_state[OPEN] = method
    if method in services.available():
        st.session_state["method"] = method


def close() -> None:
    """Back to the overview."""
    st.session_state[OPEN] = st.session_state[_WRITTEN] = None
    address.drop_link("method")


def pick() -> None:
    """Go to the next card without the way back over the overview."""
    st.session_state["_card_pick"] = st.session_state[OPEN]
    _choice("_card_pick", label_visibility="collapsed")


def pick_first() -> None:
    """Open a card from the overview, whose tables a keyboard cannot press; nothing is chosen."""
    st.session_state["_card_first"] = None
    _choice("_card_first", index=None, placeholder="Choose a method")


def _choice(key: str, **look: Any) -> None:
    st.selectbox(
        "Open a card", list_methods(), format_func=lambda name: get_spec(name).title, key=key,
        on_change=lambda: open_card(st.session_state[key]), **look,
    )  # fmt: skip


def can_predict(method: str) -> bool:
    """Whether trained weights ship."""
    return method in services.available()


def can_look_inside(method: str) -> bool:
    """Whether the Attention page has a map of it, trained or as wiring."""
    return method in with_views(services.available()) or method in untrained.methods()


def go(page: str, method: str) -> None:
    """Look at a method on another page; to be called in a callback, `follow` does it.

    Args:
        page: "predict", "attention" or "performance".
        method: a method that the page can show.
    """
    st.session_state["_go"] = (page, method)


def follow() -> None:
    """Go where `go` said, before anything of this page is drawn."""
    page, method = st.session_state.pop("_go", (None, None))
    if page is None:
        return
    if method in services.available():
        st.session_state |= {"method": method, "methods": method}
    query = {"methods": method} if page == "performance" else {"method": method}
    if page == "attention":
        st.session_state["untrained"] = not can_predict(method)
        if not can_predict(method):
            st.session_state["wiring"] = method
            query["untrained"] = "1"
    st.switch_page(f"pages/{page}.py", query_params=query)


def _protect_shared_choice() -> None:
    """Put back what the other pages had, if the address brought a method they do not know."""
    shared = st.session_state.get("method")
    if shared in services.available():
        st.session_state["_trained_before"] = shared
    elif shared is not None:
        del st.session_state["method"]
        if "_trained_before" in st.session_state:
            st.session_state["method"] = st.session_state["_trained_before"]
