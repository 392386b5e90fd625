"""What the lab answers over many phantoms: one question at a time, below the pictures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...data.phantom_state import PhantomState
from .. import address
from ..case import Case
from ..memory import choice, mirror
from . import curve, grid, ranking

QUESTIONS = {
    "curve": "Response curve",
    "ranking": "What changes the answer most",
    "grid": "Two knobs",
}


def show(case: Case, phantom: PhantomState, methods: Sequence[str], knob: str) -> None:
    """The questions, one of them open."""
    chosen = _pick()
    if chosen == "curve":
        curve.show(case, phantom, methods, knob)
    elif chosen == "ranking":
        ranking.show(case, phantom, methods)
    else:
        grid.show(phantom, methods, knob)


def _pick() -> str:
    """Which question is open, kept in the address (`?lab=ranking`)."""
    first = next(iter(QUESTIONS))
    chosen = st.segmented_control(
        "Question", list(QUESTIONS), format_func=QUESTIONS.get, required=True, wrap=True,
        label_visibility="collapsed", **mirror("lab", choice("lab", QUESTIONS, first)),
    )  # fmt: skip
    address.link_unless("lab", chosen, first)
    return chosen
