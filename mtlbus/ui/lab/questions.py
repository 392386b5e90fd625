"""What the lab answers over many phantoms: a curve, a ranking, and a grid of two knobs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ...core.wording import listed, percent
from ...data.phantom_parameters import PhantomParameters
from ...data.phantom_state import PhantomState, Value, told_value
from ...figures import response as figures
from ...figures.response import Bar, Line, Tile
from ...figures.style import CONFIG
from ...findings import operating_points
from ...protocol import response
from ...protocol.response import Answer, Swing
from .. import services
from ..case import Case
from ..memory import mirror
from ..short_names import short, show_in_full
from . import files, knobs, points
from .sweep import Sweep, pick_question

QUESTIONS = {
    "curve": "Response curve",
    "ranking": "What changes the answer most",
    "grid": "Two knobs",
}
_TOP = 12  # knobs of the ranking that are drawn
_SIDE = 5  # pictures of a row of the grid
_SECOND = "gain_db"  # the second knob of the grid, at first
_FEW = 4  # networks whose thresholds are drawn

Answers = dict[Value, Answer | None]


def show(case: Case, phantom: PhantomState, methods: Sequence[str], knob: str) -> None:
    """The questions below the pictures, one of them open."""
    chosen = pick_question(QUESTIONS)
    if chosen == "curve":
        curve(case, phantom, methods, knob)
    elif chosen == "ranking":
        ranking(case, phantom, methods)
    else:
        grid(phantom, methods, knob)


def curve(case: Case, phantom: PhantomState, methods: Sequence[str], knob: str) -> None:
    """The answers of all networks along one knob, everything else as it is."""
    values = response.values_of(phantom.parameters, knob)
    wanted = [response.with_knob(phantom.parameters, knob, value) for value in values]
    titles = _titles(methods)

    def draw() -> None:
        found = {m: _along(values, wanted, m) for m in methods}
        lines = {titles[m]: _line(m, answers, len(methods)) for m, answers in found.items()}
        lines = {title: line for title, line in lines.items() if line.values}
        if not lines:
            st.caption(f"{len(values)} phantoms from one end of the knob to the other.")
            return
        switch = isinstance(values[0], bool)
        st.plotly_chart(
            figures.response_figure(
                lines, knobs.with_unit(knob), float(getattr(phantom.parameters, knob)),
                None if switch else response.usual_range(knob), switch,
            ),
            key="lab_curve", config=CONFIG, alt=" ".join(_in_words(lines, knob)),
        )  # fmt: skip
        for line in _told(found, values, knob, titles):
            st.markdown(f"- {line}")
        st.caption(_how_to_read(switch))
        show_in_full(services.title_of(method) for method in methods)
        _csv(case, {m: {knob: answers} for m, answers in found.items()}, f"curve_{knob}")

    Sweep("curve", wanted, methods).live(draw)


def ranking(case: Case, phantom: PhantomState, methods: Sequence[str]) -> None:
    """Every knob turned to both ends of what is usual, one at a time."""
    parameters, titles = phantom.parameters, _titles(methods)
    ends = {knob: response.ends_of(parameters, knob) for knob in _at_work(parameters)}
    asked = {
        knob: {value: response.with_knob(parameters, knob, value) for value in values}
        for knob, values in ends.items()
    }
    asked = {knob: {v: p for v, p in by.items() if p is not None} for knob, by in asked.items()}
    wanted = [parameters, *(p for by_value in asked.values() for p in by_value.values())]

    def draw() -> None:
        found = {
            m: {k: {v: points.known(p, m) for v, p in by.items()} for k, by in asked.items()}
            for m in methods
        }
        here = {m: points.known(parameters, m) for m in methods}
        swings = {m: response.swings(found[m], here[m], parameters) for m in methods}
        swings = {m: by_size for m, by_size in swings.items() if by_size}
        if not swings:
            st.caption(
                f"{len(asked)} knobs, each turned to both ends of what is usual while all others "
                "stay. Which of them moves the answer, and which does not, though it should?"
            )
            return
        order = _order(swings)
        drawn = {titles[m]: _bars(by_size, order[:_TOP]) for m, by_size in swings.items()}
        now = {titles[m]: here[m].probability for m in swings if here[m] is not None}
        st.plotly_chart(
            figures.ranking_figure(drawn, now), key="lab_ranking", config=CONFIG,
            alt=f"The probability moves most with {_title(order[0])}; {len(order)} knobs.",
        )  # fmt: skip
        st.markdown("\n".join(f"- {line}" for line in _most(swings, titles)))
        st.caption(
            "Each bar: from the smallest to the largest probability between both ends of what is "
            "usual: the middle nine tenths of the phantoms that trainings see, or what we call "
            "usual for knobs that these never turn. The dotted line is the phantom as it is."
        )
        with st.expander("All knobs as a table", icon=":material/table:"):
            st.dataframe(_table(swings, order, titles), hide_index=True, key="lab_ranking_table")
        _csv(case, found, "ranking")

    Sweep("ranking", wanted, methods).live(draw)


def grid(phantom: PhantomState, methods: Sequence[str], knob: str) -> None:
    """Small pictures over two knobs, with the answer of one network."""
    first, second = st.columns(2, gap="medium")
    with first:
        other = knobs.pick_knob("Second knob", "knob2", _SECOND if knob != _SECOND else "echo_db",
                                without=knob)  # fmt: skip
    with second:
        kept = st.session_state.get("lab_network")
        method = st.selectbox(
            "Network", methods, format_func=services.title_of,
            **mirror("lab_network", kept if kept in methods else methods[0]),
        )  # fmt: skip
    parameters = phantom.parameters
    across = response.values_of(parameters, knob, _SIDE)
    down = response.values_of(parameters, other, _SIDE)[::-1]
    turned = [[_both(parameters, knob, a, other, d) for a in across] for d in down]
    wanted = [one for row in turned for one in row if one is not None]

    def draw() -> None:
        tiles = [[None if p is None else _tile(points.known(p, method)) for p in row]
                 for row in turned]  # fmt: skip
        known = [tile for row in tiles for tile in row if tile]
        if not known:
            st.caption(f"{len(wanted)} phantoms, {knobs.with_unit(knob)} from left to right and "
                       f"{knobs.with_unit(other)} from below to above.")  # fmt: skip
            return
        st.plotly_chart(
            figures.grid_figure(
                tiles, [told_value(knob, v) for v in across], [told_value(other, v) for v in down],
                (knobs.with_unit(knob), knobs.with_unit(other)),
            ),
            key="lab_grid", config=CONFIG,
            alt=f"{len(known)} small phantoms over {_title(knob)} and {_title(other)}, each with "
            f"the outline and the probability of {services.title_of(method)}: "
            f"{', '.join(tile.text for tile in known)}.",
        )  # fmt: skip
        st.caption(
            "Yellow is the true outline. Below each picture its probability of malignancy; an "
            "orange mark is called malignant, a green one benign, a grey one neither or doubted."
        )

    Sweep("grid", wanted, [method]).live(draw)


def _at_work(parameters: PhantomParameters) -> list[str]:
    """The knobs that change anything: without a lesion none of the lesion's does."""
    found = response.knobs()
    if parameters.lesion:
        return [*found]
    return [n for n, about in found.items() if about["part"] != "Lesion" or n == "lesion"]


