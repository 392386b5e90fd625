"""Who a tab is in a room, kept by the browser: a reload comes back, and no address shows it."""

from __future__ import annotations

import streamlit as st

from ..component import component
from ..session import Slot

ROOM, PLAYER = Slot("room", ""), Slot("player", "")  # code, and token of whoever reads or hosts
_KEY = "_quiz_tab"
_MOUNT = component(__file__)


def remember(room: str, token: str | None) -> None:
    """Keep a token for as long as the tab is open; once on a page.

    "" asks for the one that was kept: it becomes `player` of the session, and the page runs again.
    None forgets it.
    """
    with st.container(gap=None):  # an element with nothing to see
        _MOUNT(key=_KEY, data={"room": room, "token": token}, on_token_change=_take)


def _take() -> None:
    told = Slot[dict](_KEY, {}).get().get("token")
    if isinstance(told, str):  # a browser may tell anything; a room knows its own
        PLAYER.set(told)
