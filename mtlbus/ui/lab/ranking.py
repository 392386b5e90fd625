"""What changes the answer most: every knob turned to both ends of what is usual, one at a time."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...core.wording import listed, percent
from ...data.phantom_parameters import PhantomParameters
from ...data.phantom_state import PhantomState, told_value
from ...figures import response as figures
from ...figures.response import Bar
from ...protocol import response
from ...protocol.response import Swing
from .. import charts
from ..case import Case
from ..tables import show_table
from . import files, knobs, points
from .points import titles_of
from .sweep import Sweep

_TOP = 12  # knobs that are drawn
_DRAWS = 4  # other breasts


def show(case: Case, phantom: PhantomState, methods: Sequence[str]) -> None:
    """Every knob turned to both ends of what is usual, one at a time."""
    parameters, titles = phantom.parameters, titles_of(methods)
    ends = {knob: response.ends_of(parameters, knob) for knob in _at_work(parameters)}
    draws = {"seed": [parameters.seed + more for more in range(1, 1 + _DRAWS)]}
    asked = {
        knob: {value: response.with_knob(parameters, knob, value) for value in values}
        for knob, values in (ends | draws).items()
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
        order = _order(swings)
        if not order:
            st.caption(
                f"{len(ends)} knobs, each turned to both ends of what is usual while all others "
                "stay. Which of them moves the answer, and which does not, though it should?"
            )
            return
        drawn = {titles[m]: _bars(by_size, order[:_TOP]) for m, by_size in swings.items()}
        now = {titles[m]: here[m].probability for m in swings if here[m] is not None}
        figure = figures.ranking_figure(drawn, now)
        charts.show(
            figure,
            "lab_ranking",
            f"The probability moves most with {knobs.title(order[0])}; {len(order)} knobs.",
        )
        st.markdown("\n".join(f"- {line}" for line in _most(swings, titles)))
        st.caption(
            "Each bar: from the smallest to the largest probability between both ends of what is "
            "usual: the middle nine tenths of the phantoms that trainings see, or what we call "
            "usual for knobs that these never turn. The dotted line is the phantom as it is. "
            f"*{knobs.title('seed')}* is {_DRAWS} other draws of the same breast and lesion: what "
            "moves the answer less than these may be chance."
        )
        with st.expander("All knobs as a table", icon=":material/table:"):
            rows = _table(swings, order, titles)
            show_table(rows, "What each knob changes, by network.", key="lab_ranking_table")
        with st.container(horizontal=True, gap="small"):
            files.offer_csv(case, found, "ranking")
            charts.offer("What changes the answer most", figure, "lab_ranking")

    Sweep("ranking", wanted, methods).live(draw)


def _at_work(parameters: PhantomParameters) -> list[str]:
    """The knobs that change anything: without a lesion none of the lesion's does."""
    found = response.knobs()
    if parameters.lesion:
        return [*found]
    return [n for n, about in found.items() if about["part"] != "Lesion" or n == "lesion"]


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
    return Bar(knobs.title(swing.knob), (low, high), where)


def _most(swings: dict[str, list[Swing]], titles: dict[str, str]) -> list[str]:
    told = []
    for method, found in swings.items():
        first = [f"{knobs.title(s.knob)} ({100 * s.size:.0f} points)" for s in found[:3]]
        still = sum(s.size < 0.02 for s in found)
        line = f"**{titles[method]}** follows {listed(first)} most"
        told.append(f"{line}; {still} of {len(found)} knobs move it by less than 2 points.")
    return told


def _table(
    swings: dict[str, list[Swing]], order: Sequence[str], titles: dict[str, str]
) -> list[dict[str, str]]:
    rows = []
    for knob in order:
        row = {"Knob": knobs.full_title(knob)}
        for method, found in swings.items():
            bar = _bar(next(s for s in found if s.knob == knob))
            ends = (f"{percent(p)} at {w}" for p, w in zip(bar.ends, bar.where, strict=True))
            row[titles[method]] = " to ".join(ends)
        rows.append(row)
    return rows
