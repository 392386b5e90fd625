"""The pictures of the lab: the phantom, what each network makes of it, and one of its maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ...core.text import literal
from ...figures.style import CAMERA
from ...inference.predictor import Prediction
from .. import charts, input_line, pictures, services, takeaway, verdict
from ..answers import Answers
from ..case import Case
from ..charts import Chart, charts_file
from ..panels import zoom_panels
from ..panels.region_shapes import shapes_of
from ..panels.zoom_panels import Panel
from ..pictures import Style
from ..widgets import ask_all
from . import files, inner

_STYLE = Style(truth=True)
_NARROWEST = 220  # pixels of a map
_FEW = 5  # networks whose maps are drawn; more would be many small pictures


def show(case: Case, methods: Sequence[str]) -> None:
    """Ask the networks about the phantom, and show what they say."""
    if not input_line.let_in(case, cautions=False):
        st.image(pictures.plain(case, (420, 420)), alt=case.title)
        return
    found = ask_all(case, methods, maps=True)
    answers = Answers.of(case, found, _STYLE)
    verdict.cautions(answers.doubts())
    st.markdown(answers.said())
    zoom_panels.show(
        "lab_panels",
        [case],
        [_own(answers), *(answers.panel(method) for method in found)],
        [answers.lesion()],
        answers.legend(),
    )
    answers.say_scopes()
    maps = _maps(case, found)
    more = [charts_file(lambda: maps, "_maps.zip")] if maps else []
    takeaway.offer(answers.view(), [files.phantom_zip(case), *more])


def _own(answers: Answers) -> Panel:
    """The phantom with its true outline."""
    case, truth = answers.case, answers.truth
    lesion = case.truth.any()
    outlined = "with its true outline" if lesion else "without a lesion"
    return Panel(
        "The phantom",
        f"{case.title}, a simulated ultrasound image {outlined}.",
        shapes_of(None, truth if lesion else None, _STYLE),
        note="" if lesion else "Normal tissue: there is nothing to outline.",
    )


def _maps(case: Case, found: Mapping[str, Prediction]) -> list[Chart]:
    """One inner map of each network, in a row; returns what is drawn."""
    drawn: list[Chart] = []
    with st.expander("One inner map of each network", expanded=True, icon=":material/visibility:"):
        few = list(found.items())[:_FEW]
        with st.grid(max(2, len(few)), min_column_width=_NARROWEST, gap="small"):
            for method, prediction in few:
                with st.container(gap="xsmall"):
                    drawn += _map(case, method, prediction)
        first = "" if len(found) <= _FEW else f"Of the first {_FEW} networks. "
        st.caption(f"{first}More maps, levels and cells are on the page *Attention*.")
    return drawn


def _map(case: Case, method: str, prediction: Prediction) -> list[Chart]:
    title = services.title_of(method)
    drawn = inner.inner_map(case, prediction, title)
    if drawn is None:
        st.caption(f"**{literal(title)}** has no inner map to look at.")
        return []
    st.markdown(f"**{literal(title)}** · {literal(drawn.title)}")
    charts.show(
        drawn.figure,
        f"lab_map_{method}",
        f"{drawn.title} of {title} over the phantom. {drawn.text}",
        CAMERA,
    )
    st.caption(drawn.text)
    return [Chart(f"{title} {drawn.title}", drawn.figure, drawn.text)]
