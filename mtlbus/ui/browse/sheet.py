"""The contact sheet: what is looked for, and the pictures of what was found."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...core.errors import MtlbusError
from ...core.text import literal
from ...core.wording import percent
from ...findings import Point, operating_points
from .. import datasets, services, state
from ..memory import choice, mirror, switch
from ..verdict import BADGES
from ..widgets import explain_error, pick_method
from . import collection, walk
from .collection import Entry
from .wish import FACTS, ONLY, Wish, is_wrong, needs_judgement

_A_PAGE = 24
_COLUMNS, _NARROWEST = 8, 118  # of the sheet; pixels


def show() -> None:
    """All of the page."""
    sources = collection.sources()
    top = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    with top:
        source = st.segmented_control(
            "From", list(sources), format_func=lambda name: literal(sources[name]), required=True,
            wrap=True, **mirror("source", choice("source", sources, collection.PHANTOMS)),
        )  # fmt: skip
        text = st.text_input(
            "Search", placeholder="name, histology, scanner", icon=":material/search:", width=200,
            **mirror("find", str(st.session_state.get("find", ""))[:80]),
        )  # fmt: skip
        blind = st.toggle(
            "Blind", help="Hides names and answers on every page, so that you can judge first.",
            **mirror("blind", switch("blind")),
        )  # fmt: skip
    checkpoint = None
    if source in datasets.of_breast() and services.available():
        with top.container(width=190):
            checkpoint = services.checkpoint(pick_method("Judged by"))
    state.link_unless("source", source, collection.PHANTOMS)
    state.link_unless("find", text, "")
    state.link_unless("blind", str(int(blind)), "0")
    try:
        entries = collection.entries(source, checkpoint)
    except MtlbusError as error:
        explain_error(error)
        return
    point = None
    if checkpoint is not None:
        point = next(iter(operating_points(checkpoint.card).values()), None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        wish = Wish(text, _pick_only(entries, point, blind), _pick_facts(entries))
    found = wish.among(entries, point)
    _sheet(found, len(entries), point, blind)


def _pick_only(entries: Sequence[Entry], point: Point | None, blind: bool) -> tuple[str, ...]:
    """Classes, and what the network made of them; only what occurs can be chosen."""
    kinds = {one.kind for one in entries}
    judged = any(one.probability is not None for one in entries)
    options = [
        name
        for name in ONLY
        if (judged and point is not None if needs_judgement([name]) else name in kinds)
    ]
    if blind:  # a list of cancers would tell the answer
        options = [name for name in options if name == "unseen"]
    if not options:
        return ()
    kept = [name for name in str(st.session_state.get("only", "")).split(",") if name in options]
    st.session_state["_only"] = kept
    chosen = st.pills(
        "Only", options, format_func=ONLY.get, selection_mode="multi", wrap=True, key="_only",
        label_visibility="collapsed",
        on_change=lambda: st.session_state.update(only=",".join(st.session_state["_only"])),
    )  # fmt: skip
    state.link_unless("only", ",".join(chosen), "")
    return tuple(chosen)


def _pick_facts(entries: Sequence[Entry]) -> dict[str, str]:
    """One value of each fact that these images have."""
    found, offered = {}, {}
    for fact in FACTS:
        values = sorted({one.facts.get(fact, "") for one in entries} - {""}, key=collection.natural)
        if len(values) > 1:
            offered[fact] = values
    if not offered:
        return {}
    kept = {f: st.session_state.get(f"case_{f}") for f in offered}
    chosen = sum(kept[fact] in values for fact, values in offered.items())
    words = f"More filters ({chosen})" if chosen else "More filters"
    with st.popover(words, icon=":material/filter_list:"):
        for fact, values in offered.items():
            name = f"case_{fact}"
            value = st.selectbox(
                FACTS[fact], values, placeholder="any",
                index=None, **mirror(name, kept[fact] if kept[fact] in values else None),
            )  # fmt: skip
            if value is not None:
                found[fact] = value
    return found


def _sheet(found: Sequence[Entry], count: int, point: Point | None, blind: bool) -> None:
    if not found:
        st.info(
            f"None of {count} images is like that. Take a filter away.",
            icon=":material/search_off:",
        )
        return
    pages = -(-len(found) // _A_PAGE)
    line = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with line:
        st.markdown(f"**{len(found)}** of {count} images" if len(found) < count else
                    f"**{count}** images")  # fmt: skip
        number = 1
        if pages > 1:
            number = st.pagination(pages, key=f"_sheet_{pages}_{found[0].key}")
    first = (number - 1) * _A_PAGE
    keys = [one.key for one in found]
    with st.grid(_COLUMNS, min_column_width=_NARROWEST, gap="small"):
        for place, one in enumerate(found[first : first + _A_PAGE], start=first + 1):
            with st.container(gap="xxsmall"):
                _tile(one, place, point, blind, keys)


def _tile(one: Entry, number: int, point: Point | None, blind: bool, keys: Sequence[str]) -> None:
    title = f"Case {number}" if blind else one.title
    try:
        st.image(one.small(), alt=f"Image {title}.", width="stretch")
    except MtlbusError:
        st.caption("Its file cannot be read.")
    opened = st.button(
        literal(title), key=f"_tile_{one.key}", type="tertiary", width="stretch",
        help="Open in Predict",
    )  # fmt: skip
    if opened:
        walk.take(keys)
        state.choose_case(one.key)
        st.switch_page("pages/predict.py")
    if not blind:
        st.caption(_about(one, point))


def _about(one: Entry, point: Point | None) -> str:
    """Its class, and what the network said."""
    parts = [BADGES.get(one.kind, one.kind)]
    if one.part in ("train", "validation"):
        parts.append("trained on" if one.part == "train" else "validation")
    elif one.probability is not None:
        wrong = " :red[:material/close:]" if is_wrong(one, point) else ""
        parts.append(f"{percent(one.probability)}{wrong}")
    return " ".join(filter(None, parts))
