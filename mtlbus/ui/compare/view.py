"""The parts of the Compare page: what is compared, and several networks on one image."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ...core.text import literal
from ...inference.predictor import Prediction
from ...methods.panel import PREFIX
from .. import services, spacing, takeaway, verdict
from ..answers import Answers
from ..case import Case
from ..memory import pick, switch, toggle
from ..panels import zoom_panels
from ..pictures import Style, pick_fill, pick_threshold
from ..session import METHODS
from . import table, votes

NETWORKS, MIRROR, TWO = "networks", "mirror", "two"
_MODES = {
    NETWORKS: "Networks on one case",
    MIRROR: "Case and its mirror",
    TWO: "Two cases",
}
_FEW = 3


def pick_mode() -> str:
    """What is compared, kept in the address (`?compare=mirror`); beside it all or few networks."""
    with st.container(horizontal=True, vertical_alignment="center"):
        mode = pick(
            "Compare", "compare", _MODES, always="compare" in st.query_params,
            format_func=_MODES.get, label_visibility="collapsed",
        )  # fmt: skip
        names = list(services.available())
        if len(names) > _FEW:
            _several(f"All {len(names)}", "done_all", names)
            _several(f"First {_FEW}", "looks_3", names[:_FEW])
        _offer_panel(names)
    return mode


def _several(label: str, icon: str, names: list[str]) -> None:
    st.button(
        label,
        type="tertiary",
        icon=f":material/{icon}:",
        key=f"_compare_{len(names)}_networks",
        on_click=METHODS.set,
        args=(",".join(names),),
    )


def _offer_panel(names: list[str]) -> None:
    """A button that adds the mean of the chosen networks as one more answer."""
    chosen = (METHODS.get() or "").split(",")
    members = [name for name in chosen if name in names]
    panel = services.panel_named(PREFIX + "+".join(members))
    if panel is not None and panel not in chosen:
        st.button(
            f"Add the panel of these {len(members)}",
            type="tertiary",
            icon=":material/groups:",
            key="_compare_panel",
            help="The mean of their log-odds, as one more network. How far they are apart says how "
            "unsure it is.",
            on_click=METHODS.set,
            args=(",".join([*chosen, panel]),),
        )


@st.fragment
@services.one_look()
def networks(case: Case, found: Mapping[str, Prediction]) -> None:
    """Everything below the choice; its controls draw again and never run a network."""
    case, top = spacing.known(case), st.container()
    answers = Answers.of(case, found, controls(case.truth is not None))
    with top:
        say(answers)
    zoom_panels.show(
        "compare_panels",
        [case],
        [answers.panel(method) for method in found],
        [answers.lesion()],
        answers.legend(),
    )
    about = f"What each network says about {case.title}"
    table.show(table.rows_of(answers), "compare_table", about)
    agree = len(answers.voting) > 1
    takeaway.offer(answers.view(), [votes.file(answers)] if agree else [])
    if agree:
        votes.show(answers)
    else:
        st.caption("Votes and agreement need at least two networks that outline.")


def say(answers: Answers, name: str = "") -> None:
    """What speaks against the answers, then what they are; `name` where several cases are there."""
    verdict.cautions(answers.doubts(), f"{name}: " if name else "")
    st.markdown(f"{literal(name)}: {answers.said()}" if name else answers.said())
    answers.say_scopes()


def controls(truth_known: bool, agreement: bool = True) -> Style:
    """Threshold, fill and truth, the same for all pictures; kept over pages and in the address.

    The threshold is that of Predict, too. What the colours of right and wrong leave out is
    switched off while they are on.

    Args:
        truth_known: offer to draw the true outline.
        agreement: offer the colours of right and wrong, too.
    """
    first, second, rest = st.columns([3, 2, 4], vertical_alignment="bottom", gap="medium")
    truth = wrong = False
    coloured = truth_known and agreement and switch("compare_agreement")
    with first:
        threshold = pick_threshold("the same for all networks, and on Predict")
    with second:
        fill = pick_fill("compare_fill", coloured)
    if truth_known:
        with rest.container(horizontal=True, gap="medium"):
            truth = toggle(
                "True outline",
                "compare_truth",
                disabled=coloured,
                help="Right and wrong draws it always, in white." if coloured else None,
            )
            wrong = agreement and toggle(
                "Right and wrong",
                "compare_agreement",
                help="Colours what was found, what was marked in excess and what was missed.",
            )
    return Style(threshold=threshold, fill=fill, truth=truth, agreement=wrong)
