"""A second look beside the first: another network on the same image, or the other way round.

Kept in the address as `beside` (`method:NAME` or `case:KEY`) and, where the second look does not
follow the first, `map2` (the name of its view).
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ...core.errors import MtlbusError
from ...core.text import literal
from ...explain.views import find_view, list_views
from ...methods import get_spec
from .. import address, cases, services, state, untrained
from ..case import Case
from .look import Look
from .view_picks import Pick, counterpart, opened, within

NOTHING, METHOD, CASE = "nothing", "another network", "another case"
_WORDS = {"method": METHOD, "case": CASE}
FOLLOW = "as on the left"


def pick_beside(case: Case, method: str, names: list[str]) -> tuple[Case, str] | None:
    """Choose what stands beside a look.

    Args:
        case, method: of the look.
        names: methods that can be looked into.

    Returns:
        Case and method of the second look; None for nothing.
    """
    kind, _, wanted = str(st.session_state.get("beside", "")).partition(":")
    if kind not in _WORDS:
        address.say_of_link("beside", "Allowed: method:NAME or case:NAME.")
    st.session_state["_beside_kind"] = _WORDS.get(kind, NOTHING)
    chosen = st.segmented_control(
        "Beside it",
        [NOTHING, METHOD, CASE],
        required=True,
        key="_beside_kind",
        on_change=_take_kind,
    )
    if chosen == METHOD:
        others = [name for name in names if name != method]
        if untrained.is_untrained(wanted) and wanted not in (*others, method):
            others.append(wanted)
        found = (case, _pick("method", others, wanted, _method_words)) if others else None
    elif chosen == CASE:
        titles = _cases(case, wanted)
        found = (state.open_case(_pick("case", list(titles), wanted, titles.get)), method)
    else:
        found = None
    if chosen == METHOD and not found:
        st.caption("No other trained network here has inner maps; switch on the untrained ones.")
    if found is None:
        address.drop_link("beside")
    return found


def pick_second(pick: Pick, look: Look, second: Look) -> Pick | None:
    """What the second look shows: what the first shows, unless another view is chosen for it.

    Args:
        pick: of the first look.
        look, second: the two looks.

    Returns:
        None where it has no map at all. Where it has nothing of that kind, its first view.
    """
    own, maps = look.maps, second.maps
    views = list_views(maps)
    if not views:
        return None
    titles = {view.title: view for view in views}
    wanted = st.session_state.get("map2")
    named = any(wanted in view.maps for view in views)
    if not named:
        address.say_of_link("map2", f"Allowed: {', '.join(view.name for view in views)}.")
    st.session_state["_map2"] = find_view(views, wanted).title if named else FOLLOW
    chosen = st.selectbox(
        "Map of the second", [FOLLOW, *titles], key="_map2", width=260,
        on_change=lambda: st.session_state.update(
            map2=titles[st.session_state["_map2"]].name
            if st.session_state["_map2"] in titles else FOLLOW
        ),
        help="Follows the map on the left, unless you choose another one.",
    )  # fmt: skip
    if chosen != FOLLOW:
        address.write_link("map2", titles[chosen].name)
        return within(titles[chosen], pick, own, maps)
    address.drop_link("map2")
    return counterpart(pick, own, views, maps) or opened(views[0], second)


def _pick(kind: str, options: list[str], wanted: str, words: Callable[[str], str | None]) -> str:
    """A select box for the second method or case."""
    key = f"_beside_{kind}"
    if kind == "method" and wanted not in options:
        address.say_of_link("beside", f"Allowed: {', '.join(options)}.")
    st.session_state[key] = wanted if wanted in options else options[0]
    chosen = st.selectbox(
        "Which", options, format_func=words, key=key, width=320, on_change=_take_choice,
        args=(kind,),
    )  # fmt: skip
    st.session_state["beside"] = f"{kind}:{chosen}"
    address.write_link("beside", st.session_state["beside"])
    return chosen


def _take_kind() -> None:
    """Callback: forget the choice of the other kind."""
    kinds = {words: kind for kind, words in _WORDS.items()}
    st.session_state["beside"] = f"{kinds.get(st.session_state['_beside_kind'], '')}:"


def _take_choice(kind: str) -> None:
    st.session_state["beside"] = f"{kind}:{st.session_state[f'_beside_{kind}']}"


def _cases(case: Case, wanted: str) -> dict[str, str]:
    """The other cases at hand and the one that a link names: key to title."""
    titles = cases.titles_at_hand()
    if wanted and wanted not in titles:
        try:
            titles[wanted] = state.open_case(wanted).title
        except MtlbusError as error:
            st.warning(literal(error), icon=":material/info:")
    titles.pop(case.key, None)
    return titles


def _method_words(name: str) -> str:
    mark = " · random weights" if untrained.is_untrained(name) else ""
    return (get_spec(name).title if mark else services.title_of(name)) + mark
