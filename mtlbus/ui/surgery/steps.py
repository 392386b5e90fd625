"""The corrections of the current outline: they belong to one image, and stand in the address."""

from __future__ import annotations

import streamlit as st

from ...core.errors import MtlbusError
from ...data.outline_steps import OutlineStep, read_steps, write_steps
from .. import address
from ..case import Case

NAME = "outline"
_OF = "_outline_of"  # in the session: digest of the image that the steps are for


def of_case(case: Case) -> tuple[OutlineStep, ...]:
    """The steps on an image, the first one first; another image begins without any."""
    if st.session_state.get(_OF) != case.image.sha256 and not address.came_by_link(NAME):
        st.session_state.pop(NAME, None)
    st.session_state[_OF] = case.image.sha256
    try:
        steps = read_steps(str(st.session_state.get(NAME, "")))
        unknown = case.truth is None and any(step.kind == "truth" for step in steps)
    except MtlbusError as error:
        address.say_of_link(NAME, str(error))
        steps, unknown = (), False
    if unknown:
        address.say_of_link(NAME, "The true outline is not known here.")
        steps = ()
    st.session_state[NAME] = write_steps(steps)
    address.link_unless(NAME, write_steps(steps), "")
    return steps


def take(steps: tuple[OutlineStep, ...]) -> None:
    """Callback: keep these steps, if they are not too many."""
    written = write_steps(steps)
    try:
        read_steps(written)
    except MtlbusError as error:
        address.say(f"{error} Nothing was changed.")
    else:
        st.session_state[NAME] = written
