"""Which phantom the lab shows: it is the case, so every page and every link knows it."""

from __future__ import annotations

import streamlit as st

from ...core.errors import MtlbusError
from ...core.text import literal
from ...data.phantom_state import PhantomState, Value, is_phantom, read_state
from .. import address, state
from ..case import Case
from ..session import Slot
from ..theme import strong

_LAST = Slot("_lab_phantom", state.DEFAULT_CASE)  # the phantom that was looked at last


def phantom_of(case: Case) -> PhantomState | None:
    """The phantom that a case is; None for any other case."""
    if not is_phantom(case.key):
        return None
    _LAST.set(case.key)
    return read_state(case.key)


def offer_phantom(case: Case) -> None:
    """For a case that is no phantom: say so, and the way to one; the case stays in the list."""
    st.info(
        f"The lab is about phantoms, and “{literal(case.title)}” is none: nobody can turn the "
        "knobs of a real breast. It stays in the list of cases.",
        icon=":material/science:",
    )
    st.button(
        "Take a phantom", type=strong(), icon=":material/east:", key="_lab_take",
        on_click=state.choose_case, args=(_LAST.get(),),
    )  # fmt: skip


def show(phantom: PhantomState) -> None:
    """Callback: make a phantom the case, if its knobs go together; else say why not."""
    try:
        phantom.parameters  # noqa: B018 - refuses
    except MtlbusError as error:
        address.say(f"{error} Nothing was changed.")
    else:
        state.choose_case(phantom.key)


def turn(phantom: PhantomState, knob: str, value: Value) -> None:
    """Callback: turn a knob."""
    show(phantom.turn(knob, value))


def back(phantom: PhantomState, knob: str) -> None:
    """Callback: turn a knob to where it began."""
    show(phantom.back(knob))
