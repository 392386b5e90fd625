"""Two cases next to each other, each with every network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ...core.errors import MtlbusError
from ...core.text import literal, printable
from ...export.case_views import TwoCasesView
from ...inference.predictor import Prediction
from .. import address, cases, datasets, services, spacing, state, takeaway
from ..answers import Answers
from ..case import Case
from ..memory import mirror
from ..panels import zoom_panels
from ..session import Slot
from ..widgets import explain_error
from . import table, view

_SECOND: Slot[str | None] = Slot("second", None)
_FIRST = ("simple-cyst", state.DEFAULT_CASE)  # where nothing is chosen, the one that differs
_HERE = "gallery and uploads"
_SAME = (table.H["dice_to_the_others"], table.H["parameters"])  # of one case, or the same for both


def pick_second(case: Case) -> Case | None:
    """The second case, kept in the address (`?second=…`); no other one takes its place.

    Args:
        case: the first one, which the sidebar chooses.

    Returns:
        None where it cannot be opened; then the page says why.
    """
    key = _SECOND.get() or next(name for name in _FIRST if name != case.key)
    second, problem = None, ""
    try:
        second = state.open_case(key)
    except MtlbusError as error:
        problem = literal(error)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choice(key, second.title if second else "not here")
        st.button(
            "Swap",
            icon=":material/swap_horiz:",
            on_click=_swap,
            args=(case.key, key),
            disabled=second is None,
            help="Make the second case the first one, in the sidebar, and the other way round.",
        )
    if problem:
        st.error(f"{problem} Or choose another second case above.", icon=":material/search_off:")
    address.write_link("second", key)
    return second


def _swap(first: str, second: str) -> None:
    state.choose_case(second)
    _SECOND.set(first)


def _choice(key: str, title: str) -> None:
    """As in the sidebar: phantoms, uploads of this session, images of configured datasets."""
    layout, _, _ = key.partition(":")
    here = layout not in datasets.of_breast()
    source, sources = _HERE, [_HERE, *datasets.of_breast()]
    if len(sources) > 1:
        first = 0 if here else sources.index(layout)
        source = st.selectbox("Second case from", sources, index=first, key="_second_source")
    if source == _HERE:
        titles = cases.titles_at_hand()
    else:
        try:
            samples = datasets.open_dataset(source).samples
        except MtlbusError as error:
            explain_error(error)
            return
        names = [printable(sample.id) for sample in samples]
        titles = {f"{source}:{name}": name for name in names}
    titles = titles if key in titles else {key: title, **titles}
    st.selectbox(
        "Second case",
        list(titles),
        format_func=lambda key: titles.get(key, key),
        help="The first case is the one in the sidebar. What is uploaded there can be chosen here.",
        **mirror(_SECOND.name, key),
    )


@st.fragment
@services.one_look()
def two_cases(pair: tuple[Case, Case], found: Sequence[Mapping[str, Prediction]]) -> None:
    """Everything below the choice; its controls draw again and never run a network.

    `found` is what each method says about the first and about the second image.
    """
    pair, top = tuple(map(spacing.known, pair)), st.container()
    style = view.controls(any(case.truth is not None for case in pair))
    both = [Answers.of(case, said, style) for case, said in zip(pair, found, strict=True)]
    with top:
        for answers in both:
            view.say(answers, answers.case.title)
    panels = [
        answers.panel(method, image, answers.case.title)
        for method in found[0]
        for image, answers in enumerate(both)
    ]
    legend = dict.fromkeys(key for answers in both for key in answers.legend())
    zoom_panels.show(
        "compare_two", pair, panels, [answers.lesion() for answers in both], list(legend),
        together=2,
    )  # fmt: skip
    tables = [table.rows_of(answers, answers.case.title) for answers in both]
    rows = [
        {name: value for name, value in row.items() if name not in _SAME}
        for rows_of_one_network in zip(*tables, strict=True)
        for row in rows_of_one_network
    ]
    about = f"What each network says about {pair[0].title} and about {pair[1].title}"
    table.show(rows, "compare_two_table", about)
    takeaway.offer(TwoCasesView(*(answers.view() for answers in both)))
