"""The changes of the current picture: they belong to one image, and stand in the address."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ...core.errors import MtlbusError
from ...data.what_if import EditStep, edited, read_edits, write_edits
from .. import address, case_store
from ..case import Case

NAME = "edits"
_OF = "_edits_of"  # in the session: digest of the image that the steps are for
_CHANGED = "_edits_case"  # in the session: the changed case, or what is known of it would be lost


def of_case(case: Case) -> tuple[EditStep, ...]:
    """The steps on an image, the first one first; another image begins without any."""
    if st.session_state.get(_OF) != case.image.sha256 and not address.came_by_link(NAME):
        st.session_state.pop(NAME, None)
    st.session_state[_OF] = case.image.sha256
    steps: tuple[EditStep, ...] = ()
    try:
        steps = read_edits(str(st.session_state.get(NAME, "")))
        changed_case(case, steps)
    except MtlbusError as error:
        address.say_of_link(NAME, str(error))
        steps = ()
    st.session_state[NAME] = write_edits(steps)
    address.link_unless(NAME, write_edits(steps), "")
    return steps


def changed_case(case: Case, steps: tuple[EditStep, ...]) -> Case | None:
    """The case after the steps, made once; None without any.

    Raises:
        InputError: the steps do not go together on this picture.
    """
    if not steps:
        return None
    key, kept = st.session_state.get(_CHANGED, (None, None))
    wanted = (case.key, case.image.sha256, write_edits(steps))
    if key == wanted:
        return kept
    image, truth = edited(case.image, case.truth, steps)
    words = tuple(step.words for step in steps)
    made = replace(
        case, key=case_store.key_of(image.sha256), title=f"{case.title} (changed)", image=image,
        truth=truth, before=case, film="", changed=words,
        about=f"{case.about} Changed to see what happens: {', '.join(words)}.",
    )  # fmt: skip
    st.session_state[_CHANGED] = (wanted, made)
    return made


def take(case: Case, steps: tuple[EditStep, ...]) -> None:
    """Callback: keep these steps, if they go together on this picture."""
    try:
        read_edits(write_edits(steps))
        changed_case(case, steps)
    except MtlbusError as error:
        address.say(f"{error} Nothing was changed.")
    else:
        st.session_state[NAME] = write_edits(steps)


def add(case: Case, steps: tuple[EditStep, ...], kind: str, numbers: tuple[float, ...]) -> None:
    """Callback: one change more."""
    try:
        step = EditStep(kind, numbers)
    except MtlbusError as error:
        address.say(f"{error} Nothing was changed.")
    else:
        take(case, (*steps, step))
