"""Which room a session is in, and as whom; a reload comes back.

The room stands in the address, for others to join. As whom is kept by the tab (`tab.py`): a
projector shows the address to the whole class, and whoever has the token of the host is the host.
"""

from __future__ import annotations

from typing import NamedTuple

from ...core.errors import InputError
from .. import address
from ..session import Slot
from . import rooms, tab
from .rooms import Player, Room
from .tab import PLAYER, ROOM

_LEFT = Slot("_quiz_left", "")  # code of a room whose token the tab has to forget
_SHOWN: Slot[tuple[str, int | None]] = Slot("_quiz_shown", ("", None))  # code, number of a case


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
    code, token = ROOM.get(), PLAYER.get()
    if not code:
        if left := _LEFT.take():
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
        PLAYER.take()
        token = ""
    ROOM.set(room.code)  # which a link may write in small letters
    address.write_link("room", room.code)
    address.drop_link("player")  # which older links have
    tab.remember(room.code, token)
    return Place(room, player, host)


def enter(room: Room, token: str) -> None:
    """Be in a room from now on, as whoever a token shows."""
    ROOM.set(room.code)
    PLAYER.set(token)


def leave() -> None:
    """Callback: out of the room; it stays for the others."""
    _LEFT.set(ROOM.get())
    for one in (ROOM, PLAYER):
        one.take()
        address.drop_link(one.name)
    _SHOWN.take()


def show_truth(room: Room, number: int | None) -> None:
    """Callback: the truth of a case comes next; None for what has not been read."""
    _SHOWN.set((room.code, number))


def truth_shown(room: Room) -> int | None:
    """The number of the case whose truth is on the page."""
    code, number = _SHOWN.get()
    return number if code == room.code else None
