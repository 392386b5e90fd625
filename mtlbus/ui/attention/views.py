"""Draw what is looked at: one look, or two side by side, each kind of map in its own form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from ...core.text import literal
from ...data.task_case import TaskCase
from ...explain.views import Form, address_of, list_views
from ...export.views import AttentionView
from ...findings import seen
from .. import input_line, services, takeaway
from ..untrained import SEED
from . import cells, features, files, gates, regions
from .beside import pick_second
from .details import pick_detail, same_detail
from .hearing import say_what_is_heard
from .look import MASK, Look
from .shown import Shown
from .stage import Alone, Rows, Side
from .view_picks import Pick, pick_part, pick_view


class Drawing(NamedTuple):
    """How a form is drawn.

    Attributes:
        draw: puts the pictures on the page.
        top: where a scale without fixed ends would end; None for a form with fixed scales.
        unit: whether this scale means the same in every network.
    """

    draw: Callable[[Shown], None]
    top: Callable[[Shown], float] | None = None
    unit: bool = False


_DRAWINGS: dict[Form, Drawing] = {
    "region": Drawing(regions.show_regions),
    "score": Drawing(regions.show_scores, regions.top_of_scores, unit=True),
    "attention": Drawing(cells.show_attention, cells.top_of_attention),
    "gate": Drawing(gates.show_gates, gates.top_of_features),
    "channels": Drawing(features.show_channels),
    "offset": Drawing(features.show_offsets),
    "feature": Drawing(features.show_features, features.top_of_branches),
    "numbers": Drawing(features.show_numbers),
}


@st.fragment
@services.one_look()
def explore(look: Look, beside: Look | None = None) -> None:
    """Choose a map and see it, in one look or in two side by side.

    Args:
        look: what the page is about; has at least one view.
        beside: the second look; it follows the choices of the first where it can.
    """
    pick = pick_view(look)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        pick = pick_part(pick, look.maps)
        detail = pick_detail(look, pick)
        picked = pick_second(pick, look, beside) if beside else None
    if beside is None:
        _say_answer(look)
        say_what_is_heard(look, pick)
        _draw(_with_top(Shown(look, pick, detail, Alone())))
        return
    for column, one in zip(st.columns(2, gap="medium"), (look, beside), strict=True):
        with column:
            _say_answer(one)
            if one is beside:
                _say_what_differs(beside, pick, picked)
            chosen = picked if one is beside else pick
            if chosen is not None:
                say_what_is_heard(one, chosen)
    rows = Rows()
    first, second = _with_top(Shown(look, pick, detail, Side(rows, 0), beside=beside)), None
    if picked is not None:
        own, other = look.maps[first.names[0]], beside.maps[next(iter(picked.names.values()))]
        detail = same_detail(detail, own, other)
        second = _with_top(Shown(beside, picked, detail, Side(rows, 1), beside=look))
        first, second = _on_one_scale(first, second)
    _draw(first)
    if second is not None:
        _draw(second)


def _with_top(shown: Shown) -> Shown:
    top = _DRAWINGS[shown.pick.view.form].top
    return shown if top is None else replace(shown, top=top(shown))


def _on_one_scale(first: Shown, second: Shown) -> tuple[Shown, Shown]:
    """Let both scales end alike where their units are the same."""
    alike = first.pick.view.name == second.pick.view.name
    unit = _DRAWINGS[first.pick.view.form].unit
    if not alike or not (unit or first.look.method == second.look.method):
        return first, second
    top = max(first.top, second.top)
    return replace(first, top=top), replace(second, top=top)


def _draw(shown: Shown) -> None:
    """The pictures, and what can be taken away: all inner maps, with what they come from."""
    look = replace(shown.look, kept=[])
    _DRAWINGS[shown.pick.view.form].draw(replace(shown, look=look))
    inner = {name: found for name, found in look.maps.items() if name != MASK}
    if not inner:
        return
    names = tuple(name for name in shown.names if name in inner) or tuple(inner)
    if isinstance(look.case, TaskCase):
        with shown.stage.foot():
            taken = [files.arrays(look), files.charts_of(look.kept)]
            takeaway.menu(taken, f"{look.method.replace('/', '_')}_maps")
        return
    weights, seed = (look.weights, None) if look.trained else (None, SEED)
    known = seen.sentence(look.case, services.checkpoint(look.method)) if look.trained else ""
    view = AttentionView(
        look.case, look.method, look.title, weights, seed, inner, names, look.frame, known
    )
    with shown.stage.foot():
        takeaway.offer(view, files.of_pictures(view, look.kept), look.key("takeaway"))


def _say_answer(look: Look) -> None:
    """Whose maps these are, on which image, and the network's answer."""
    random, said = "" if look.trained else ", random weights", ""
    if look.trained and not isinstance(look.case, TaskCase):
        said = f": {input_line.known_to(look.case, look.method).verdict}"
    st.markdown(f"**{literal(look.title)}**{random} on **{literal(look.case.title)}**{said}")


def _say_what_differs(beside: Look, pick: Pick, picked: Pick | None) -> None:
    """Where the second look cannot show the same."""
    title = pick.view.title
    if picked is None:
        st.info(f"**{beside.title}** has no inner map.", icon=":material/visibility_off:")
        return
    views = [view.title for view in list_views(beside.maps)]
    place = " ".join(part for part in (picked.level, picked.branch) if part)
    if address_of(picked.view.name).family != address_of(pick.view.name).family:
        has = "" if title in views else f"It has no “{title}”. "
        st.caption(f"{has}Shown: **{picked.view.title}** {place}".rstrip())
    elif (picked.level, picked.branch) != (pick.level, pick.branch):
        st.caption(f"Shown: **{picked.view.title}** {place}".rstrip())
