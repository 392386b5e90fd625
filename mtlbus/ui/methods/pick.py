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
from .. import address, services, session, untrained
from ..session import METHOD, METHODS, UNTRAINED, WIRING, Slot, shown

OPEN: Slot[str | None] = Slot("_card", None)
_WRITTEN: Slot[str | None] = Slot("_card_in_address", None)
_TRAINED: Slot[str | None] = Slot("_trained_before", None)  # what the other pages had last


def opened() -> str | None:
    """The method whose card is open, None for the overview; adopts what the address wishes."""
    wish = address.linked("method")
    foreign = wish != _WRITTEN.get()
    if foreign and wish is not None and wish == st.query_params.get("method"):
        OPEN.set(wish)
    _protect_shared_choice()
    found = OPEN.get()
    if found is None:
        return None
    if found not in list_methods():
        close()
        st.warning(
            f"No method is named “{literal(found[:40])}”. All there are stand below.",
            icon=":material/search_off:",
        )
        return None
    _WRITTEN.set(found)
    address.write_link("method", found)
    return found


def open_card(method: str) -> None:
    """Open a card; the other pages follow if the method is trained. To be called in a callback."""
    OPEN.set(method)
    if method in services.available():
        METHOD.set(method)


def close() -> None:
    """Back to the overview."""
    OPEN.set(None)
    _WRITTEN.set(None)
    address.drop_link("method")


def pick() -> None:
    """Go to the next card without the way back over the overview."""
    _choice("_card_pick", OPEN.get(), label_visibility="collapsed")


def pick_first() -> None:
    """Open a card from the overview, whose tables a keyboard cannot press; nothing is chosen."""
    _choice("_card_first", None, index=None, placeholder="Choose a method")


def _choice(key: str, now: str | None, **look: Any) -> None:
    st.selectbox(
        "Open a card", list_methods(), format_func=lambda name: get_spec(name).title,
        **shown(key, now, open_card), **look,
    )  # fmt: skip


def can_predict(method: str) -> bool:
    """Whether trained weights ship."""
    return method in services.available()


def can_look_inside(method: str) -> bool:
    """Whether the Attention page has a map of it, trained or as wiring."""
    return method in with_views(services.available()) or method in untrained.methods()


def go(page: str, method: str) -> None:
    """Callback: look at a method on another page that can show it.

    `page` is "predict", "attention" or "performance".
    """
    if method in services.available():
        METHOD.set(method)
        METHODS.set(method)
    query = {"methods": method} if page == "performance" else {"method": method}
    if page == "attention":
        UNTRAINED.set(not can_predict(method))
        if not can_predict(method):
            WIRING.set(method)
            query["untrained"] = "1"
    session.go(f"{page}.py", **query)


def _protect_shared_choice() -> None:
    """Put back what the other pages had, if the address brought a method they do not know."""
    shared = METHOD.get()
    if shared in services.available():
        _TRAINED.set(shared)
    elif shared is not None:
        METHOD.take()
        if (trained := _TRAINED.get()) is not None:
            METHOD.set(trained)
