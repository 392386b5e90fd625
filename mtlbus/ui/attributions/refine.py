"""More steps for Integrated Gradients at one click, until its shares add up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ...explain.attributions import Attribution
from ...explain.options import LIMITS, Options
from ...explain.refinement import (
    NAME,
    PATIENCE,
    WITHIN,
    WORTHWHILE,
    adds_up,
    doublings,
    halvings,
    hopeless,
)
from ..gate import Say
from ..session import SETTINGS
from . import runs
from .quantities import cost_words
from .question import Question
from .runs import Computation

_GIVEN_UP = (
    f"More steps do not help here: {PATIENCE} doublings in a row took away less than "
    f"{WORTHWHILE:.0%} of the error each, most likely because the answer jumps on the way from "
    "the baseline, as where a region is cut out at a threshold, and no gradient sees a jump. Take "
    "the map for what lies between the jumps, or try another baseline in *Settings*."
)
_AT_THE_LIMIT = (
    f"More than {LIMITS['steps'][1]} steps cannot be asked for; try another baseline in *Settings*."
)


def offer(question: Question) -> None:
    """Where the shares do not add up: how far they miss, what more steps cost, and the button."""
    found = question.found(NAME)
    if NAME not in question.request.attributions or not isinstance(found, Attribution):
        return
    if adds_up(found):
        return
    options = question.request.options
    missed = (
        f"With {options.steps} steps the shares of Integrated Gradients miss the change of the "
        f"answer by {found.completeness.share:.0%} of it."
    )
    if _given_up(question):
        st.info(f"{missed} {_GIVEN_UP}", icon=":material/stairs:")
        return
    steps = refinements(question)
    if not steps:
        st.info(f"{missed} {_AT_THE_LIMIT}", icon=":material/stairs:")
        return
    most = doublings(options)[-1].steps
    cost = cost_words(runs.total_cost(steps), question.pace())
    runs.offer(
        steps,
        f"{missed} Doubling goes on to {most} steps at most. {cost} It ends earlier where they add "
        "up, or where more steps do not help.",
        "refine",
        f"Add steps until it is at most {WITHIN:.0%}",
        "stairs",
        help="Doubles the steps until the shares add up, or until that is hopeless. Its placebo "
        "with as many steps can be run afterwards.",
    )


def refinements(question: Question) -> list[Computation]:
    """A part of the run for each doubling; those after the one that settles it do nothing."""
    asked = [question.with_options(options) for options in doublings(question.request.options)]
    return [_step(asked[: number + 1]) for number in range(len(asked))]


def _step(tries: list[Question]) -> Computation:
    """The last of these tries; it is shown as soon as it is there."""
    step = runs.map_step(tries[-1], NAME)
    options = tries[-1].request.options

    def once(compute: Callable[[], Any], say: Say | None) -> None:
        if not any(_settled(one) for one in tries[:-1]):
            step.once(compute, say)
            _show(options)

    return step._replace(title=f"{step.title}, {options.steps} steps", once=once)


def _settled(question: Question) -> bool:
    found = question.found(NAME)
    return isinstance(found, Attribution) and (adds_up(found) or _given_up(question))


def _given_up(question: Question) -> bool:
    """Whether the tries with fewer steps that are there show that more do not help."""
    options = question.request.options
    tries = (*halvings(options), options)[-PATIENCE - 1 :]
    found = [question.with_options(one).found(NAME) for one in tries]
    return all(isinstance(one, Attribution) for one in found) and hopeless(found)


def _show(options: Options) -> None:
    """Let the page ask with these options from now on, also after a stop."""
    SETTINGS.set(str(options))
