"""Attributions: which pixels an answer rests on, by twelve methods, each held to a placebo."""

import streamlit as st

from mtlbus.core.errors import MtlbusError
from mtlbus.ui import (
    attribution_files,
    attribution_measures,
    attribution_view,
    attributions,
    state,
)
from mtlbus.ui.frame import require_frame
from mtlbus.ui.widgets import explain_error, pick_method

require_frame(__file__)

st.title("Attributions")
st.markdown(
    "Which pixels an answer rests on. Each map comes with its placebo: the same computation on a "
    "network that has learnt nothing."
)
case = state.current_case()
with st.container(width=420):
    method = pick_method("Network")
try:
    question = attributions.ask(case, method)
    attributions.run_what_is_missing(question)
    attribution_view.maps(question)
    attribution_view.numbers(question)
    attribution_measures.faithfulness(question)
    attribution_measures.agreement(question)
    attribution_files.downloads(question)
except MtlbusError as error:
    explain_error(error)
