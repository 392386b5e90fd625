"""The parts of the Predict page: picture, verdict, input checks, measurements, truth, downloads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...checkpoints import Checkpoint
from ...figures.overlay import encode_jpeg, grey_panel
from ...inference.input_checks import Check, refusal
from ...inference.measure import Lesion
from ...inference.predictor import Prediction
from .. import input_line, records, seen, services, takeaway, verdict, words
from ..case import Case
from ..pictures import Look
from ..widgets import ask, show_image
from . import picture, spacing, true_mask
from .controls import pick_look

NARROWEST = 340  # pixels; below twice this the verdict stands under the picture


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
        left, right = _halves()
        with left:
            panel = encode_jpeg(grey_panel(case.image.pixels))
            show_image(panel, f"{case.title}, about which nothing is predicted.")
        with right:
            input_line.let_in(case)
        return
    kept = services.is_ready(case, method)
    prediction = ask(case, method)
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
    left, right = _halves()
    with right:
        point, cautions = _verdict(prediction, checkpoint)
    threshold = words.operating_points(checkpoint.card)[point]["threshold"] if point else None
    colour = verdict.class_colour(prediction, threshold)
    with left:
        look = pick_look(case, prediction, Look(colour=colour))
        mask, started = prediction.mask(look.threshold), time.perf_counter()
        picture.show(case, prediction, look, mask)
    drawn = time.perf_counter()
    lesion = records.lesion_of(case, prediction, look.threshold)
    metrics = records.against_truth(case, prediction, look.threshold)
    measured = time.perf_counter()
    checks = (*asked.checks, *_of_the_outline(prediction, threshold, mask))
    with cautions:
        input_line.warn(checks)
    with right:
        input_line.say_fine(checks, prediction, asked.unknown)
        view = takeaway.predicted(case, prediction, checkpoint, look.threshold, point, checks)
        takeaway.offer_prediction(view, look, checks)
    with left:
        _truth(original, prediction, metrics, seen.sentence(case, checkpoint.card))
        if metrics is not None:
            _scores(metrics, prediction.size, spacing.of_square(case, prediction))
    _measurements(original, mask, lesion)
    seconds = {
        "checks": asked.checking,
        **prediction.seconds,
        "draw": drawn - started,
        "measure": measured - drawn,
    }
    st.caption(f":material/timer: {words.timing(seconds, asked.kept)}")


def _halves() -> Sequence[DeltaGenerator]:
    """Places for the picture and for the verdict; on a narrow page one below the other."""
    with st.grid(2, min_column_width=NARROWEST, gap="medium"):
        return st.container(), st.container()


def _verdict(
    prediction: Prediction, checkpoint: Checkpoint
) -> tuple[str | None, DeltaGenerator]:
    """The call and what it is worth.

    Returns:
        The operating point, None without one; and a place directly under the call for cautions.
    """
    headline, cautions, bar = st.container(), st.container(), st.container()
    if prediction.probability is None:
        headline.info(verdict.NO_CLASS, icon=":material/info:")
        return None, cautions
    point = verdict.pick_point(checkpoint)
    if point is None:
        headline.metric("Probability of malignancy", f"{prediction.probability:.0%}")
        st.caption("The card of this network states no operating point, so there is no call.")
        return None, cautions
    threshold = words.operating_points(checkpoint.card)[point]["threshold"]
    with headline:
        verdict.headline(prediction, threshold)
    with bar:
        verdict.bar(prediction, threshold, words.grey_zone(checkpoint.card), key="bar")
    verdict.explain(prediction, checkpoint, point)
    return point, cautions


def _of_the_outline(
    prediction: Prediction, threshold: float | None, mask: np.ndarray | None
) -> tuple[Check, ...]:
    """What an outline says against the answer: none at all, or nearly all of the image."""
    malignant = None if threshold is None else prediction.probability >= threshold
    note = words.agreement_note(prediction, malignant, mask)
    return (Check("caution", "outline", note),) if note else ()


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


def _scores(metrics: dict[str, float], size: int, mm: float | None) -> None:
    """How well the outline fits the true one; `mm` is a pixel of the network's square."""
    with st.container(horizontal=True, gap="medium"):
        st.metric("Dice", f"{metrics['dice']:.2f}", width="content", help="1 is the same outline, "
                  "0 no overlap.")  # fmt: skip
        far = metrics["hd95"]
        empty = np.isnan(far)
        st.metric(
            "HD95", "–" if empty else f"{far:.1f} px", width="content",
            delta=None if empty or mm is None else f"{far * mm:.1f} mm", delta_color="off",
            delta_arrow="off", help="95 of 100 outline points are nearer than this to the other "
            f"outline. Px are those of the network's {size} px square.",
        )  # fmt: skip
        found, extra = metrics["pixel_tpr"], metrics["pixel_fpr"]
        st.metric("Found", f"{found:.0%}", width="content", help="Share of the lesion's pixels.")
        st.metric("In excess", f"{extra:.0%}", width="content", help=(
            "Pixels marked beside the lesion, as a share of the lesion's own size."
        ))  # fmt: skip
