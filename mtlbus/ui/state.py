"""What is being looked at, the same on every page, and its place in the address.

`?case=…&method=…` reproduces a view. An uploaded image is in nobody's link: such a link says so,
and no other image takes its place.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ..core.errors import MtlbusError
from ..core.text import literal
from . import case_store, cases
from .case import Case
from .case_store import UPLOAD, CaseError, Unopened

__all__ = ["UPLOAD", "Case", "Unopened", "current", "current_case"]

DEFAULT_CASE = "spiculated-carcinoma"
LINKED = (  # all names that an address may have; no other key of the session is open to it
    "case", "method", "methods", "point",
    "mask_threshold", "mask_fill", "show_outline", "show_truth", "show_agreement",
    "compare", "second", "compare_fill", "compare_truth", "compare_agreement",
    "map", "beside", "map2", "untrained", "channel", "stretch", "cell", "head", "sample",
    "attributions", "target", "settings", "placebo",
    "images", "rule", "threshold", "section", "tab", "paper", "knob", "knob2", "lab",
    "steady", "others", "source", "find", "only", "blind", "lecture", "story", "step",
    "outline",
)  # fmt: skip
_LAG_SECONDS = 2.0
_CAME = "_came_by_link"  # in the session: what an address said and no page has followed yet
_COLLECTED = "_link_of_this_run"  # in the session while a page runs: what its address becomes
_BEFORE = "_case_before"  # in the session: the last case that there was something to look at
_LOST = (
    "Your image was in another session or tab: upload it again. An image stays in the memory of "
    "the session that it was given to, so a link or a reload cannot bring it back."
)
_MADE_ROOM = (
    "This image made room for newer ones: upload it again. The explorer keeps "
    f"{case_store.MAX_ENTRIES} images a visitor, and at most "
    f"{case_store.MAX_BYTES // 1024**2} MB of them."
)


def current() -> Case | Unopened:
    """The case that the sidebar shows, or why there is nothing to look at. Never fails."""
    key = st.session_state.get("case", DEFAULT_CASE)
    try:
        found = open_case(key)
        return cases.blinded(found) if is_blind() else found
    except CaseError as error:
        return error.found
    except MtlbusError as error:
        return Unopened(key, _short(key), "unknown", f"{error} Choose another case.")


def is_blind() -> bool:
    """Whether name and answers of the current case are hidden."""
    return st.session_state.get("blind") in (True, "1")


def current_case() -> Case:
    """The case that the sidebar shows, for what runs only where there is one.

    Raises:
        CaseError: there is nothing to look at; the frame keeps such a page from running.
    """
    found = current()
    if isinstance(found, Unopened):
        raise CaseError(found)
    return found


def open_case(key: str) -> Case:
    """The case behind a key.

    Raises:
        InputError, DataError: it does not exist here, or cannot be read.
    """
    if not key.startswith(UPLOAD):
        return cases.open_shipped(key)
    store = case_store.of_session()
    found = store.get(key)
    if found is None:
        why = _MADE_ROOM if store.made_room(key) else _LOST
        found = Unopened(key, "Your image is not here", "lost", why)
    if isinstance(found, Unopened):
        raise CaseError(found)
    return found


def choose_case(key: str) -> None:
    """Make `key` the current case; to be called before the sidebar is drawn, or in a callback."""
    now = current()
    if isinstance(now, Case):
        st.session_state[_BEFORE] = now.key
    st.session_state["case"] = key


def case_before() -> Case | None:
    """What was looked at before the current case; None where there is nothing to go back to."""
    if _BEFORE not in st.session_state:
        return None
    try:
        found = open_case(st.session_state[_BEFORE])
    except MtlbusError:  # it has gone since
        return None
    return found if found.key != st.session_state.get("case") else None


def _short(key: str) -> str:
    return key if len(key) <= 60 else f"{key[:59]}…"


def say(note: str) -> None:
    """Keep a plain sentence for the next place that shows notes."""
    notes = st.session_state.setdefault("notes", [])
    if note not in notes:
        notes.append(note)


def came_by_link(name: str) -> bool:
    """Whether the address named this choice and no page has followed it yet."""
    return name in st.session_state.get(_CAME, ())


def say_of_link(name: str, why: str) -> None:
    """Say that a page cannot follow what the address says for a name.

    Nothing is said of a value that came otherwise: what a visitor chose for one network or case and
    the next one does not have is no mistake.

    Args:
        name: of the parameter.
        why: a sentence that says what is allowed.
    """
    if came_by_link(name):
        st.session_state[_CAME].remove(name)
        asked = f"{name}={_short(str(st.session_state[name]))}"
        say(f"“{asked}” in the address cannot be followed. {why}")


def tell(place: DeltaGenerator) -> None:
    """Show the sentences that were kept until now, once."""
    for note in st.session_state.pop("notes", []):
        place.warning(literal(note), icon=":material/info:")


def read_link() -> None:
    """Adopt what the address names, unless it is what this session wrote itself.

    The frame does so before each run of any page, so that a page only ever asks the session.
    A click that comes before the browser has received the last address still carries the one
    before; that is not a wish, and is ignored for a moment.
    """
    written = st.session_state.setdefault("_written", {})
    for name in LINKED:
        value = st.query_params.get(name)
        now, before, since = written.get(name, (None, None, 0.0))
        if not value or value == now:
            continue
        if value == before and time.monotonic() - since < _LAG_SECONDS:
            continue
        st.session_state[name] = value
        st.session_state.setdefault(_CAME, set()).add(name)
        written[name] = (value, now, time.monotonic())


@contextmanager
def one_update() -> Iterator[None]:
    """Write the address once, after all that is said about it meanwhile.

    Each writing is a step of the browser's way back, and a page says up to ten things about its
    address. A run that ends by going to another page leaves the address alone.
    """
    st.session_state[_COLLECTED] = dict(st.query_params)
    try:
        yield
        _write_collected()
    finally:
        del st.session_state[_COLLECTED]


def stop() -> NoReturn:
    """End a page that has said all it has to say, in place of `st.stop`.

    After that no message reaches the browser, the address of this run as little as any other.
    """
    _write_collected()
    st.stop()


def _write_collected() -> None:
    collected = st.session_state.get(_COLLECTED)  # none in a fragment that runs alone
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
    written = st.session_state.setdefault("_written", {})
    now, _, _ = written.get(name, (None, None, 0.0))
    st.session_state.get(_CAME, set()).discard(name)
    if now != value:
        written[name] = (value, now, time.monotonic())


def _address():
    """What is collected while a page runs; the address itself in a fragment that runs alone."""
    return st.session_state.get(_COLLECTED, st.query_params)


def linked(name: str) -> str | None:
    """What the address says for a name, whether adopted from it or written into it."""
    return st.session_state.get("_written", {}).get(name, (None,))[0]
