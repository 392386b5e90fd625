"""What the lab answers over many phantoms: one question at a time, below the pictures."""

from __future__ import annotations

from collections.abc import Sequence

from ...data.phantom_state import PhantomState
from ..case import Case
from ..memory import pick
from . import curve, grid, ranking

QUESTIONS = {
    "curve": "Response curve",
    "ranking": "What changes the answer most",
    "grid": "Two knobs",
}


def show(case: Case, phantom: PhantomState, methods: Sequence[str], knob: str) -> None:
    """The questions, one of them open, kept in the address (`?lab=ranking`)."""
    chosen = pick(
        "Question", "lab", QUESTIONS, format_func=QUESTIONS.get, label_visibility="collapsed"
    )
    if chosen == "curve":
        curve.show(case, phantom, methods, knob)
    elif chosen == "ranking":
        ranking.show(case, phantom, methods)
    else:
        grid.show(phantom, methods, knob)
