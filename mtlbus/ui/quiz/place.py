"""Which room a session is in, and as whom; a reload comes back.

The room stands in the address, for others to join. As whom is kept by the tab (`tab.py`): a
projector shows the address to the whole class, and whoever has the token of the host is the host.
"""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from ...core.errors import InputError
from .. import address
from . import rooms, tab
from .rooms import Player, Room

_LEFT = "_quiz_left"  # in the session: code of a room whose token the tab has to forget
_SHOWN = "_quiz_shown"  # in the session: code of the room and number of a case


class Place(NamedTuple):
    """Where a session is.

    Attributes:
        room: the room.
        player: who reads; None for somebody who has not joined.
        host: whether this session opened the room.
    """

    room: Room
    player: Player | None
    host: bool


def current() -> Place | None:
    """Where this session is; None outside of a room. A line says why where it looked for one."""
    code, token = (str(st.session_state.get(name, "")) for name in ("room", "player"))
    if not code:
        if left := st.session_state.pop(_LEFT, ""):
            tab.remember(left, None)
        return None
    try:
        room = rooms.ROOMS.find(code)
    except InputError as error:
        address.say(str(error))
        leave()
        return None
    player, host = room.player(token), room.is_host(token)
    if token and player is None and not host:
        address.say_of_link("player", "Nobody of this room goes by it; join under a nickname.")
        st.session_state.pop("player", None)
        token = ""
    st.session_state["room"] = room.code  # which a link may write in small letters
    address.write_link("room", room.code)
    address.drop_link("player")  # which older links have
    tab.remember(room.code, token)
    return Place(room, player, host)


def enter(room: Room, token: str) -> None:
    """Be in a room from now on, as whoever a token shows."""
    st.session_state.update(room=room.code, player=token)


def leave() -> None:
    """Callback: out of the room; it stays for the others."""
    st.session_state[_LEFT] = st.session_state.get("room", "")
    for name in ("room", "player"):
        st.session_state.pop(name, None)
        address.drop_link(name)
    st.session_state.pop(_SHOWN, None)


def show_truth(room: Room, number: int | None) -> None:
    """Callback: the truth of a case comes next; None for what has not been read."""
    st.session_state[_SHOWN] = (room.code, number)


def truth_shown(room: Room) -> int | None:
    """The number of the case whose truth is on the page."""
    code, number = st.session_state.get(_SHOWN, ("", None))
    return number if code == room.code else None
