"""The answers of networks along one knob: the response curve."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...core.wording import listed, percent
from ...data.phantom_parameters import PhantomParameters
from ...data.phantom_state import PhantomState, Value, told_value
from ...figures import response as figures
from ...figures.response import Line
from ...findings import operating_points
from ...protocol import response
from ...protocol.response import Answer
from .. import charts, services
from ..case import Case
from ..tables import show_in_full
from . import files, knobs, points
from .points import titles_of
from .sweep import Sweep

_FEW = 4  # networks whose thresholds are drawn

Curve = dict[Value, Answer | None]


def show(case: Case, phantom: PhantomState, methods: Sequence[str], knob: str) -> None:
    """The answers of all networks along one knob, everything else as it is."""
    values = response.values_of(phantom.parameters, knob)
    wanted = [response.with_knob(phantom.parameters, knob, value) for value in values]
    titles = titles_of(methods)

    def draw() -> None:
        found = {m: _along(values, wanted, m) for m in methods}
        lines = {titles[m]: _line(m, answers, len(methods)) for m, answers in found.items()}
        lines = {title: line for title, line in lines.items() if line.values}
        if not lines:
            st.caption(f"{len(values)} phantoms from one end of the knob to the other.")
            return
        switch = isinstance(values[0], bool)
        figure = figures.response_figure(
            lines, knobs.with_unit(knob), float(getattr(phantom.parameters, knob)),
            None if switch else response.usual_range(knob), switch,
        )  # fmt: skip
        charts.show(figure, "lab_curve", " ".join(_in_words(lines, knob)))
        for line in _told(found, values, knob, titles):
            st.markdown(f"- {line}")
        st.caption(_how_to_read(switch))
        show_in_full(services.title_of(method) for method in methods)
        by_knob = {m: {knob: answers} for m, answers in found.items()}
        with st.container(horizontal=True, gap="small"):
            files.offer_csv(case, by_knob, f"curve_{knob}")
            charts.offer(knobs.with_unit(knob), figure, f"lab_curve_{knob}")

    Sweep("curve", wanted, methods).live(draw)


def _along(values: Sequence[Value], wanted: Sequence[PhantomParameters], method: str) -> Curve:
    return {v: points.known(one, method) for v, one in zip(values, wanted, strict=True)}


def _line(method: str, answers: Curve, count: int) -> Line:
    known = {value: answer for value, answer in answers.items() if answer is not None}
    operating = next(iter(operating_points(services.checkpoint(method).card).values()), None)
    return Line(
        [float(value) for value in known],
        [answer.probability for answer in known.values()],
        [answer.dice for answer in known.values()],
        [bool(answer.doubt) for answer in known.values()],
        operating.threshold if operating and count <= _FEW else None,
    )


def _in_words(lines: dict[str, Line], knob: str) -> list[str]:
    switch = isinstance(PhantomParameters.knobs()[knob]["default"], bool)
    kind = bool if switch else float
    return [
        figures.curve_in_words(title, line, [told_value(knob, kind(v)) for v in line.values])
        for title, line in lines.items()
    ]


def _told(
    found: dict[str, Curve], values: Sequence[Value], knob: str, titles: dict[str, str]
) -> list[str]:
    """From where to where each network goes, and where its call changes."""
    told = []
    for method, answers in found.items():
        known = {v: a.probability for v, a in answers.items() if a and a.probability is not None}
        if len(known) < 2:
            continue
        (low, least), (high, most) = (f(known.items(), key=lambda kv: kv[1]) for f in (min, max))
        line = (
            f"**{titles[method]}**: from {percent(least)} (at {told_value(knob, low)}) to "
            f"{percent(most)} (at {told_value(knob, high)})"
        )
        turns = response.turning_points(values, [answers[value] for value in values])
        if turns:
            places = [
                f"{told_value(knob, a)} and {told_value(knob, b)}" for (a, _), (b, _) in turns
            ]
            line += f"; its call changes between {listed(places)}"
        else:
            line += "; its call stays"
        told.append(f"{line}.")
    return told


def _how_to_read(switch: bool) -> str:
    band = "" if switch else " The band is what is usual in the phantoms that trainings see."
    return (
        "The upright line is where the knob stands; dotted is from where a network calls "
        f"malignant. An open mark: the network itself, or its input, gives reason to doubt.{band}"
    )
