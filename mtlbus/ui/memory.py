"""Choices that outlive their widget: a page that is left and visited again finds them.

A choice lives under its own name in the session, where `address.read_link` puts what an address
says. Its widget, keyed by the name with a leading underscore, is set from it before it is drawn and
writes it back when it is changed; what it says stands in the address, if an address has that name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from . import address
from .session import Slot, shown

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
        value = float(Slot(name, default).get())
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
    options, kept = list(options), Slot(name, None).get()
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
    kept = str(Slot(name, None).get() or "").split(",")
    chosen = [one for one in options if one in kept]
    return chosen if chosen or NONE in kept else list(default)


def joined(names: Iterable[str]) -> str:
    """Several names as they are kept and stand in an address."""
    return ",".join(names) or NONE


def mirror(name: str, value: Any) -> dict[str, Any]:
    """Set the widget of a choice to `value`; returns its `key` and `on_change`."""

    def take(said: Any) -> None:
        Slot(name, value).set(joined(said) if isinstance(said, list) else said)

    return shown(f"_{name}", value, take)


def toggle(label: str, name: str, default: bool = False, **look: Any) -> bool:
    """A switch that is kept; `look` is of `st.toggle`."""
    on = st.toggle(label, **mirror(name, switch(name, default)), **look)
    _link(name, str(int(on)), str(int(default)))
    return on


def slider(
    label: str, name: str, default: float, least: float, most: float, **look: Any
) -> int | float:
    """A number that is kept; whole where all three numbers are. `look` is of `st.slider`."""
    whole = isinstance(default, int) and isinstance(least, int)
    kept = number(name, default, least, most)
    kept = int(kept) if whole else kept
    chosen = st.slider(label, least, most, **mirror(name, kept), **look)
    _link(name, f"{chosen:g}", f"{default:g}")
    return chosen


def pick(
    label: str,
    name: str,
    options: Iterable[str],
    default: str | None = None,
    always: bool = False,
    allowed: str = "",
    draw: Callable[..., str] | None = None,
    **look: Any,
) -> str:
    """One of some options that is kept.

    Args:
        label: of the widget.
        name: of the choice.
        options: what can be chosen.
        default: where nothing is kept; the first option where it is left out.
        always: in the address even where it is the default.
        allowed: as of `choice`.
        draw: the widget; buttons where it is left out.
        look: of the widget.
    """
    options = list(options)
    default = options[0] if default is None else default
    if draw is None:
        draw, look = st.segmented_control, {"required": True, "wrap": True, **look}
    chosen = draw(label, options, **mirror(name, choice(name, options, default, allowed)), **look)
    _link(name, chosen, "" if always else default)
    return chosen


def _link(name: str, said: str, default: str) -> None:
    """Put a choice into the address unless it is what a new visitor gets, if an address has it."""
    if name in address.LINKED:
        address.link_unless(name, said, default)
