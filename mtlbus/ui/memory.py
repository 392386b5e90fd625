"""Choices that outlive their widget: a page that is left and visited again finds them.

A choice lives under its own name in the session, where `state.read_link` puts what an address
says; its widget, keyed by the name with a leading
underscore, is set from it before it is drawn and writes it back when it is changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from . import address

NONE = "-"
"""In place of several names: none is chosen."""


def number(name: str, default: float, least: float, most: float) -> float:
    """A kept number; `default` for anything else.

    Args:
        name: of the choice.
        default: where nothing is kept, or what is kept is no number or lies outside.
        least, most: what is allowed.
    """
    try:
        value = float(st.session_state.get(name, default))
    except (TypeError, ValueError):
        value = float("nan")
    if least <= value <= most:
        return value
    address.say_of_link(name, f"Allowed: a number from {least:g} to {most:g}.")
    return default


def switch(name: str, default: bool = False) -> bool:
    """Whether a kept switch is on; an address says 1 or 0."""
    kept = choice(name, (True, False, "1", "0"), default, "Allowed: 1 or 0.")
    return kept in (True, "1")


def choice(name: str, options: Iterable, default: Any, allowed: str = "") -> Any:
    """One of some options that is kept; `default` for anything else.

    Args:
        name: of the choice.
        options: what can be chosen.
        default: where nothing is kept, or something else.
        allowed: a sentence for whoever wrote another one into the address; it lists the options
            where it is left out.
    """
    options, kept = list(options), st.session_state.get(name)
    if kept in options:
        return kept
    address.say_of_link(name, allowed or f"Allowed: {', '.join(map(str, options))}.")
    return default


def several(name: str, options: Iterable[str], default: Iterable[str] = ()) -> list[str]:
    """Those of some options that are kept, in their order.

    Args:
        name: of the choice; it is kept as an address says it, joined by commas.
        options: what can be chosen.
        default: where nothing of it is kept, unless that none is chosen.
    """
    kept = str(st.session_state.get(name) or "").split(",")
    chosen = [one for one in options if one in kept]
    return chosen if chosen or NONE in kept else list(default)


def joined(names: Iterable[str]) -> str:
    """Several names as they are kept and stand in an address."""
    return ",".join(names) or NONE


def mirror(name: str, value: Any) -> dict[str, Any]:
    """Set the widget of a choice to `value`; returns its `key`, `on_change` and `args`."""
    st.session_state[f"_{name}"] = value
    return {"key": f"_{name}", "on_change": remember, "args": (name,)}


def remember(name: str) -> None:
    """Callback: keep what the widget of this choice says; of several, joined."""
    said = st.session_state[f"_{name}"]
    st.session_state[name] = joined(said) if isinstance(said, list) else said
