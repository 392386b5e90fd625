"""The parts of the Predict page: picture, verdict, input checks, measurements, truth, downloads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...checkpoints import Checkpoint
from ...core.quantities import OUTLINES
from ...core.text import literal
from ...findings import Finding
from ...findings.finding import NORMAL
from ...findings.measured import lesion_rows
from ...inference.input_checks import refusal
from ...inference.measure import Lesion
from ...inference.predictor import Prediction
from .. import input_line, pictures, services, spacing, uploads, verdict, words
from ..case import Case
from ..finding import finding_of
from ..pictures import Style
from ..widgets import ask
from . import files, local_worth, opinion, picture, similar, tools, true_mask

NARROWEST = 340  # pixels; below twice this the verdict stands under the picture


@dataclass(frozen=True)
class Asked:
    """What came of asking a network about a case.

    Attributes:
        prediction: what the network said.
        checkpoint: whose card says what that is worth.
        unknown: why its distance from the training images is not known; "" otherwise.
        kept: the prediction was there before this run.
        checking: seconds that the checks of the pixels took.
    """

    prediction: Prediction
    checkpoint: Checkpoint
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
            st.image(pictures.plain(case), alt=pictures.nothing_said(case))
            tools.offer(case)
        with right:
            input_line.let_in(case)
        return
    kept = services.is_ready(case, method)
    prediction = ask(case, method)
    unknown = services.predictor(method).familiarity_problem
    _result(case, Asked(prediction, services.checkpoint(method), unknown, kept, checking))


def offer_upload() -> None:
    """A place for one image on the page itself: on a phone the sidebar is closed."""
    with st.popover("Upload", icon=":material/upload:", help="An image of your own"):
        uploads.uploader("PNG, JPEG, BMP, TIFF, WebP, GIF or DICOM", "_page_upload")
        st.caption(uploads.CONSENT)


@st.fragment
@services.one_look()
def _result(case: Case, asked: Asked) -> None:
    """Everything about one prediction; its controls draw again and never run the network."""
    prediction, original = asked.prediction, case
    case = spacing.known(original)
    answer, (left, right) = st.container(), _halves()
    with right:
        bar, choice, worth = st.container(), st.empty(), st.container()
    with choice.container():
        point = None if prediction.probability is None else verdict.pick_point(asked.checkpoint)
    with left:  # on a phone the picture belongs on the first screen, so its controls are below
        picture_place, style = st.container(), picture.pick_style(case, prediction, Style())
    started = time.perf_counter()
    finding = finding_of(case, prediction, style.threshold, point)
    if finding.call is None:
        choice.empty()
    lesion, metrics = finding.lesion, finding.against_truth
    measured = time.perf_counter()
    style = replace(style, colour=verdict.colour_of(finding))
    with picture_place:
        picture.show(finding, style)
    drawn = time.perf_counter()
    with answer:
        verdict.cautions(finding.cautions)
        first, second = _halves()
        with first:
            verdict.answer(finding)
        with second:
            verdict.standing(finding)
    with bar:
        verdict.bar(finding)
    with worth:
        verdict.scope(finding)
        verdict.worth(finding)
        counted = local_worth.show(finding, asked.checkpoint)
        verdict.fine(finding)
        if asked.unknown:
            st.caption(literal(asked.unknown))
        second = st.container(gap="small")
        files.offer(finding, style, lambda: opinion.known(finding, counted))
    with left:
        tools.offer(original)
        _truth(original, finding)
        if metrics is not None and finding.known != NORMAL:
            _scores(metrics, prediction.size, finding.square_mm)
    _measurements(original, finding.mask, lesion)
    similar.show(finding, asked.checkpoint)
    seconds = {
        "checks": asked.checking,
        **prediction.seconds,
        "draw": drawn - measured,
        "measure": measured - started,
    }
    st.caption(f":material/timer: {words.timing(seconds, asked.kept, prediction.computed_by)}")
    with second:  # last, as it may ask networks
        opinion.show(finding)


def _halves() -> Sequence[DeltaGenerator]:
    """Places side by side, on a narrow page one below the other."""
    with st.grid(2, min_column_width=NARROWEST, gap="medium"):
        return st.container(), st.container()


def _measurements(case: Case, mask: np.ndarray | None, lesion: Lesion | None) -> None:
    title, size = st.columns([3, 1], vertical_alignment="bottom")
    title.subheader("Measured on the outline")
    if mask is None:
        st.caption("No outline, nothing to measure. Choose a network that outlines.")
        return
    if lesion is None:
        st.caption("No lesion is outlined, nothing to measure.")
        return
    if case.image.spacing is None:
        with size:
            spacing.ask(case)
    rows = lesion_rows(lesion)
    lines = (f"| {name} | **{value}** | :small[:gray[{what}]] |" for name, value, what in rows)
    st.markdown("\n".join(("| Measure | Value | What it is |", "|:--|:--|:--|", *lines)))
    more = f" {lesion.parts} separate parts; the largest is measured." if lesion.parts > 1 else ""
    st.caption(
        "Computed from the mask, not a BI-RADS reading. "
        f"{spacing.sentence(spacing.known(case))}{more}"
    )


def _truth(case: Case, finding: Finding) -> None:
    if case.origin == "upload" and finding.mask is not None:
        true_mask.offer(case)
    elif case.truth is None:
        st.caption("The true outline is unknown here. Phantoms and most datasets have one.")
    elif finding.mask is None:
        st.caption("This network draws no outline that could be compared.")
    else:
        st.markdown("**Against the true outline**" if finding.known != NORMAL else "")


def _scores(metrics: dict[str, float], size: int, mm: float | None) -> None:
    """How well the outline fits the true one; `mm` is a pixel of the network's square."""
    with st.container(horizontal=True, gap="medium"):
        dice, hd95 = OUTLINES["dice"], OUTLINES["hd95"]
        st.metric(dice.title, dice.said(metrics["dice"]), width="content", help=dice.meaning)
        far = metrics["hd95"]
        empty = np.isnan(far)
        st.metric(
            hd95.title, "–" if empty else hd95.said(far), width="content",
            delta=None if empty or mm is None else f"{far * mm:.1f} mm", delta_color="off",
            delta_arrow="off", help=f"{hd95.meaning} That has {size} px.",
        )  # fmt: skip
        for one in (OUTLINES["pixel_tpr"], OUTLINES["pixel_fpr"]):
            st.metric(one.title, one.said(metrics[one.name]), width="content", help=one.meaning)
