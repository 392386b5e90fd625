"""The parts of the Predict page: picture, verdict, input checks, measurements, truth, downloads."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from ...checkpoints import Checkpoint
from ...figures.overlay import encode_jpeg, grey_panel
from ...inference.input_checks import Check, refusal
from ...inference.measure import Lesion
from ...inference.predictor import MASK_THRESHOLD, Prediction
from .. import input_line, pictures, records, seen, services, takeaway, verdict, words
from ..case import Case
from ..widgets import show_image
from . import spacing, true_mask


@dataclass(frozen=True)
class Asked:
    """What came of asking a network about a case.

    Attributes:
        prediction: what the network said.
        checkpoint: whose card says what that is worth.
        checks: what speaks against the image.
        unknown: why its distance from the training images is not known; "" otherwise.
        kept: the prediction was there before this run.
        checking: seconds that the checks of the pixels took.
    """

    prediction: Prediction
    checkpoint: Checkpoint
    checks: tuple[Check, ...]
    unknown: str
    kept: bool
    checking: float


def show(case: Case, method: str) -> None:
    """Check the image, ask the network, and show what it says; a refused image is not asked."""
    started = time.perf_counter()
    checks = services.checks(case)
    checking = time.perf_counter() - started
    if refusal(checks):
        left, right = st.columns([5, 4], gap="medium")
        with left:
            panel = encode_jpeg(grey_panel(case.image.pixels))
            show_image(panel, f"{case.title}, about which nothing is predicted.")
        with right:
            input_line.let_in(case)
        return
    kept = services.is_ready(case, method)
    prediction = services.predict(case, method)
    network = services.predictor(method)
    _result(case, Asked(
        prediction, services.checkpoint(method), (*checks, *network.check(prediction)),
        network.familiarity_problem, kept, checking,
    ))  # fmt: skip


@st.fragment
def _result(case: Case, asked: Asked) -> None:
    """Everything about one prediction; its controls draw again and never run the network."""
    prediction, checkpoint, original = asked.prediction, asked.checkpoint, case
    case = spacing.known(original)
    left, right = st.columns([5, 4], gap="medium")
    with right:
        point = _verdict(prediction, checkpoint)
    threshold = words.operating_points(checkpoint.card)[point]["threshold"] if point else None
    colour = verdict.class_colour(prediction, threshold)
    started = time.perf_counter()
    with left:
        look = _controls(case, prediction, replace(pictures.Look(), colour=colour))
        show_image(pictures.picture(case, prediction, look), _alt(case, prediction, look))
    drawn = time.perf_counter()
    mask = prediction.mask(look.threshold)
    lesion = records.lesion_of(case, prediction, look.threshold)
    metrics = records.against_truth(case, prediction, look.threshold)
    measured = time.perf_counter()
    checks = (*asked.checks, *_of_the_outline(prediction, threshold, mask))
    with right:
        input_line.draw(checks, prediction, asked.unknown)
        view = takeaway.predicted(case, prediction, checkpoint, look.threshold, point, checks)
        takeaway.offer_prediction(view, look, checks)
    with left:
        _truth(original, prediction, metrics, seen.sentence(case, checkpoint.card))
    _measurements(original, mask, lesion)
    seconds = {
        "checks": asked.checking,
        **prediction.seconds,
        "draw": drawn - started,
        "measure": measured - drawn,
    }
    st.caption(f":material/timer: {words.timing(seconds, asked.kept)}")


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


def _of_the_outline(
    prediction: Prediction, threshold: float | None, mask: np.ndarray | None
) -> tuple[Check, ...]:
    """What an outline says against the answer: none at all, or nearly all of the image."""
    malignant = None if threshold is None else prediction.probability >= threshold
    note = words.agreement_note(prediction, malignant, mask)
    return (Check("caution", "outline", note),) if note else ()


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
    fill = second.slider("Opacity of the inside", 0, 80, 0, 5, format="%d %%", key="mask_fill")
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


def _measurements(case: Case, mask: np.ndarray | None, lesion: Lesion | None) -> None:
    title, size = st.columns([3, 1], vertical_alignment="bottom")
    title.subheader("Measured on the outline")
    if mask is None:
        st.caption("No outline, nothing to measure. Choose a network that outlines.")
        return
    if lesion is None:
        st.caption("The outline is empty at this threshold. Lower the mask threshold.")
        return
    if case.image.spacing is None:
        with size:
            spacing.ask(case)
    rows = words.lesion_rows(lesion)
    lines = (f"| {name} | **{value}** | :small[:gray[{what}]] |" for name, value, what in rows)
    st.markdown("\n".join(("| Measure | Value | What it is |", "|:--|:--|:--|", *lines)))
    more = f" {lesion.parts} separate parts; the largest is measured." if lesion.parts > 1 else ""
    st.caption(
        "Computed from the mask, not a BI-RADS reading. "
        f"{spacing.sentence(spacing.known(case))}{more}"
    )


def _truth(
    case: Case, prediction: Prediction, metrics: dict[str, float] | None, caution: str
) -> None:
    if case.label is not None:
        st.markdown(f"**Against the truth**, which is {verdict.BADGES[records.LABELS[case.label]]}")
    if caution:
        st.warning(caution, icon=":material/warning:")
    if case.origin == "upload" and prediction.mask_square is not None:
        true_mask.offer(case)
    elif case.truth is None:
        st.caption("The true outline is unknown here. Phantoms and most datasets have one.")
    elif metrics is None:
        st.caption("This network draws no outline that could be compared.")
    if metrics is not None:
        _scores(metrics, prediction.size)


def _scores(metrics: dict[str, float], size: int) -> None:
    """How well the outline fits the true one."""
    with st.container(horizontal=True, gap="medium"):
        st.metric("Dice", f"{metrics['dice']:.2f}", width="content", help="1 is the same outline, "
                  "0 no overlap.")  # fmt: skip
        far = metrics["hd95"]
        st.metric("HD95", "–" if np.isnan(far) else f"{far:.1f} px", width="content", help=(
            f"95 of 100 outline points are nearer than this to the other outline, in pixels of "
            f"the network's {size} px square."
        ))  # fmt: skip
        found, extra = metrics["pixel_tpr"], metrics["pixel_fpr"]
        st.metric("Found", f"{found:.0%}", width="content", help="Share of the lesion's pixels.")
        st.metric("In excess", f"{extra:.0%}", width="content", help=(
            "Pixels marked beside the lesion, as a share of the lesion's own size."
        ))  # fmt: skip
