"""What a session keeps under a name: each thing with its type, and what it is before it was set.

Widgets come and go with their pages; what is kept here stays until the session ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import streamlit as st

T = TypeVar("T")


class Slot(Generic[T]):
    """One thing of the session of whoever asks.

    Args:
        name: its key; what an address may say is kept under the name that it has there.
        first: what it is before it was set.
    """

    def __init__(self, name: str, first: T) -> None:
        self.name, self.first = name, first

    def get(self) -> T:
        """What it is now."""
        return st.session_state.get(self.name, self.first)

    def set(self, value: T) -> None:
        """Keep another value; also as a callback."""
        st.session_state[self.name] = value

    def take(self) -> T:
        """What it was until now: from now on it is as at first. Also as a callback."""
        return st.session_state.pop(self.name, self.first)


METHOD: Slot[str | None] = Slot("method", None)
"""The network that all pages about a single one go on with."""
METHODS: Slot[str | None] = Slot("methods", None)
"""Those of pages about several, joined by commas."""
UNTRAINED: Slot[bool | str] = Slot("untrained", False)
"""Whether Attention looks into networks without trained weights."""
WIRING: Slot[str | None] = Slot("wiring", None)
"""That of these, which no other page hears of."""
TARGET: Slot[str | None] = Slot("target", None)
"""What Attributions explains."""
SETTINGS: Slot[str | None] = Slot("settings", None)
"""How it does, see `explain.options.Options`."""


GO: Slot[tuple[str, dict[str, str]] | None] = Slot("_wanted", None)
"""File and address of a page to go to before anything else is drawn, see `frame.run`."""


def go(page: str, **query: str) -> None:
    """Callback: go to the page of a file, with this in its address."""
    GO.set((page, query))


def held(name: str, make: Callable[[], T]) -> T:
    """What is changed in place, made when it is first asked for."""
    return st.session_state.setdefault(name, make())


def shown(key: str, value: Any, take: Callable[[Any], None]) -> dict[str, Any]:
    """Let a widget show a value, whatever it showed before.

    Args:
        key: of the widget.
        value: what it shows in this run.
        take: is given what it says once somebody changes it, before the next run.

    Returns:
        Its `key` and `on_change`.
    """
    st.session_state[key] = value
    return {"key": key, "on_change": lambda: take(st.session_state[key])}


def selected(key: str) -> dict[str, list[dict[str, Any]]]:
    """What was selected of a chart, "points" and "box"; for its callback."""
    return st.session_state[key]["selection"]
