"""The controls above the picture of Predict; kept over pages and in the address."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ...inference.predictor import MASK_THRESHOLD, Prediction
from .. import address
from ..case import Case
from ..memory import mirror, number, switch
from ..pictures import Style


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
        outline = _toggle("Outline", "show_outline", True, disabled=wrong)
        truth = False
        if known:
            truth = _toggle("True outline", "show_truth", disabled=wrong)
            wrong = _toggle("Right and wrong", "show_agreement", help=(
                "Colours what was found, what was marked in excess and what was missed, and draws "
                "the true outline in white. While it is on, the controls it replaces are off."
            ))  # fmt: skip
    first, second = st.columns(2, gap="medium")
    threshold = first.slider(
        "Mask threshold",
        0.05,
        0.95,
        step=0.05,
        help="A pixel is inside from this tumour probability on; the same here and on Compare.",
        **mirror("mask_threshold", number("mask_threshold", MASK_THRESHOLD, 0.05, 0.95)),
    )
    fill = second.slider(
        "Fill", 0, 80, step=5, format="%d %%", disabled=wrong,
        help="Opacity of the inside. Right and wrong has a fill of its own.",
        **mirror("mask_fill", int(number("mask_fill", 0, 0, 80))),
    )  # fmt: skip
    address.link_unless("mask_threshold", f"{threshold:g}", f"{MASK_THRESHOLD:g}")
    address.link_unless("mask_fill", str(fill), "0")
    return replace(
        style, outline=outline, truth=truth, agreement=wrong, threshold=threshold, fill=fill / 100
    )


def _toggle(label: str, name: str, default: bool = False, **options) -> bool:
    """A kept switch; in the address as 1 or 0 unless it stands as for a new visitor."""
    chosen = st.toggle(label, **mirror(name, switch(name, default)), **options)
    address.link_unless(name, str(int(chosen)), str(int(default)))
    return chosen
