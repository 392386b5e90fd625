"""What the input checks found, as one small line: green, amber or red, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...inference.input_checks import Check, worst
from ...inference.predictor import Prediction

_FINE = "Size, content, texture and colour are those of an ultrasound image"


def draw(checks: Sequence[Check], prediction: Prediction | None, unknown: str = "") -> None:
    """Draw the line.

    Args:
        checks: what speaks against the image.
        prediction: with its distance from the training images; None where nothing is predicted.
        unknown: why that distance is not known, if a file should have told it.
    """
    state = worst(checks)
    if state == "refused":
        st.error(
            " ".join(check.reason for check in checks if check.state == "refused")
            + " So nothing is predicted.",
            icon=":material/block:",
            title="Refused",
        )
    elif state == "caution":
        for check in checks:
            st.markdown(f":orange-badge[:material/warning: caution] :small[{check.reason}]")
    else:
        st.markdown(f":green-badge[:material/check: input ok] :small[:gray[{_fine(prediction)}]]")
    if unknown:
        st.caption(unknown)


def _fine(prediction: Prediction | None) -> str:
    if prediction is None or prediction.distance is None:
        return f"{_FINE}."
    return (
        f"{_FINE}, and it resembles the training images "
        f"(distance {prediction.distance:.2f} of the limit)."
    )
