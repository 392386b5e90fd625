"""The Attributions page from top to bottom."""

from __future__ import annotations

import streamlit as st

from ...explain.gradcam import layers_of
from .. import services
from ..case import Case
from ..session import Slot
from ..theme import strong
from . import runs
from .picks import pick_request
from .quantities import cost_words, quantity
from .question import Question

_UNWANTED: Slot[tuple[str, str] | None] = Slot("_cheap_maps_stopped", None)  # image, weights


def _run_cheap_ones(question: Question) -> None:
    """Maps of a pass or two are there at once, unless they were stopped."""
    wish = question.case.image.sha256, question.prediction.weights_sha256
    if _UNWANTED.get() != wish:
        runs.run(runs.at_once(runs.map_steps(question)), "_stop_first", lambda: _UNWANTED.set(wish))


def ask(case: Case, method: str) -> Question:
    """Let a person choose what to ask; returns the question, nothing of it run yet."""
    request = pick_request(case, services.predict(case, method), _layers(method))
    return Question.of(case, method, request)


def _layers(method: str) -> list[str]:
    """Feature maps of a network by its card; the one that the class head reads comes first."""
    maps = services.checkpoint(method).card.spec.maps
    return layers_of(found.name for found in maps if found.kind == "feature")


def run_what_is_missing(question: Question) -> None:
    """The answer that is explained, the cost of what is missing, and the button that runs it."""
    target = question.request.target
    st.markdown(
        f"Explained: **{target.words}**, here **{quantity(question.value(), sign=True)}**.",
        help=f"Positive numbers of a map speak for *{target.poles[1]}*, negative ones for "
        f"*{target.poles[0]}*.",
    )
    if not question.request.attributions:
        st.info("Choose at least one under *Attributions*.", icon=":material/arrow_upward:")
        return
    runs.say_if_stopped()
    _run_cheap_ones(question)
    steps = runs.map_steps(question)
    if not steps:
        return
    cost = cost_words(runs.total_cost(steps), question.pace())
    runs.offer(steps, cost, "run", "Run", "play_arrow", type=strong())
