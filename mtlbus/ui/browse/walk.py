"""From one case to the next: through what was last browsed, else through all of its kind."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from ...core.errors import MtlbusError
from ...data import phantom_ct
from .. import case_store, datasets, state
from ..session import Slot
from . import collection

_LIST: Slot[tuple[str, ...]] = Slot("_walk", ())  # the keys that were last browsed
_MOST = 5000  # keys; a longer list is a mistake


def take(keys: Sequence[str]) -> None:
    """Walk through these from now on."""
    _LIST.set(tuple(keys[:_MOST]))


def goes_through(keys: Sequence[str]) -> bool:
    """Whether these are what one walks through."""
    return _LIST.get() == tuple(keys[:_MOST])


def around(key: str) -> tuple[str, ...]:
    """The keys that one walks through from a case; it is among them, unless it stands alone."""
    kept = _LIST.get()
    keys = kept if key in kept else _all_like(key)
    if state.is_blind():  # the order of names would tell the answer
        keys = tuple(collection.mixed(keys))
        take(keys)  # and stays when the answers are shown
    return keys


def _all_like(key: str) -> tuple[str, ...]:
    """All that come from where this one comes from, in their order."""
    layout = key.partition(":")[0]
    if layout in datasets.here():
        try:
            return _of_dataset(layout, *datasets.here()[layout])
        except MtlbusError:
            return ()
    if key in phantom_ct.SLICES:
        return tuple(phantom_ct.SLICES)
    source = collection.MINE if key.startswith(case_store.UPLOAD) else collection.PHANTOMS
    return tuple(one.key for one in collection.entries(source, None))


@lru_cache(maxsize=8)
def _of_dataset(layout: str, _path: str, _root: str | None) -> tuple[str, ...]:
    return tuple(one.key for one in collection.entries(layout, None))


def place(key: str) -> tuple[int, int]:
    """Its number from 1 on and how many there are; (0, n) where it is not among them."""
    keys = around(key)
    return (keys.index(key) + 1 if key in keys else 0), len(keys)


def step(key: str, by: int) -> str:
    """The case so many further on; after the last comes the first."""
    keys = around(key)
    if not keys:
        return key
    if key not in keys:
        return keys[0]
    return keys[(keys.index(key) + by) % len(keys)]


def anywhere(key: str) -> str:
    """Any other case of the walk."""
    others = [one for one in around(key) if one != key]
    return random.choice(others) if others else key


def buttons(key: str, shortcuts: bool = False) -> None:
    """Back, any, next: words and no icons, so that a screen reader has a name for each.

    With `shortcuts` arrow keys do the same, for where no slider wants them.
    """
    number, count = place(key)
    where = f"{number} of {count}" if number else f"{count} cases"
    left, right = ("Left", "Right") if shortcuts else (None, None)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for word, about, shortcut, to in (
            ("Back", "The case before", left, lambda: step(key, -1)),
            ("Any", "Any other case", None, lambda: anywhere(key)),
            ("Next", "The case after", right, lambda: step(key, 1)),
        ):
            st.button(
                word, key=f"_walk_{word.lower()}", help=about, shortcut=shortcut,
                on_click=lambda to=to: state.choose_case(to()), disabled=count < 2,
            )  # fmt: skip
        st.caption(where)
