"""What an address says, read before each run and written after it.

`?case=…&method=…` reproduces a view. Nothing here loads torch, so that the frame knows what is
asked for before it draws anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ..core.text import literal
from .session import Slot, held

LINKED = (  # all names that an address may have; no other key of the session is open to it
    "case", "method", "methods", "point",
    "mask_threshold", "mask_fill", "show_outline", "show_truth", "show_agreement",
    "compare", "second", "compare_fill", "compare_truth", "compare_agreement",
    "map", "beside", "map2", "untrained", "channel", "stretch", "cell", "head", "sample",
    "attributions", "target", "settings", "placebo",
    "images", "rule", "threshold", "least", "cost", "section",
    "tab", "paper", "knob", "knob2", "lab",
    "steady", "others", "source", "find", "only", "blind", "lecture", "story", "step",
    "outline", "edits", "room", "player",
)  # fmt: skip
_LAG_SECONDS = 2.0
_NOTES: Slot[Sequence[str]] = Slot("notes", ())
_COLLECTED: Slot[dict[str, str] | None] = Slot("_link_of_this_run", None)  # while a page runs


def _came() -> set[str]:
    """What an address said and no page has followed yet."""
    return held("_came_by_link", set)


def _written() -> dict[str, tuple[str | None, str | None, float]]:
    """What this session wrote itself: now, before, and since when."""
    return held("_written", dict)


def shortened(key: str) -> str:
    """A text that a sentence can quote."""
    return key if len(key) <= 60 else f"{key[:59]}…"


def say(note: str) -> None:
    """Keep a plain sentence for the next place that shows notes."""
    notes = held(_NOTES.name, list)
    if note not in notes:
        notes.append(note)


def came_by_link(name: str) -> bool:
    """Whether the address named this choice and no page has followed it yet."""
    return name in _came()


def say_of_link(name: str, why: str) -> None:
    """Say that a page cannot follow what the address says for a name.

    Nothing is said of a value that came otherwise: what a visitor chose for one network or case and
    the next one does not have is no mistake.

    Args:
        name: of the parameter.
        why: a sentence that says what is allowed.
    """
    if came_by_link(name):
        _came().remove(name)
        asked = f"{name}={shortened(str(Slot(name, None).get()))}"
        say(f"“{asked}” in the address cannot be followed. {why}")


def tell(place: DeltaGenerator) -> None:
    """Show the sentences that were kept until now, once."""
    for note in _NOTES.take():
        place.warning(literal(note), icon=":material/info:")


def read_link() -> None:
    """Adopt what the address names, unless it is what this session wrote itself.

    The frame does so before each run of any page, so that a page only ever asks the session.
    A click that comes before the browser has received the last address still carries the one
    before; that is not a wish, and is ignored for a moment.
    """
    written = _written()
    for name in LINKED:
        value = st.query_params.get(name)
        now, before, since = written.get(name, (None, None, 0.0))
        if not value or value == now:
            continue
        if value == before and time.monotonic() - since < _LAG_SECONDS:
            continue
        Slot(name, value).set(value)
        _came().add(name)
        written[name] = (value, now, time.monotonic())


@contextmanager
def one_update() -> Iterator[None]:
    """Write the address once, after all that is said about it meanwhile.

    Each writing is a step of the browser's way back, and a page says up to ten things about its
    address. A run that ends by going to another page leaves the address alone.
    """
    _COLLECTED.set(dict(st.query_params))
    try:
        yield
        _write_collected()
    finally:
        _COLLECTED.take()


def stop() -> NoReturn:
    """End a page that has said all it has to say, in place of `st.stop`.

    After that no message reaches the browser, the address of this run as little as any other.
    """
    _write_collected()
    st.stop()


def _write_collected() -> None:
    collected = _COLLECTED.get()  # none in a fragment that runs alone
    if collected is not None and collected != dict(st.query_params):
        st.query_params.from_dict(collected)


def write_link(name: str, value: str) -> None:
    """Put a value into the address, so that the link reproduces the view."""
    _note(name, value)
    address = _address()
    if address.get(name) != value:
        address[name] = value


def link_unless(name: str, value: str, default: str) -> None:
    """Put a value into the address, or take its name out where it is what a new visitor gets."""
    if value == default:
        drop_link(name)
    else:
        write_link(name, value)


def drop_link(name: str) -> None:
    """Take a name out of the address."""
    _note(name, None)
    address = _address()
    if name in address:
        del address[name]


def _note(name: str, value: str | None) -> None:
    """Remember what this session wrote itself, so that `read_link` takes it for no wish."""
    written = _written()
    now, _, _ = written.get(name, (None, None, 0.0))
    _came().discard(name)
    if now != value:
        written[name] = (value, now, time.monotonic())


def _address():
    """What is collected while a page runs; the address itself in a fragment that runs alone."""
    collected = _COLLECTED.get()
    return st.query_params if collected is None else collected


def linked(name: str) -> str | None:
    """What the address says for a name, whether adopted from it or written into it."""
    return _written().get(name, (None,))[0]
