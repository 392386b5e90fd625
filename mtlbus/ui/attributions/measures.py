"""Below the maps: are they faithful to the network, and do they agree with each other?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from ...core.quantities import heads
from ...explain.agreement import own_planes, rank_correlations
from ...explain.faithfulness import CURVE_STEPS, NEIGHBOURS, RADIUS, RANDOM_ORDERS, SQUARES
from ...explain.options import BASELINES
from ...explain.techniques import TECHNIQUES
from ...explain.views import address_of, list_views, title_of
from ...figures.agreement import agreement_figure
from ...figures.faithfulness import curves_figure
from ...figures.style import QUIET
from .. import charts, in_sight, services
from ..results import ResultStore
from ..tables import columns, show_table
from . import runs
from .quantities import cost_words
from .question import Question

_H = heads("insertion", "deletion", "infidelity", "max_sensitivity")
_TABLES = ResultStore(8 * 1024**2, lambda table: table.nbytes)
_FIRST_OWN = 4


def faithfulness(question: Question) -> None:
    """Insertion and deletion, infidelity, max-sensitivity: run on demand, cost said first."""
    if not question.maps():
        return
    st.subheader("Are they faithful to the network?")
    st.caption(
        "Pixels are taken away or shown, those first that a map calls strongest: a faithful map "
        "moves the answer quickly. Pixels are replaced by "
        f"{BASELINES[question.request.options.baseline]}."
    )
    sensitivity = st.toggle("With max-sensitivity", key="_sensitivity", help=(
        f"Makes each map {NEIGHBOURS} times anew for the image with noise of ±{RADIUS:.0%} of "
        "white, which costs as much as that many maps."))  # fmt: skip
    steps = runs.measure_steps(question, sensitivity)
    if steps:
        cost = cost_words(runs.total_cost(steps), question.pace())
        runs.offer(steps, cost, "measure", "Measure", "speed")
    found = {n: question.measured(n, sensitivity) for n in question.maps()}
    found = {name: measured for name, measured in found.items() if measured is not None}
    if found:
        with st.container(key="_measured"):
            in_sight.follow(
                "_measured", (*found, sensitivity), at_first=runs.ASKED.take() == "measure"
            )
            _show_measured(question, found)


def _show_measured(question: Question, found: dict) -> None:
    target = question.request.target
    curves = {TECHNIQUES[name].title: (m.insertion, m.deletion) for name, m in found.items()}
    random = question.random_order()
    figure = curves_figure(curves, target.unit, random)
    charts.show(
        figure,
        "_curves",
        "Insertion and deletion curves: "
        + "; ".join(
            f"{TECHNIQUES[n].title} has areas {m.insertion.area:.3g} and {m.deletion.area:.3g}"
            for n, m in found.items()
        )
        + ".",
        QUIET,
    )
    show_table(
        measured_table(found),
        "How faithful each map is.",
        columns(
            "deletion",
            "max_sensitivity",
            insertion=f"In {CURVE_STEPS} steps.",
            infidelity=f"{SQUARES} squares.",
        ),
        placeholder="–",
    )
    random_words = ""
    if random is not None:
        random_words = (
            f" Dashed: pixels in random order, the mean of {RANDOM_ORDERS} orders; its areas are "
            f"{random.insertion.area:.3g} and {random.deletion.area:.3g}. A map that does no "
            "better names no pixels that count. Single pixels spread over the image disturb a "
            "network more than a patch of as many, so its curve may fall fast."
        )
    st.caption(f"Answer and areas: {target.words}.{random_words}")
    charts.offer("Insertion and deletion", figure, "faithfulness")


def measured_table(found: dict) -> pd.DataFrame:
    """One row a map."""
    table = pd.DataFrame(
        [
            {
                "Attribution": TECHNIQUES[name].title,
                _H["insertion"]: measured.insertion.area,
                _H["deletion"]: measured.deletion.area,
                _H["infidelity"]: measured.infidelity,
                _H["max_sensitivity"]: measured.max_sensitivity,
            }
            for name, measured in found.items()
        ]
    )
    return table[[column for column in table if table[column].notna().any()]]


@st.fragment
@services.one_look()
def agreement(question: Question) -> None:
    """Rank correlations of attributions, the network's own maps and the lesion."""
    if not question.maps():
        return
    st.subheader("Do they agree?")
    own = _own(question)
    chosen = _pick_own(list(own)) if own else []
    planes = agreement_planes(question, {name: own[name] for name in chosen})
    key = (*question.key, question.case.key, tuple(question.request.as_text().items()),
           tuple(planes))  # fmt: skip
    table = _TABLES.get(key, lambda: rank_correlations(planes))
    figure = agreement_figure(table, list(planes))
    charts.show(
        figure, "_agreement", "Rank correlations of each pair of " + ", ".join(planes) + ".", QUIET
    )
    st.caption(
        "Spearman's rank correlation over all pixels of the image, +1 for the same order, −1 for "
        "the opposite; attributions count by size. "
        "It asks for the same order everywhere, so two maps that share only their peak can score "
        "low. Agreement of two maps is no proof that either is right."
    )
    charts.offer("Agreement", figure, "agreement")


def _own(question: Question) -> dict[str, np.ndarray]:
    """The network's own spatial maps on the image, by the names of the Attention page."""
    found = services.predict(question.case, question.method, maps=True)
    planes = own_planes(found.maps, found.frame, found.size)
    titles = {name: view.title for view in list_views(found.maps) for name in view.maps}
    return {
        _place(titles.get(name) or title_of(name, found.maps[name]), name): plane
        for name, plane in planes.items()
    }


def _place(title: str, name: str) -> str:
    """A view's title with level and branch of one of its maps."""
    _, level, branch = address_of(name)
    return " · ".join(filter(None, (title, level, branch)))


def _pick_own(names: list[str]) -> list[str]:
    if len(names) <= _FIRST_OWN:
        return names
    return st.multiselect(
        "Own maps of the network",
        names,
        default=names[:_FIRST_OWN],
        key=f"_own_{names[0]}",
    )


def agreement_planes(question: Question, own: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is compared, by name: lesions, attributions by size, own maps; all H×W."""
    planes = {}
    if question.case.truth is not None:
        planes["true lesion"] = question.case.truth.astype(np.float32)
    if question.prediction.mask_probability is not None:
        planes["predicted outline"] = question.prediction.mask_probability
    planes |= {TECHNIQUES[n].title: np.abs(a.plane) for n, a in question.maps().items()}
    return planes | own
