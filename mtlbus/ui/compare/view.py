"""The parts of the Compare page: what is compared, and several networks on one image."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ...inference.predictor import MASK_THRESHOLD, Prediction
from .. import services, state, takeaway
from ..case import Case
from ..memory import mirror
from . import table, votes, zoom_panels
from .answers import Answers, Look

NETWORKS, MIRROR, TWO = "networks", "mirror", "two"
_MODES = {
    NETWORKS: "Networks on one case",
    MIRROR: "Case and its mirror",
    TWO: "Two cases",
}
_FEW = 3


def pick_mode() -> str:
    """What is compared, kept in the address (`?compare=mirror`); beside it all or few networks."""
    wanted = st.session_state.get("compare")
    mode = wanted if wanted in _MODES else NETWORKS
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Compare", list(_MODES), format_func=_MODES.get, required=True,
            label_visibility="collapsed", **mirror("compare", mode),
        )  # fmt: skip
        names = list(services.available())
        if len(names) > _FEW:
            _several(f"All {len(names)}", "done_all", names)
            _several(f"First {_FEW}", "looks_3", names[:_FEW])
    if mode != NETWORKS or "compare" in st.query_params:
        state.write_link("compare", mode)
    return mode


def _several(label: str, icon: str, names: list[str]) -> None:
    st.button(
        label, type="tertiary", icon=f":material/{icon}:", key=f"_compare_{len(names)}_networks",
        on_click=lambda: st.session_state.update(methods=",".join(names)),
    )  # fmt: skip


@st.fragment
def networks(case: Case, found: Mapping[str, Prediction]) -> None:
    """Everything below the choice; its controls draw again and never run a network.

    Args:
        case: the image.
        found: what each method says about it.
    """
    top = st.container()
    answers = Answers(case, found, controls(case.truth is not None))
    top.markdown(answers.said() or "These networks outline only.")
    zoom_panels.show(
        "compare_panels", [case], [answers.panel(method) for method in found],
        [answers.lesion()], answers.legend(),
    )  # fmt: skip
    rows = table.rows_of(answers)
    table.show(rows, "compare_table")
    with st.container(horizontal=True):
        table.offer(rows, case.key)
        takeaway.offer(takeaway.compared(case, found, answers.look.threshold))
    if len(answers.levels) > 1:
        votes.show(answers)
    else:
        st.caption("Votes and agreement need at least two networks that outline.")


def controls(truth_known: bool, agreement: bool = True) -> Look:
    """Threshold, fill and truth, the same for all pictures.

    Args:
        truth_known: offer to draw the true outline.
        agreement: offer the colours of right and wrong, too.
    """
    first, second, rest = st.columns([3, 2, 4], vertical_alignment="bottom", gap="medium")
    threshold = first.slider(
        "Mask threshold", 0.05, 0.95, MASK_THRESHOLD, 0.05, key="compare_threshold",
        help="A pixel is inside from this tumour probability on; the same for all networks.",
    )  # fmt: skip
    fill = second.slider(
        "Fill", 0, 80, 0, 5, format="%d %%", key="compare_fill", help="Opacity of the inside."
    )
    truth = wrong = False
    if truth_known:
        with rest.container(horizontal=True, gap="medium"):
            truth = st.toggle("True outline", key="compare_truth")
            wrong = agreement and st.toggle("Right and wrong", key="compare_agreement", help=(
                "Colours what was found, what was marked in excess and what was missed."
            ))  # fmt: skip
    return Look(threshold, fill / 100, truth, wrong)
