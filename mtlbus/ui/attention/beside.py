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
from ..session import Slot, shown
from .look import Look
from .view_picks import Pick, counterpart, opened, within

NOTHING, METHOD, CASE = "nothing", "another network", "another case"
_WORDS = {"method": METHOD, "case": CASE}
FOLLOW = "as on the left"
_BESIDE = Slot("beside", "")
_MAP: Slot[str | None] = Slot("map2", None)


def pick_beside(case: Case, method: str, names: list[str]) -> tuple[Case, str] | None:
    """Choose what stands beside a look.

    Args:
        case, method: of the look.
        names: methods that can be looked into.

    Returns:
        Case and method of the second look; None for nothing.
    """
    kind, _, wanted = _BESIDE.get().partition(":")
    if kind not in _WORDS:
        address.say_of_link("beside", "Allowed: method:NAME or case:NAME.")
    kinds = {words: kind for kind, words in _WORDS.items()}
    chosen = st.segmented_control(
        "Beside it",
        [NOTHING, METHOD, CASE],
        required=True,
        **shown(
            "_beside_kind",
            _WORDS.get(kind, NOTHING),
            lambda words: _BESIDE.set(f"{kinds.get(words, '')}:"),  # none of the other kind
        ),
    )
    if chosen == METHOD:
        others = [name for name in names if name != method]
        if untrained.is_untrained(wanted) and wanted not in (*others, method):
            others.append(wanted)
        if others:
            return case, _pick("method", others, wanted, _method_words)
        st.caption("No other trained network here has inner maps; switch on the untrained ones.")
    elif chosen == CASE:
        titles = _cases(case, wanted)
        return state.open_case(_pick("case", list(titles), wanted, titles.get)), method
    address.drop_link("beside")
    return None


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
    wanted = _MAP.get()
    named = any(wanted in view.maps for view in views)
    if not named:
        address.say_of_link("map2", f"Allowed: {', '.join(view.name for view in views)}.")
    chosen = st.selectbox(
        "Map of the second", [FOLLOW, *titles], width=260,
        help="Follows the map on the left, unless you choose another one.",
        **shown(
            "_map2",
            find_view(views, wanted).title if named else FOLLOW,
            lambda title: _MAP.set(titles[title].name if title in titles else FOLLOW),
        ),
    )  # fmt: skip
    if chosen != FOLLOW:
        address.write_link("map2", titles[chosen].name)
        return within(titles[chosen], pick, own, maps)
    address.drop_link("map2")
    return counterpart(pick, own, views, maps) or opened(views[0], second)


def _pick(kind: str, options: list[str], wanted: str, words: Callable[[str], str | None]) -> str:
    """A select box for the second method or case."""
    if kind == "method" and wanted not in options:
        address.say_of_link("beside", f"Allowed: {', '.join(options)}.")
    now = wanted if wanted in options else options[0]
    look = shown(f"_beside_{kind}", now, lambda one: _BESIDE.set(f"{kind}:{one}"))
    chosen = st.selectbox("Which", options, format_func=words, width=320, **look)
    _BESIDE.set(f"{kind}:{chosen}")
    address.write_link("beside", _BESIDE.get())
    return chosen


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
