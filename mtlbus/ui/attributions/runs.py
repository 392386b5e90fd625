"""Long runs inside a session: step by step, with progress, a Stop button, and turns for others.

A run is interrupted where it reports progress: a click makes Streamlit raise there, through
Captum and all. What is finished by then is kept; what is half done is kept nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...explain.attributions import Attribution, attribute
from ...explain.faithfulness import (
    Faithfulness,
    RandomOrder,
    faithfulness_cost,
    measure_faithfulness,
    measure_random,
    random_cost,
)
from ...explain.gradcam import NotServed
from ...explain.options import Options
from ...explain.subject import Passes, Subject
from ...explain.techniques import technique_of
from .. import stopping
from ..gate import GATE, Say
from ..session import Slot
from .question import Question

AT_ONCE = 4
"""Passes of the network for which nobody is asked first: they take about a second."""
_TELL_EVERY = 0.4  # seconds; a message after every pass holds up the passes
_STOPPED = Slot("_attributions_stopped", False)
ASKED = Slot("_attributions_asked", "")  # whose button ran last


class Computation(NamedTuple):
    """A part of a run that is kept as a whole.

    Attributes:
        title: for people.
        cost: what it will run.
        once: of `ResultStore.get` with its key: the result that is kept, or that of a function,
            which then is kept; two sessions never compute the same at the same time.
        compute: the result; is given what to call before each pass.
    """

    title: str
    cost: Passes
    once: Callable[[Callable[[], Any], Say | None], Any]
    compute: Callable[[Callable[[int], None]], Any]


def map_steps(question: Question) -> list[Computation]:
    """The maps of a question that are missing."""
    return [map_step(question, name, random) for name, random in question.missing()]


def map_step(question: Question, name: str, random: bool = False) -> Computation:
    """One map of a question, or its placebo."""
    options, ready = question.request.options, question.prediction

    def compute(watch: Callable[[int], None]) -> Attribution | NotServed:
        own = question.found(name)
        if random and isinstance(own, NotServed):
            return own
        found = attributed(question.subject(random, watch), name, options)
        if isinstance(found, Attribution):
            question.note_pace(found.cost, found.seconds)
        return found

    cost = technique_of(name).price(options, ready.frame, ready.size)
    return Computation(title_of(name, random), cost, partial(question.once, name, random), compute)


def attributed(subject: Subject, name: str, options: Options) -> Attribution | NotServed:
    """A map of a subject, or why there is none."""
    try:
        return attribute(subject, name, options)
    except NotServed as refusal:
        return refusal


def title_of(name: str, random: bool) -> str:
    """A map for people."""
    return f"{technique_of(name).title}{', placebo' if random else ''}"


def at_once(steps: Sequence[Computation]) -> list[Computation]:
    """Those that run without being asked for."""
    return [step for step in steps if step.cost.passes <= AT_ONCE]


def measure_steps(question: Question, sensitivity: bool) -> list[Computation]:
    """The maps of a question whose faithfulness has not been measured, and their reference."""
    steps = [] if question.random_order() is not None else [_random_step(question)]
    missing = (name for name in question.maps() if question.measured(name, sensitivity) is None)
    return steps + [_measure_step(question, name, sensitivity) for name in missing]


def _measure_step(question: Question, name: str, sensitivity: bool) -> Computation:
    """What one map is worth."""
    options, ready, square = (
        question.request.options,
        question.prediction,
        question.maps()[name].square,
    )
    own = technique_of(name).cost(options, ready.frame, ready.size)
    cost = faithfulness_cost(own, sensitivity)

    def compute(watch: Callable[[int], None]) -> Faithfulness:
        started, made = time.perf_counter(), question.subject(watch=watch)
        measured = measure_faithfulness(made, name, square, options, sensitivity)
        question.note_pace(cost, time.perf_counter() - started)
        return measured

    once = partial(question.measured_once, name, sensitivity)
    return Computation(technique_of(name).title, cost, once, compute)


def _random_step(question: Question) -> Computation:
    """The reference of all maps of a question: pixels in random order."""

    def compute(watch: Callable[[int], None]) -> RandomOrder:
        return measure_random(question.subject(watch=watch), question.request.options)

    return Computation("Random order", random_cost(), question.random_order_once, compute)


def total_cost(steps: Sequence[Computation]) -> Passes:
    """Of all steps together."""
    total = Passes()
    for step in steps:
        total = total.plus(step.cost)
    return total


def run(steps: Sequence[Computation], key: str, on_stop: Callable[[], None] | None = None) -> None:
    """Do the steps one by one, with progress and a Stop button, which calls `on_stop` too."""
    if not steps:
        return

    def stop() -> None:
        _STOPPED.set(True)
        if on_stop is not None:
            on_stop()

    with stopping.progress(key, stop, "Getting ready") as bar:
        progress = _Progress(bar, steps)
        for step in steps:
            progress.begin(step)
            _do(step, progress)


def offer(
    steps: Sequence[Computation], cost: str, name: str, label: str, icon: str, **look: Any
) -> None:
    """A button that runs the steps, with what it costs; the page runs again afterwards.

    Args:
        steps: what is missing.
        cost: in words.
        name: of the button, and of the one that stops it.
        label, icon: of the button, with more of its `look`.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        asked = st.button(label, key=f"_{name}", icon=f":material/{icon}:", **look)
        st.caption(cost)
    if asked:
        run(steps, f"_stop_{name}")
        ASKED.set(name)
        st.rerun()


