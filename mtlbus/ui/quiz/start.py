"""The way in: open a room, or join one."""

from __future__ import annotations

import streamlit as st

from ...core.errors import MtlbusError
from ...core.text import literal
from ...core.wording import listed
from ...findings import operating_points
from .. import services
from ..theme import strong
from ..widgets import explain_error, pick_methods
from . import items, place, rooms
from .rooms import LONGEST_NAME, MOST_ITEMS, Room

_COUNTS = (5, 10, MOST_ITEMS)
_NARROWEST = 300  # pixels of a half of the page


def show() -> None:
    """Outside of a room."""
    st.markdown(
        "Blind cases: say how likely each one is malignant, and draw a box around the lesion if "
        "you like. Then the truth and the networks are shown, and at the end who read best. Alone, "
        "or a class in one room."
    )
    with st.grid(2, min_column_width=_NARROWEST, gap="medium"):
        with st.container(border=True):
            _open()
        with st.container(border=True):
            st.subheader("Join a room")
            code = st.text_input("Code of the room", max_chars=8, key="_quiz_code")
            name = _nickname("_quiz_join_name")
            if st.button("Join", key="_quiz_join", icon=":material/login:"):
                _join(code, name)


def join(room: Room) -> None:
    """In front of a room whose code is in the address."""
    with st.container(border=True, width=480):
        st.subheader(f"Join room {room.code}")
        name = _nickname("_quiz_here_name")
        if st.button("Join", key="_quiz_here", type=strong(), icon=":material/login:"):
            _join(room.code, name)
        st.button("Another room", key="_quiz_other", type="tertiary", on_click=place.leave)


def host_plays(room: Room, token: str) -> None:
    """For whoever opened a room and watches: read the cases, too."""
    with st.popover("Play too", icon=":material/person_add:"):
        name = _nickname("_quiz_host_name")
        if st.button("Join", key="_quiz_host"):
            try:
                rooms.ROOMS.join(room, name, token)
            except MtlbusError as error:
                explain_error(error)
            else:
                st.rerun()


def _nickname(key: str) -> str:
    return st.text_input(
        "Nickname", max_chars=LONGEST_NAME, key=key,
        help="All in the room see it. Not your name: nothing but the nickname is known, and it is "
        "kept in memory only.",
    )  # fmt: skip


def _open() -> None:
    st.subheader("Open a room")
    offered = items.sources()
    source = items.PHANTOMS
    if len(offered) > 1:
        source = st.segmented_control(
            "Cases from", list(offered), format_func=lambda name: literal(offered[name]),
            default=source, required=True, wrap=True, key="_quiz_source",
        )  # fmt: skip
    count = st.segmented_control(
        "How many", _COUNTS, default=_COUNTS[0], required=True, key="_quiz_count"
    )
    methods = [name for name, one in services.available().items() if operating_points(one.card)]
    with st.popover("Against which networks", icon=":material/hub:"):
        chosen = pick_methods(methods)
    st.caption(f"Against {listed([literal(services.title_of(name)) for name in chosen])}."
               if chosen else "Choose at least one network.")  # fmt: skip
    if source == items.PHANTOMS:
        st.caption(
            "Phantoms are made anew for each round: nobody has seen them, no network either."
        )
    else:
        st.caption("Images that none of these networks was trained on come first.")
    name = _nickname("_quiz_name")
    play, watch = st.columns(2)
    if play.button(
        "Open and play", key="_quiz_open", type=strong(), icon=":material/play_arrow:",
        width="stretch", disabled=not chosen,
    ):  # fmt: skip
        _begin(source, count, chosen, name)
    if watch.button(
        "Open and watch", key="_quiz_watch", icon=":material/cast_for_education:", width="stretch",
        disabled=not chosen, help="For a projector: shows the code, who is where, and at the end "
        "the answers.",
    ):  # fmt: skip
        _begin(source, count, chosen, None)


def _begin(source: str, count: int, methods: list[str], name: str | None) -> None:
    """Open a room and enter it; under a nickname as a player, without as who watches."""
    try:
        if name is not None:
            rooms.clean_nickname(name)  # before a room is taken
        with st.spinner("Drawing the cases …"):
            room = rooms.ROOMS.open(items.draw(source, count, methods), methods)
        if name is not None:
            rooms.ROOMS.join(room, name, room.host)
    except MtlbusError as error:
        explain_error(error)
        return
    place.enter(room, room.host)
    st.rerun()


def _join(code: str, name: str) -> None:
    try:
        room = rooms.ROOMS.find(code)
        player = rooms.ROOMS.join(room, name)
    except MtlbusError as error:
        explain_error(error)
        return
    place.enter(room, player.token)
    st.rerun()
