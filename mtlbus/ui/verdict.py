"""What a network says and what that is worth, as Home and Predict show it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ..checkpoints import Checkpoint
from ..core.text import literal, small
from ..core.wording import percent
from ..figures.colours import of_class
from ..figures.probability import probability_bar
from ..findings import Finding, operating_points
from ..findings.finding import IF, NO_CLASS, NO_POINT
from ..inference.input_checks import Check
from .memory import pick

BADGES = {"malignant": ":orange-badge[malignant]", "benign": ":green-badge[benign]"}
COLOURS = {"malignant": "orange", "benign": "green"}


def colour_of(finding: Finding) -> str:
    """The colour of the outline: that of the call, neutral without one or with a caution."""
    called = None if finding.cautious or not finding.call else finding.call == "malignant"
    return of_class(called)


def pick_point(checkpoint: Checkpoint) -> str | None:
    """A choice among the operating points of a card, kept over pages and in the address.

    The address names it as `?point=…` unless it is the default one; None where a card has none.
    """
    points = operating_points(checkpoint.card)
    if not points:
        return None
    if len(points) == 1:
        return next(iter(points))
    return pick(
        "Operating point",
        "point",
        points,
        format_func=lambda key: literal(points[key].name.capitalize()),
        help="From which probability on the call is “malignant”. The threshold was chosen on "
        "validation images, never on the test images.",
    )


def cautions(checks: Sequence[Check], name: str = "") -> None:
    """What speaks against an answer, a line each after the `name` of a case; belongs before it."""
    for check in checks:
        reason = small(f"{name}{check.reason}")
        st.markdown(f":orange-badge[:material/warning: caution] {reason}")


def answer(finding: Finding) -> None:
    """The answer: a number with its call, or why there is none."""
    if finding.nothing:
        nothing(finding)
    elif finding.prediction.probability is None:
        st.info(NO_CLASS, icon=":material/info:")
    else:
        _number(finding)


def nothing(finding: Finding) -> None:
    """That no lesion is outlined, and what that is worth; nothing where one is."""
    if finding.nothing:
        st.info(literal(finding.nothing), icon=":material/do_not_disturb_on:")


def standing(finding: Finding) -> None:
    """Right or wrong where the truth is known, and a panel's spread."""
    if finding.judgement:
        colour, icon = ("blue", "check") if finding.right else ("red", "close")
        st.markdown(f":{colour}-badge[:material/{icon}: {finding.judgement}]")
    if finding.spread:
        st.caption(literal(finding.spread))


def scope(finding: Finding) -> None:
    """For which images its figures count, where the image is of others."""
    if finding.scope and not finding.nothing:
        st.caption(literal(finding.scope))


def bar(finding: Finding) -> None:
    """The probability on a line with the operating point and the grey zone; none without a call."""
    if finding.call is None:
        return
    probability, point = finding.prediction.probability, finding.point
    st.html(probability_bar(probability, point.threshold, point.zone, doubted=finding.cautious))


def worth(finding: Finding) -> None:
    """What the call is worth, in natural frequencies; nothing where something speaks against it."""
    if finding.unsure and not finding.cautious:
        st.info(finding.unsure, icon=":material/contrast:")
    if finding.promises:
        st.markdown("\n".join(f"- {literal(line)}" for line in finding.promises))
    if finding.on_normals and not finding.cautious:
        st.caption(literal(finding.on_normals))


def fine(finding: Finding) -> None:
    """That the input checks found nothing amiss, where nothing else speaks against the answer."""
    if finding.cautious:
        return
    near, familiar = finding.prediction.distance, ""
    if near is not None:
        familiar = f", and it resembles the training images (distance {near:.2f} of the limit)"
    st.markdown(
        ":small[:gray[:material/check: The input checks found nothing amiss: size, content, "
        f"texture and colour are as in an ultrasound image{familiar}.]]"
    )


def _number(finding: Finding) -> None:
    """The probability with the pill of the call, grey where something speaks against it."""
    label = "Probability of malignancy"
    if finding.conditional:
        label += f", {IF[0].lower()}{IF[1:]}"
    said = percent(finding.prediction.probability)
    if finding.call is None:
        st.metric(label, said)
        st.caption(NO_POINT)
        return
    at = percent(finding.point.threshold)
    count = len(finding.members)  # of a panel, whose whole name leaves no room on a phone
    whose = f"Panel of {count}" if count else finding.title
    st.metric(
        label,
        said,
        delta=f"{whose}: {finding.pill}",
        delta_color="off" if finding.cautious else COLOURS[finding.call],
        delta_arrow="off",
        width="content",
        help=f"The call is “malignant” from {at} on, the operating point: the line in the bar. In "
        "the grey part a cautious and a strict reader would differ.",
    )
