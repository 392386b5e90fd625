"""The controls of the lab: with which phantom to begin, which knob, where it stands, and back.

The phantom is the case, so every page and every link knows it.
"""

from __future__ import annotations

import streamlit as st

from ...core.errors import MtlbusError
from ...core.text import literal
from ...data.phantom import GALLERY
from ...data.phantom_parameters import PhantomParameters
from ...data.phantom_state import PhantomState, Value, is_phantom, read_state, told_value
from ...protocol.response import knobs, span
from .. import address, state
from ..case import Case
from ..memory import pick
from ..session import Slot, shown
from ..theme import strong

FIRST = "attenuation_db"  # the knob that the lab opens with: its shadow is seen at once
_STEPS = 60  # of a slider, about
_LAST = Slot("_lab_phantom", state.DEFAULT_CASE)  # the phantom that was looked at last


def pick_start(phantom: PhantomState) -> None:
    """With which phantom of the gallery to begin; another one has no knob turned."""
    st.selectbox(
        "Begin with", list(GALLERY), format_func=lambda name: GALLERY[name].title,
        help=phantom.entry.text, **shown("_lab_base", phantom.base, state.choose_case),
    )  # fmt: skip


def pick_knob(label: str, name: str, default: str, without: str = "") -> str:
    """A choice of one knob, kept over pages and in the address; all are offered but `without`."""
    offered = [knob for knob in knobs() if knob != without]
    return pick(label, name, offered, default, draw=st.selectbox, format_func=full_title)


def full_title(knob: str) -> str:
    """A knob with its part: "Scanner · Gain"."""
    about = PhantomParameters.knobs()[knob]
    return f"{about['part']} · {about['title']}"


def title(knob: str) -> str:
    """A knob by its name: "Gain"."""
    return PhantomParameters.knobs()[knob]["title"]


def with_unit(knob: str) -> str:
    """A knob with its unit: "Gain (dB)"."""
    about = PhantomParameters.knobs()[knob]
    return f"{about['title']} ({about['unit']})" if about.get("unit") else about["title"]


def turn(phantom: PhantomState, knob: str) -> None:
    """The knob itself: a slider, or a switch."""
    about, parameters = PhantomParameters.knobs()[knob], phantom.parameters
    here = type(about["default"])(getattr(parameters, knob))
    help = f"{about['text'][0].upper()}{about['text'][1:]}."
    look = shown(f"_lab_{knob}", here, lambda value: _turn(phantom, knob, value))
    if isinstance(here, bool):
        st.toggle(about["title"], help=help, **look)
        return
    low, high = span(parameters, knob)
    if low == high:
        st.caption("With the other knobs as they are, this one cannot be turned.")
        return
    step = 1 if isinstance(here, int) else _step(high - low)
    st.slider(with_unit(knob), low, high, step=step, format="%g", help=help, **look)


def _step(length: float) -> float:
    """An even step of 1, 2 or 5 that divides a length into about `_STEPS`."""
    for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0):
        if length / step <= _STEPS:
            return step
    return 2.0


def undo(phantom: PhantomState) -> None:
    """A button for each knob that was turned, which takes it back, and one for another breast."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if not phantom.turned:
            st.caption("As in the gallery. What you turn stands here, each to be undone.")
        for knob, value in phantom.turned:
            at_home = getattr(phantom.entry.parameters, knob)
            st.button(
                f"{PhantomParameters.knobs()[knob]['title']} {told_value(knob, value)}",
                key=f"_lab_undo_{knob}", icon=":material/undo:", on_click=_back,
                args=(phantom, knob), help=f"Back to {told_value(knob, at_home)}",
            )  # fmt: skip
        if len(phantom.turned) > 1:
            st.button(
                "Undo all", key="_lab_undo", type="tertiary",
                on_click=state.choose_case, args=(phantom.base,),
            )  # fmt: skip
        st.button(
            "Another breast", key="_lab_seed", type="tertiary", icon=":material/casino:",
            help="Draws anatomy, shape and speckle anew; all other knobs stay.",
            on_click=_turn, args=(phantom, "seed", phantom.parameters.seed + 1),
        )  # fmt: skip


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


def _show(phantom: PhantomState) -> None:
    """Callback: make a phantom the case, if its knobs go together; else say why not."""
    try:
        phantom.parameters  # noqa: B018 - refuses
    except MtlbusError as error:
        address.say(f"{error} Nothing was changed.")
    else:
        state.choose_case(phantom.key)


def _turn(phantom: PhantomState, knob: str, value: Value) -> None:
    """Callback: turn a knob."""
    _show(phantom.turn(knob, value))


def _back(phantom: PhantomState, knob: str) -> None:
    """Callback: turn a knob to where it began."""
    _show(phantom.back(knob))