def _do(step: Computation, progress: _Progress) -> None:
    def compute() -> Any:
        with _Turn(progress.say) as turn:
            return step.compute(lambda images: turn.offer(progress.next_pass(images)))

    step.once(compute, progress.say)


class _Progress:
    """How far a run has come, in images through the network."""

    def __init__(self, bar: DeltaGenerator, steps: Sequence[Computation]) -> None:
        self._bar, self._count = bar, len(steps)
        self._total = max(1, total_cost(steps).passes)
        self._before = self._now = self._number = 0
        self._step: Computation | None = None
        self._told = 0.0

    def begin(self, step: Computation) -> None:
        """The next step starts, however many passes the last one really took."""
        self._before += self._step.cost.passes if self._step else 0
        self._step, self._now, self._number = step, 0, self._number + 1

    def next_pass(self, images: int) -> str:
        """Words for a pass that is about to run."""
        self._now += images
        return f"image {self._now} of {max(self._step.cost.passes, self._now)}"

    def say(self, doing: str) -> None:
        """Show it, unless something was shown a moment ago; a click ends the run here."""
        if time.monotonic() - self._told < _TELL_EVERY:
            return
        self._told = time.monotonic()
        share = min(1.0, (self._before + self._now) / self._total)
        text = f"{self._step.title} ({self._number} of {self._count}): {doing}"
        self._bar.progress(share, text)


def say_if_stopped() -> bool:
    """After a Stop, once: what became of the work; whether there was one."""
    stopped = _STOPPED.take()
    if stopped:
        st.info(
            "Stopped. What was finished is shown; the unfinished rest was dropped.",
            icon=":material/stop_circle:",
        )
    return stopped


class _Turn:
    """Holds the gate of the process while a network works, and offers it between two passes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._held = say, False

    def __enter__(self) -> _Turn:
        self._take()
        return self

    def offer(self, doing: str) -> None:
        """Let others in, report, and go on when it is this session's turn again."""
        self._give()
        self._say(doing)
        self._take()

    def _take(self) -> None:
        GATE.enter(long=True, say=self._say)
        self._held = True

    def _give(self) -> None:
        if self._held:
            self._held = False
            GATE.leave()

    def __exit__(self, *error: object) -> None:
        self._give()
