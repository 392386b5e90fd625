"""A file that a person gives: the next case, or one plain line where it cannot be read.

A file above the limit of the uploader never gets here: the browser refuses it, says so inside the
uploader, and tells the server nothing.
"""

from __future__ import annotations

import streamlit as st

from ..core.errors import MtlbusError
from ..data.intake import read_image
from . import state
from .case import Case
from .widgets import explain_error

_FAILED = state.FAILED_UPLOAD


def take(widget: str) -> bool:
    """Callback of an uploader: its file becomes the case, a bad one leaves the case as it is.

    Args:
        widget: key of the uploader.

    Returns:
        Whether there is a new case.
    """
    st.session_state.pop(_FAILED, None)
    file = st.session_state.get(widget)
    if file is None:
        return False
    try:
        state.choose_case(state.add_upload(read_image(file.getvalue(), file.name)))
    except MtlbusError as error:
        st.session_state[_FAILED] = (widget, error)
        return False
    return True


def explain(widget: str) -> None:
    """Directly under an uploader: why its file did not become the case."""
    error = _failure(widget)
    if error is not None:
        explain_error(error)


def banner(widget: str, case: Case) -> None:
    """At the top of a page: the same, and which case is shown still.

    Args:
        widget: key of the uploader.
        case: what the page shows.
    """
    error = _failure(widget)
    if error is not None:
        st.error(f"{error} Below you still see “{case.title}”.", icon=":material/error:")


def _failure(widget: str) -> MtlbusError | None:
    """What went wrong with the file that an uploader holds; gone with that file."""
    which, error = st.session_state.get(_FAILED, ("", None))
    if which != widget:
        return None
    if st.session_state.get(widget) is None:
        del st.session_state[_FAILED]
        return None
    return error