def _both(
    parameters: PhantomParameters, knob: str, value: Value, other: str, second: Value
) -> PhantomParameters | None:
    turned = response.with_knob(parameters, knob, value)
    return None if turned is None else response.with_knob(turned, other, second)


def _along(values: Sequence[Value], wanted: Sequence[PhantomParameters], method: str) -> Answers:
    return {v: points.known(one, method) for v, one in zip(values, wanted, strict=True)}


def _line(method: str, answers: Answers, count: int) -> Line:
    known = {value: answer for value, answer in answers.items() if answer is not None}
    operating = next(iter(operating_points(services.checkpoint(method).card).values()), None)
    return Line(
        [float(value) for value in known],
        [answer.probability for answer in known.values()],
        [answer.dice for answer in known.values()],
        [bool(answer.doubt) for answer in known.values()],
        operating.threshold if operating and count <= _FEW else None,
    )


def _tile(answer: Answer | None) -> Tile | None:
    if answer is None:
        return None
    text = "–" if answer.probability is None else percent(answer.probability)
    called = None if answer.doubt or not answer.call else answer.call == "malignant"
    return Tile(answer.picture, text, called)


def _titles(methods: Sequence[str]) -> dict[str, str]:
    return {method: short(services.title_of(method)) for method in methods}


def _title(knob: str) -> str:
    return PhantomParameters.knobs()[knob]["title"]


def _in_words(lines: dict[str, Line], knob: str) -> list[str]:
    switch = isinstance(PhantomParameters.knobs()[knob]["default"], bool)
    kind = bool if switch else float
    return [
        figures.curve_in_words(title, line, [told_value(knob, kind(v)) for v in line.values])
        for title, line in lines.items()
    ]


def _told(
    found: dict[str, Answers], values: Sequence[Value], knob: str, titles: dict[str, str]
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


def _order(swings: dict[str, list[Swing]]) -> list[str]:
    """The knobs by the change of all networks together, the most first; known to all of them."""
    sizes: dict[str, list[float]] = {}
    for found in swings.values():
        for swing in found:
            sizes.setdefault(swing.knob, []).append(swing.size)
    whole = {knob: sum(by) for knob, by in sizes.items() if len(by) == len(swings)}
    return sorted(whole, key=lambda knob: -whole[knob])


def _bars(swings: Sequence[Swing], order: Sequence[str]) -> list[Bar]:
    by_knob = {swing.knob: swing for swing in swings}
    return [_bar(by_knob[knob]) for knob in order]


def _bar(swing: Swing) -> Bar:
    pairs = sorted(zip(swing.probabilities, swing.values, strict=True))
    (low, first), (high, last) = pairs[0], pairs[-1]
    where = told_value(swing.knob, first), told_value(swing.knob, last)
    return Bar(_title(swing.knob), (low, high), where)


def _most(swings: dict[str, list[Swing]], titles: dict[str, str]) -> list[str]:
    told = []
    for method, found in swings.items():
        first = [f"{_title(s.knob)} ({100 * s.size:.0f} points)" for s in found[:3]]
        still = sum(s.size < 0.02 for s in found)
        line = f"**{titles[method]}** follows {listed(first)} most"
        told.append(f"{line}; {still} of {len(found)} knobs move it by less than 2 points.")
    return told


def _table(
    swings: dict[str, list[Swing]], order: Sequence[str], titles: dict[str, str]
) -> pd.DataFrame:
    rows = []
    for knob in order:
        row = {"Knob": knobs.full_title(knob)}
        for method, found in swings.items():
            bar = _bar(next(s for s in found if s.knob == knob))
            ends = (f"{percent(p)} at {w}" for p, w in zip(bar.ends, bar.where, strict=True))
            row[titles[method]] = " to ".join(ends)
        rows.append(row)
    return pd.DataFrame(rows)


def _csv(case: Case, found: dict, name: str) -> None:
    st.download_button(
        "Numbers (CSV)", lambda: files.curves_csv(case, found), f"{name}.csv", "text/csv",
        type="tertiary", icon=":material/table:", on_click="ignore", key=f"lab_csv_{name}",
        help="Each answer with its knob, value, network and weights.",
    )  # fmt: skip
