"""The probability of malignancy and what it is worth, as Predict and Home show it."""

from __future__ import annotations

import streamlit as st

from ..checkpoints import Checkpoint
from ..figures.colours import of_class
from ..figures.probability import bar_in_words, probability_bar
from ..figures.style import CONFIG
from ..inference.predictor import Prediction
from . import state, words
from .memory import adopt_link, mirror

BADGES = {"malignant": ":orange-badge[malignant]", "benign": ":green-badge[benign]"}
NO_CLASS = "This network outlines only; it does not say benign or malignant."


def class_colour(prediction: Prediction, threshold: float | None) -> str:
    """The colour of the outline: that of the class, or neutral where there is none."""
    if prediction.probability is None or threshold is None:
        return of_class(None)
    return of_class(prediction.probability >= threshold)


def pick_point(checkpoint: Checkpoint) -> str | None:
    """A choice among the operating points of a card, kept over pages and in the address.

    The address names it as `?point=…` unless it is the default one; None where a card has none.
    """
    points = words.operating_points(checkpoint.card)
    if not points:
        return None
    if len(points) == 1:
        return next(iter(points))
    default = next(iter(points))
    adopt_link("point")
    wanted = st.session_state.get("point")
    chosen = st.segmented_control(
        "Operating point",
        list(points),
        format_func=lambda name: words.POINT_NAMES.get(name, name).capitalize(),
        required=True,
        wrap=True,
        help="From which probability on the call is “malignant”. The threshold was chosen on "
        "validation images, never on the test images.",
        **mirror("point", wanted if wanted in points else default),
    )
    state.link_unless("point", chosen, default)
    return chosen


def headline(prediction: Prediction, threshold: float) -> None:
    """The probability as a number with the call; cautions belong directly under it."""
    probability = prediction.probability
    said = words.decision(probability, threshold)
    st.metric(
        "Probability of malignancy",
        f"{probability:.0%}",
        delta=said,
        delta_color="orange" if said == "malignant" else "green",
        delta_arrow="off",
        width="content",
        help=f"The call is “malignant” from {threshold:.0%} on, the operating point: the line in "
        "the bar. In the grey part a cautious and a strict reader would differ.",
    )


def bar(prediction: Prediction, threshold: float, zone: tuple | None, key: str) -> None:
    """The probability on a line with the operating point and the grey zone, and in words."""
    st.plotly_chart(
        probability_bar(prediction.probability, threshold, zone),
        config={**CONFIG, "displayModeBar": False},
        key=key,
        alt=bar_in_words(prediction.probability, threshold, zone),
    )


def explain(prediction: Prediction, checkpoint: Checkpoint, point: str) -> None:
    """What the operating point means, in natural frequencies from the card."""
    entry = words.operating_points(checkpoint.card)[point]
    zone = words.zone_sentence(prediction.probability, words.grey_zone(checkpoint.card))
    if zone:
        st.info(zone, icon=":material/contrast:")
    lines = words.meaning_of_point(entry)
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))
