"""The controls of the lab: with which phantom to begin, which knob, where it stands, and back."""

from __future__ import annotations

import streamlit as st

from ...data.phantom import GALLERY
from ...data.phantom_parameters import PhantomParameters
from ...data.phantom_state import PhantomState, told_value
from ...protocol.response import knobs, span
from .. import state as pages
from ..memory import pick
from ..session import shown
from . import state

FIRST = "attenuation_db"  # the knob that the lab opens with: its shadow is seen at once
_STEPS = 60  # of a slider, about


def pick_start(phantom: PhantomState) -> None:
    """With which phantom of the gallery to begin; another one has no knob turned."""
    st.selectbox(
        "Begin with", list(GALLERY), format_func=lambda name: GALLERY[name].title,
        help=phantom.entry.text, **shown("_lab_base", phantom.base, pages.choose_case),
    )  # fmt: skip


def pick_knob(label: str, name: str, default: str, without: str = "") -> str:
    """A choice of one knob, kept over pages and in the address.

    Args:
        label: of the widget.
        name: in the session and in the address.
        default: the knob where none is chosen.
        without: one that is not offered.
    """
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
    look = shown(f"_lab_{knob}", here, lambda value: state.turn(phantom, knob, value))
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
                key=f"_lab_undo_{knob}", icon=":material/undo:", on_click=state.back,
                args=(phantom, knob), help=f"Back to {told_value(knob, at_home)}",
            )  # fmt: skip
        if len(phantom.turned) > 1:
            st.button(
                "Undo all", key="_lab_undo", type="tertiary",
                on_click=pages.choose_case, args=(phantom.base,),
            )  # fmt: skip
        st.button(
            "Another breast", key="_lab_seed", type="tertiary", icon=":material/casino:",
            help="Draws anatomy, shape and speckle anew; all other knobs stay.",
            on_click=state.turn, args=(phantom, "seed", phantom.parameters.seed + 1),
        )  # fmt: skip
