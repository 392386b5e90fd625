"""The picture of Predict and its controls, which draw it again without the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from ...core.wording import percent
from ...findings import Finding
from ...inference.predictor import Prediction
from .. import pictures
from ..case import Case
from ..memory import switch, toggle
from ..panels import region_shapes, zoom_panels
from ..panels.region_shapes import shapes_of
from ..panels.zoom_panels import Panel
from ..pictures import Style, pick_fill, pick_threshold


def show(finding: Finding, style: Style) -> None:
    """The picture under its zoom, and what its colours mean."""
    case, truth = finding.case, None
    inside = region_shapes.level_of(finding)
    if case.truth is not None:
        truth = region_shapes.level_of_mask(case.truth)
    panel = Panel("", _alt(case, style, finding.mask), shapes_of(inside, truth, style))
    lesion = region_shapes.lesion_box([] if inside is None else [inside], truth)
    legend = pictures.legend(finding, style)
    zoom_panels.show("predict_picture", [case], [panel], [lesion], legend)


def _alt(case: Case, style: Style, mask: np.ndarray | None) -> str:
    if mask is None:
        drawn = "without an outline"
    elif not mask.any():
        drawn = "in which the network outlines nothing"
    else:
        drawn = f"with a predicted outline around {percent(mask.mean())} of the image"
        if style.agreement and case.truth is not None:
            drawn += ", coloured by what was found, marked in excess and missed"
    return f"Ultrasound image {case.title} {drawn}."


def pick_style(case: Case, prediction: Prediction, style: Style) -> Style:
    """How the picture is drawn, else as `style` says where there is no mask to draw.

    What the colours of right and wrong replace is switched off while they are on.
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
