"""Which view of the inner maps, which level and which branch; kept in the address as `map`.

The address is a map's name, or the beginning of one for all branches side by side, or
`family.level.difference`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from ...core.outputs import Map
from ...explain.attention import attention_grid
from ...explain.views import View, address_of, find_view, list_views, names_map
from .. import address
from ..session import Slot, shown
from .look import Look
from .opening import first_level

MAP: Slot[str | None] = Slot("map", None)
DIFFERENCE = "difference"
SIDE_BY_SIDE = "side by side"
_BESIDE = ("gate", "feature")  # forms whose branches can stand side by side
_WHOLE = ("region", "score", "numbers")  # forms without levels


class Pick(NamedTuple):
    """What is looked at.

    Attributes:
        view: all maps that belong together.
        level: one of the view's levels; "" where it has none.
        branch: one of the level's branches, `DIFFERENCE`, or "" for all of them.
    """

    view: View
    level: str
    branch: str

    @property
    def names(self) -> dict[str, str]:
        """The picked maps: branch to name; all of a view that is shown as a whole."""
        if self.view.form in _WHOLE:
            return {name: name for name in self.view.maps}
        branches = self.view.levels[self.level]
        return {self.branch: branches[self.branch]} if self.branch in branches else branches

    @property
    def address(self) -> str:
        """The value of `map` in a link."""
        if not self.level:
            return self.view.name
        start = f"{address_of(self.view.name).family}.{self.level}"
        return f"{start}.{self.branch}" if self.branch else start


def pick_view(look: Look) -> Pick:
    """Choose which maps to look at, at the level and branch that the address names.

    What it does not name opens where there is something to see, see `opening`.
    """
    views = list_views(look.maps)
    wanted = MAP.get()
    view = find_view(views, wanted)
    if not _has(view, wanted or ""):
        address.say_of_link("map", f"Allowed: {', '.join(view.name for view in views)}.")
    titles = {found.title: found for found in views}
    st.segmented_control(
        "Map", list(titles), required=True, wrap=True,
        **shown("_map", view.title, lambda title: MAP.set(opened(titles[title], look).address)),
    )  # fmt: skip
    return opened(view, look, wanted)


def _has(view: View, wanted: str) -> bool:
    """Whether a view is what an address names: one of its maps, or a level and branch of it."""
    if names_map(view, wanted):
        return True
    family, level, branch = address_of(wanted)
    return (
        view.form not in _WHOLE
        and family == address_of(view.name).family
        and (not level or (level in view.levels and branch in ("", *_choices(view, level))))
    )


def pick_part(pick: Pick, maps: Mapping[str, Map]) -> Pick:
    """Choose level and branch where the view has them, and write the choice into the address."""
    if pick.view.form not in _WHOLE:
        pick = _pick_branch(_pick_level(pick, maps))
    MAP.set(pick.address)
    address.write_link("map", pick.address)
    return pick


def opened(view: View, look: Look, wanted: str | None = None) -> Pick:
    """A view at the level and branch that an address names, else as it opens."""
    if view.form in _WHOLE:
        return Pick(view, "", "")
    _, level, branch = address_of(wanted or "")
    level = level if level in view.levels else first_level(view, look)
    return Pick(view, level, branch if branch in _choices(view, level) else "")


def _choices(view: View, level: str) -> list[str]:
    """What can be chosen among the branches of a level; "" stands for side by side."""
    branches = list(view.levels[level])
    if len(branches) < 2:
        return branches
    together = [""] if view.form in _BESIDE else []
    pair = [DIFFERENCE] if view.form == "gate" and len(branches) == 2 else []
    return together + branches + pair


def _pick_level(pick: Pick, maps: Mapping[str, Map]) -> Pick:
    levels = pick.view.levels
    if len(levels) < 2:
        return pick
    numbered = all(level.isdecimal() for level in levels)
    texts = {
        level: f"{level} · {_size(maps[next(iter(branches.values()))])}" if numbered else level
        for level, branches in levels.items()
    }
    _buttons(pick, "level", "Level" if numbered else "Part", list(levels), texts)
    return pick


def _pick_branch(pick: Pick) -> Pick:
    choices = _choices(pick.view, pick.level)
    if len(choices) < 2:
        return pick
    if pick.branch not in choices:
        pick = pick._replace(branch=choices[0])
    label = "Task" if pick.view.form == "gate" else "Branch"
    _buttons(pick, "branch", label, choices, {"": SIDE_BY_SIDE})
    return pick


def _buttons(
    pick: Pick, part: str, label: str, options: list[str], texts: Mapping[str, str]
) -> None:
    """A choice of the level or the branch of a pick."""
    key = f"_{part}_{address_of(pick.view.name).family}"

    def take(one: str) -> None:
        MAP.set(pick._replace(**{part: one}).address)

    st.segmented_control(
        label, options, format_func=lambda one: texts.get(one, one), required=True, wrap=True,
        **shown(key, getattr(pick, part), take),
    )  # fmt: skip


def counterpart(
    pick: Pick, own: Mapping[str, Map], views: list[View], maps: Mapping[str, Map]
) -> Pick | None:
    """The same in another look: its view of the same family, else the first of the same form.

    Args:
        pick: of the first look.
        own: maps of the first look.
        views, maps: of the other.

    Returns:
        None where the other has nothing of that form.
    """
    fitting = [view for view in views if view.form == pick.view.form]
    family = address_of(pick.view.name).family
    same = [view for view in fitting if address_of(view.name).family == family]
    return within((same or fitting)[0], pick, own, maps) if fitting else None


def within(view: View, pick: Pick, own: Mapping[str, Map], maps: Mapping[str, Map]) -> Pick:
    """Another look's `view` at the level and branch of `pick`, or at the nearest to them.

    In another family of maps levels count differently, so there the stride decides.
    """
    if view.form in _WHOLE:
        return Pick(view, "", "")
    level, family = pick.level, address_of(pick.view.name).family
    if level not in view.levels or address_of(view.name).family != family:
        stride = own[next(iter(pick.names.values()))].stride
        strides = {one: maps[min(names.values())].stride for one, names in view.levels.items()}
        level = min(strides, key=lambda one: abs(math.log(strides[one] / stride)))
    choices = _choices(view, level)
    return Pick(view, level, pick.branch if pick.branch in choices else choices[0])


def _size(found: Map) -> str:
    if found.kind == "attention":
        rows, columns = attention_grid(found)
    else:
        rows, columns = found.tensor.shape[-2:] if found.tensor.ndim > 1 else (1, 1)
    if (rows, columns) == (1, 1):
        return f"{found.tensor.numel()} channels"
    return f"{rows}×{columns}"
