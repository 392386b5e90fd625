"""What can be done to the current case on every page: another frame, and a change taken back."""

from __future__ import annotations

import streamlit as st

from . import case_store, state, uploads
from .case import Case
from .session import shown


def pick_frame(case: Case) -> None:
    """A slider over the frames of a film; nothing for any other case."""
    if case_store.of_session().film_of(case) is None:
        return
    st.slider(
        f"Frame, one of {case.image.frames}",
        1,
        case.image.frames,
        help="A film opens with its brightest frame that shows something.",
        **shown(
            f"_frame_of_{case.film[:12]}",
            case.image.frame + 1,
            lambda number: uploads.turn_to(case, number - 1),
        ),
    )


def undo(case: Case, key: str = "_undo") -> None:
    """A button that takes the last crop or black-out back; nothing where there was none."""
    if case.before is None:
        return
    st.button(
        "Undo the last change", key=key, icon=":material/undo:", width="stretch",
        help=case.image.notes[-1], on_click=back, args=(case.before,),
    )  # fmt: skip


def use(case: Case) -> None:
    """Make an edited case the current one; the one before it stays in the list."""
    state.choose_case(case_store.of_session().add(case))


def back(before: Case) -> None:
    """Make the case before a change the current one."""
    if before.key.startswith(case_store.UPLOAD):  # it may have made room meanwhile
        store = case_store.of_session()
        store.add(before, store.film_of(before))
    state.choose_case(before.key)
