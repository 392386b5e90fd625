"""Two knobs at once: small pictures in rows and columns, each with the answer of one network."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...core.wording import percent
from ...data.phantom_parameters import PhantomParameters
from ...data.phantom_state import PhantomState, Value, told_value
from ...figures import response as figures
from ...figures.response import Tile
from ...protocol import response
from ...protocol.response import Answer
from .. import charts, services
from ..memory import pick
from . import knobs, points
from .sweep import Sweep

_SIDE = 5  # pictures of a row
_SECOND = "gain_db"  # the second knob, at first


def show(phantom: PhantomState, methods: Sequence[str], knob: str) -> None:
    """Small pictures over two knobs, with the answer of one network."""
    first, second = st.columns(2, gap="medium")
    with first:
        other = knobs.pick_knob(
            "Second knob", "knob2", _SECOND if knob != _SECOND else "echo_db", without=knob
        )
    with second:
        named = services.title_of
        method = pick("Network", "lab_network", methods, draw=st.selectbox, format_func=named)
    parameters = phantom.parameters
    across = response.values_of(parameters, knob, _SIDE)
    down = response.values_of(parameters, other, _SIDE)[::-1]
    turned = [[_both(parameters, knob, a, other, d) for a in across] for d in down]
    wanted = [one for row in turned for one in row if one is not None]

    def draw() -> None:
        tiles = [
            [None if p is None else _tile(points.known(p, method)) for p in row] for row in turned
        ]
        known = [tile for row in tiles for tile in row if tile]
        if not known:
            st.caption(f"{len(wanted)} phantoms, {knobs.with_unit(knob)} from left to right and "
                       f"{knobs.with_unit(other)} from below to above.")  # fmt: skip
            return
        figure = figures.grid_figure(
            tiles, [told_value(knob, v) for v in across], [told_value(other, v) for v in down],
            (knobs.with_unit(knob), knobs.with_unit(other)),
        )  # fmt: skip
        charts.show(
            figure,
            "lab_grid",
            f"{len(known)} small phantoms over {knobs.title(knob)} and {knobs.title(other)}, "
            f"each with the outline and the probability of {services.title_of(method)}: "
            f"{', '.join(tile.text for tile in known)}.",
        )
        st.caption(
            "Yellow is the true outline. Below each picture its probability of malignancy; an "
            "orange mark is called malignant, a green one benign, a grey one neither or doubted."
        )
        charts.offer(f"{knob} and {other}", figure, f"lab_grid_{knob}_{other}")

    Sweep("grid", wanted, [method]).live(draw)


def _both(
    parameters: PhantomParameters, knob: str, value: Value, other: str, second: Value
) -> PhantomParameters | None:
    turned = response.with_knob(parameters, knob, value)
    return None if turned is None else response.with_knob(turned, other, second)


def _tile(answer: Answer | None) -> Tile | None:
    if answer is None:
        return None
    text = "–" if answer.probability is None else percent(answer.probability)
    called = None if answer.doubt or not answer.call else answer.call == "malignant"
    return Tile(answer.picture, text, called)
