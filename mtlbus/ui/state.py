"""What is being looked at, the same on every page, and its place in the address.

`?case=…&method=…` reproduces a view. An uploaded image is in nobody's link: such a link falls back
to the gallery and says so.
"""

from __future__ import annotations

import time

import streamlit as st

from ..core.errors import MtlbusError
from ..data.intake import GreyImage
from . import cases
from .case import Case

__all__ = ["Case", "current_case"]

DEFAULT_CASE = "spiculated-carcinoma"
LINKED = (
    "case", "method", "methods", "map", "beside", "map2", "tab", "paper", "compare", "second",
    "attributions", "target", "settings", "placebo", "point",
    "mask_threshold", "mask_fill", "show_outline", "show_truth", "show_agreement",
    "compare_fill", "compare_truth", "compare_agreement",
)  # fmt: skip
_LAG_SECONDS = 2.0
UPLOAD = "upload:"
FAILED_UPLOAD = "_failed_upload"  # in the session: key of an uploader and what was wrong
MAX_UPLOADS = 12


def current_case() -> Case:
    """The case that the sidebar shows. Never fails: what cannot be opened falls back, with a note.

    The note is kept for the sidebar, see `take_note`.
    """
    key = st.session_state.get("case", DEFAULT_CASE)
    try:
        return open_case(key)
    except MtlbusError as error:
        last_good = st.session_state.get("last_good_case", DEFAULT_CASE)
        fallback = last_good if last_good != key else DEFAULT_CASE
        case = open_case(fallback)
        say(f"{error} Showing “{case.title}” instead.")
        st.session_state["case"] = fallback
        return case


def open_case(key: str) -> Case:
    """The case behind a key.

    Raises:
        InputError, DataError: it does not exist here, or cannot be read.
    """
    if key.startswith(UPLOAD):
        case = st.session_state.get("uploads", {}).get(key)
        if case is None:
            raise cases.not_here(
                "This link names an uploaded image, which stays in the session that uploaded it."
            )
        return case
    return cases.open_shipped(key)


def choose_case(key: str) -> None:
    """Make `key` the current case; to be called before the sidebar is drawn, or in a callback."""
    st.session_state["last_good_case"] = st.session_state.get("case", DEFAULT_CASE)
    st.session_state["case"] = key
    st.session_state.pop(FAILED_UPLOAD, None)


def add_upload(image: GreyImage) -> str:
    """Keep an uploaded image in this session only, and return its key; the oldest ones go."""
    uploads = st.session_state.setdefault("uploads", {})
    key = f"{UPLOAD}{image.sha256[:12]}"
    if key not in uploads:
        uploads[key] = cases.from_upload(key, image)
        while len(uploads) > MAX_UPLOADS:
            del uploads[next(iter(uploads))]
    return key


def say(note: str) -> None:
    """Keep a plain sentence for the next place that shows notes."""
    notes = st.session_state.setdefault("notes", [])
    if note not in notes:
        notes.append(note)


def take_notes() -> list[str]:
    """The kept sentences, once."""
    return st.session_state.pop("notes", [])


def read_link() -> None:
    """Adopt what the address names, unless it is what this session wrote itself.

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
        written[name] = (value, now, time.monotonic())


def write_link(name: str, value: str) -> None:
    """Put a value into the address, so that the link reproduces the view."""
    written = st.session_state.setdefault("_written", {})
    now, _, _ = written.get(name, (None, None, 0.0))
    if now != value:
        written[name] = (value, now, time.monotonic())
    if st.query_params.get(name) != value:
        st.query_params[name] = value


def link_unless(name: str, value: str, default: str) -> None:
    """Put a value into the address, or take its name out where it is what a new visitor gets."""
    if value == default:
        drop_link(name)
    else:
        write_link(name, value)


def drop_link(name: str) -> None:
    """Take a name out of the address."""
    written = st.session_state.setdefault("_written", {})
    now, _, _ = written.get(name, (None, None, 0.0))
    if now is not None:
        written[name] = (None, now, time.monotonic())
    if name in st.query_params:
        del st.query_params[name]


def linked(name: str) -> str | None:
    """What the address says for a name, whether adopted from it or written into it."""
    return st.session_state.get("_written", {}).get(name, (None,))[0]
