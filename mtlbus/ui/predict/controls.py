"""The controls above the picture of Predict; kept over pages and in the address."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ...inference.predictor import Prediction
from ..case import Case
from ..memory import switch, toggle
from ..pictures import Style, pick_fill, pick_threshold


def pick_style(case: Case, prediction: Prediction, style: Style) -> Style:
    """How the picture is drawn; nothing to pick where there is no mask to draw.

    What the colours of right and wrong replace is switched off while they are on.

    Args:
        case: the image.
        prediction: what the network said about it.
        style: what is drawn where nothing is picked.
    """
    if prediction.mask_probability is None:
        st.caption("This network says benign or malignant only; it draws no outline.")
        return style
    known = case.truth is not None
    wrong = known and switch("show_agreement")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        outline = toggle("Outline", "show_outline", True, disabled=wrong)
        truth = False
        if known:
            truth = toggle("True outline", "show_truth", disabled=wrong)
            wrong = toggle("Right and wrong", "show_agreement", help=(
                "Colours what was found, what was marked in excess and what was missed, and draws "
                "the true outline in white. While it is on, the controls it replaces are off."
            ))  # fmt: skip
    first, second = st.columns(2, gap="medium")
    with first:
        threshold = pick_threshold("the same here and on Compare")
    with second:
        fill = pick_fill("mask_fill", wrong)
    return replace(
        style, outline=outline, truth=truth, agreement=wrong, threshold=threshold, fill=fill
    )
