"""The parts of the Predict page: picture with its controls, verdict, measurements, downloads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from ..checkpoints import Checkpoint
from ..inference.predictor import MASK_THRESHOLD, Prediction
from . import pictures, records, verdict, words
from .case import Case
from .widgets import show_image


@st.fragment
def result(case: Case, prediction: Prediction, checkpoint: Checkpoint, kept: bool) -> None:
    """Everything about one prediction; its controls draw again and never run the network.

    Args:
        case: what was looked at.
        prediction: what the network said.
        checkpoint: whose card says what that is worth.
        kept: the prediction was there before this run.
    """
    left, right = st.columns([5, 4], gap="medium")
    with right:
        point = _verdict(prediction, checkpoint)
    threshold = words.operating_points(checkpoint.card)[point]["threshold"] if point else None
    colour = verdict.class_colour(prediction, threshold)
    with left:
        look = _controls(case, prediction, replace(pictures.Look(), colour=colour))
        show_image(pictures.picture(case, prediction, look), _alt(case, prediction, look))
    mask = prediction.mask(look.threshold)
    lesion = records.lesion_of(case, prediction, look.threshold)
    metrics = records.against_truth(case, prediction, look.threshold)
    with right:
        malignant = None if threshold is None else prediction.probability >= threshold
        note = words.agreement_note(prediction, malignant, mask)
        if note:
            st.warning(note, icon=":material/warning:")
        _downloads(case, prediction, checkpoint, look, threshold, lesion, metrics)
    with left:
        _truth(case, prediction, metrics)
    _measurements(mask, lesion)
    st.caption(f":material/timer: {words.timing(prediction.seconds, kept)}")


def _verdict(prediction: Prediction, checkpoint: Checkpoint) -> str | None:
    if prediction.probability is None:
        st.info(verdict.NO_CLASS, icon=":material/info:")
        return None
    slot = st.container()
    point = verdict.pick_point(checkpoint)
    if point is None:
        st.metric("Probability of malignancy", f"{prediction.probability:.0%}")
        st.caption("The card of this network states no operating point, so there is no call.")
        return None
    threshold = words.operating_points(checkpoint.card)[point]["threshold"]
    with slot:
        verdict.headline(prediction, threshold, words.grey_zone(checkpoint.card), key="bar")
    verdict.explain(prediction, checkpoint, point)
    return point


def _controls(case: Case, prediction: Prediction, look: pictures.Look) -> pictures.Look:
    """The controls above the picture; none where there is no mask to draw."""
    if prediction.mask_probability is None:
        st.caption("This network says benign or malignant only; it draws no outline.")
        return look
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        outline = st.toggle("Outline", True, key="show_outline")
        truth = agreement = False
        if case.truth is not None:
            truth = st.toggle("True outline", key="show_truth")
            agreement = st.toggle("Right and wrong", key="show_agreement", help=(
                "Colours what was found, what was marked in excess and what was missed."
            ))  # fmt: skip
    first, second = st.columns(2, gap="medium")
    threshold = first.slider(
        "Mask threshold", 0.05, 0.95, MASK_THRESHOLD, 0.05, key="mask_threshold",
        help="A pixel is inside from this tumour probability on.",
    )  # fmt: skip
    fill = second.slider("Fill", 0, 80, 0, 5, format="%d %%", key="mask_fill",
                         help="Opacity of the inside.")  # fmt: skip
    return replace(
        look, outline=outline, truth=truth, agreement=agreement, threshold=threshold,
        fill=fill / 100,
    )  # fmt: skip


def _alt(case: Case, prediction: Prediction, look: pictures.Look) -> str:
    mask = prediction.mask(look.threshold)
    if mask is None:
        drawn = "without an outline"
    elif not mask.any():
        drawn = "in which the network outlines nothing"
    else:
        drawn = f"with a predicted outline around {mask.mean():.1%} of the image"
    return f"Ultrasound image {case.title} {drawn}."


def _measurements(mask: np.ndarray | None, lesion) -> None:
    st.subheader("Measured on the outline")
    if mask is None:
        st.caption("No outline, nothing to measure. Choose a network that outlines.")
        return
    if lesion is None:
        st.caption("The outline is empty at this threshold. Lower the mask threshold.")
        return
    rows = words.lesion_rows(lesion)
    lines = (f"| {name} | **{value}** | :small[:gray[{what}]] |" for name, value, what in rows)
    st.markdown("\n".join(("| Measure | Value | What it is |", "|:--|:--|:--|", *lines)))
    more = (
        f" {lesion.parts} separate parts; the largest is measured." if lesion.parts > 1 else ""
    )
    st.caption(
        f"Computed from the mask, not a BI-RADS reading. In px, because the file tells no spacing."
        f"{more}"
    )


def _truth(case: Case, prediction: Prediction, metrics: dict[str, float] | None) -> None:
    if case.label is not None:
        st.markdown(f"**Against the truth**, which is {verdict.BADGES[records.LABELS[case.label]]}")
    if case.truth is None:
        st.caption("The true outline is unknown here. Phantoms and most datasets have one.")
        return
    if metrics is None:
        st.caption("This network draws no outline that could be compared.")
        return
    with st.container(horizontal=True, gap="medium"):
        st.metric("Dice", f"{metrics['dice']:.2f}", width="content", help="1 is the same outline, "
                  "0 no overlap.")  # fmt: skip
        far = metrics["hd95"]
        st.metric("HD95", "–" if np.isnan(far) else f"{far:.1f} px", width="content", help=(
            f"95 of 100 outline points are nearer than this to the other outline, in pixels of "
            f"the network's {prediction.size} px square."
        ))  # fmt: skip
        found, extra = metrics["pixel_tpr"], metrics["pixel_fpr"]
        st.metric("Found", f"{found:.0%}", width="content", help="Share of the lesion's pixels.")
        st.metric("In excess", f"{extra:.0%}", width="content", help=(
            "Pixels marked beside the lesion, as a share of the lesion's own size."
        ))  # fmt: skip


def _downloads(case, prediction, checkpoint, look, threshold, lesion, metrics) -> None:
    title = checkpoint.card.get("title", prediction.method)
    stem = f"{case.key.replace(':', '-')}_{prediction.method}"
    if prediction.probability is None:
        sentence = title
    else:
        sentence = f"{title}: probability of malignancy {prediction.probability:.0%}"
    with st.container(horizontal=True):
        st.download_button(
            "Picture", lambda: pictures.export_png(case, prediction, look, sentence),
            f"{stem}.png", "image/png", icon=":material/image:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Numbers", lambda: records.as_json(
                case, prediction, title, threshold, look.threshold, lesion, metrics),
            f"{stem}.json", "application/json", icon=":material/data_object:", on_click="ignore",
        )  # fmt: skip
