"""The size of a pixel: from the file, or typed in by a person who knows it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ...inference.predictor import Prediction
from ..case import Case

_TYPED = "mm_per_pixel"  # in the session: digest of an image to mm per pixel
_WHERE = {
    "phantom": "as the phantom was made",
    "upload": "as the file tells",
    "dataset": "as the file tells",
}


def known(case: Case) -> Case:
    """The case with the spacing that was typed in for it, if its file tells none."""
    typed = st.session_state.get(_TYPED, {}).get(case.image.sha256)
    if case.image.spacing is not None or not typed:
        return case
    return replace(case, image=replace(case.image, spacing=(typed, typed)))


def ask(case: Case) -> None:
    """A field for mm per pixel; the case as it came, not as `known` returns it."""
    widget = f"_{_TYPED}_{case.image.sha256[:12]}"
    typed = st.session_state.setdefault(_TYPED, {})

    def take() -> None:
        typed[case.image.sha256] = st.session_state[widget]

    st.number_input(
        "mm per pixel",
        min_value=0.001,
        max_value=5.0,
        value=typed.get(case.image.sha256),
        step=0.01,
        format="%.3f",
        placeholder="unknown",
        key=widget,
        on_change=take,
        help="The file does not tell how large a pixel is. Count the pixels between two ticks of "
        "the scanner's ruler: 10 mm over 125 px are 0.080 mm per pixel. The same down and across.",
    )


def of_square(case: Case, prediction: Prediction) -> float | None:
    """Millimetres of a pixel of the network's square; None where unknown or not as wide as high.

    Args:
        case: as `known` returns it.
        prediction: of its image.
    """
    down, across = case.image.spacing or (None, None)
    return down * prediction.frame.side / prediction.size if down and down == across else None


def sentence(case: Case) -> str:
    """Which unit the measurements have, and why.

    Args:
        case: as `known` returns it.
    """
    if case.image.spacing is None:
        return "In px, because the file does not tell how large a pixel is."
    down, across = case.image.spacing
    typed = case.image.sha256 in st.session_state.get(_TYPED, {})
    where = "as typed in" if typed else _WHERE[case.origin]
    size = f"{across:.3f} mm" if down == across else f"{across:.3f} mm wide and {down:.3f} mm high"
    return f"A pixel is {size}, {where}."
