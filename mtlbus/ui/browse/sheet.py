"""The contact sheet: what is looked for, and the pictures of what was found."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...core.errors import MtlbusError
from ...core.text import literal
from ...core.wording import percent
from ...findings import Point, operating_points
from .. import address, datasets, in_sight, services, state
from ..memory import mirror, pick, several, toggle
from ..session import Slot, held
from ..verdict import COLOURS
from ..widgets import explain_error, pick_method
from . import collection, walk
from .collection import Entry
from .wish import FACTS, ONLY, TELL_NOTHING, Wish, is_wrong, needs_judgement

_A_PAGE = 24
_COLUMNS, _NARROWEST = 8, 118  # of the sheet; pixels


def show() -> None:
    """All of the page."""
    sources = collection.sources()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        source = pick("From", "source", sources, format_func=lambda name: literal(sources[name]))
        searching = st.container(width=200)
        blind = toggle(
            "Blind",
            "blind",
            help="Hides names and answers on every page, so that you can judge first. The "
            "images stand in an order that tells nothing.",
        )
    text = "" if blind else _search(searching)  # whoever finds a carcinoma knows that it is one
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        only, more = st.container(width="content"), st.container(width="content")
    checkpoint = None
    if source in datasets.of_breast():
        more = more.popover("More filters", icon=":material/filter_list:")
        if services.available():
            with more:
                checkpoint = services.checkpoint(pick_method("Judged by"))
    try:
        entries = collection.entries(source, checkpoint)
    except MtlbusError as error:
        explain_error(error)
        return
    point = None
    if checkpoint is not None:
        point = next(iter(operating_points(checkpoint.card).values()), None)
    with only:
        kinds = _pick_only(entries, point, blind)
    with more:
        wish = Wish(text, kinds, _pick_facts(entries, blind))
    found = wish.among(entries, point)
    if blind:
        by_key = {one.key: one for one in found}
        found = [by_key[key] for key in collection.mixed(by_key)]
    chosen = "".join(f", {FACTS[fact]} {literal(value)}" for fact, value in wish.facts.items())
    few = f" of {len(entries)}" if len(found) < len(entries) else ""
    prints(found, f"**{len(found)}**{few} images{chosen}", point, blind)


def _search(place: DeltaGenerator) -> str:
    text = place.text_input(
        "Search", placeholder="name, histology, scanner", icon=":material/search:",
        **mirror("find", str(Slot("find", "").get())[:80]),
    )  # fmt: skip
    address.link_unless("find", text, "")
    return text


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
    chosen = st.pills(
        "Only", options, format_func=ONLY.get, selection_mode="multi", wrap=True,
        label_visibility="collapsed", **mirror("only", several("only", options)),
    )  # fmt: skip
    address.link_unless("only", ",".join(chosen), "")
    return tuple(chosen)


def _pick_facts(entries: Sequence[Entry], blind: bool) -> dict[str, str]:
    """One value of each fact that these images have, and that does not tell the answer."""
    found = {}
    for fact in TELL_NOTHING if blind else FACTS:
        values = sorted({one.facts.get(fact, "") for one in entries} - {""}, key=collection.natural)
        if len(values) < 2:
            continue
        kept = Slot(f"case_{fact}", None).get()
        value = st.selectbox(
            FACTS[fact], values, placeholder="any", index=None,
            **mirror(f"case_{fact}", kept if kept in values else None),
        )  # fmt: skip
        if value is not None:
            found[fact] = value
    return found


def prints(
    found: Sequence[Entry], words: str, point: Point | None = None, blind: bool = False
) -> None:
    """The pictures of what was found, a page of them at a time.

    Args:
        found: what is shown, and walked through from there on.
        words: what that is, Markdown.
        point: where the network that judged them calls an image malignant.
        blind: names and answers are hidden.
    """
    if not found:
        st.info(f"{words}: none is like that. Take a filter away.", icon=":material/search_off:")
        return
    keys = [one.key for one in found]
    pages, page = -(-len(found) // _A_PAGE), Slot(f"_sheet_{len(found)}_{keys[0]}", 1)
    here = state.CASE.get()
    if here in keys and walk.goes_through(keys):  # whoever comes back finds his place
        held(page.name, lambda: keys.index(here) // _A_PAGE + 1)
    number = 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words, width="content")
        if pages > 1:
            number = st.pagination(pages, key=page.name)
    first = (number - 1) * _A_PAGE
    with st.grid(_COLUMNS, min_column_width=_NARROWEST, gap=("small", "xsmall"), key="_prints"):
        for place, one in enumerate(found[first : first + _A_PAGE], start=first + 1):
            with st.container(gap=None):
                _tile(one, f"Case {place}" if blind else one.title, one.key == here, keys)
                if not blind and (about := _about(one, point)):
                    st.markdown(f":small[{about}]", text_alignment="center")
    in_sight.follow("_prints", (page.name, number))
    if number < pages:
        left = len(found) - first - _A_PAGE
        st.button(
            f"The next {min(_A_PAGE, left)}", key="_sheet_next", icon=":material/arrow_forward:",
            on_click=page.set, args=(number + 1,),
        )  # fmt: skip
    if any(one.probability is not None for one in found) and not blind:
        st.caption(
            "In per cent: the probability of malignancy, of images that the network had not seen; "
            ":material/close: is a wrong call."
        )


def _tile(one: Entry, title: str, current: bool, keys: Sequence[str]) -> None:
    try:
        st.image(one.small(), alt=f"Image {title}.", width="stretch")
    except MtlbusError:
        st.caption("Its file cannot be read.")
    shown = f"**{literal(title)}**" if current else literal(title)
    opened = st.button(
        shown, key=f"_tile_{one.key}", type="tertiary", width="stretch", help="Open in Predict"
    )
    if opened:
        walk.take(keys)
        state.choose_case(one.key)
        st.switch_page("pages/predict.py")


def _about(one: Entry, point: Point | None) -> str:
    """Its class, and what the network said."""
    colour = COLOURS.get(one.kind)
    parts = [f":{colour}[{one.kind}]" if colour else one.kind]
    if one.part == "seen":
        parts.append(":gray[seen]")
    elif one.probability is not None:
        wrong = " :red[:material/close:]" if is_wrong(one, point) else ""
        parts.append(f"{percent(one.probability)}{wrong}")
    return " ".join(filter(None, parts))
