"""Attributions: which pixels an answer rests on, by twelve methods, each held to a placebo."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.core.errors import MtlbusError
from mtlbus.ui import input_line, state
from mtlbus.ui.attributions import files, measures, page, refine, view
from mtlbus.ui.widgets import explain_error, pick_method

st.title("Attributions")
st.markdown(
    "Which pixels an answer rests on. Each map comes with its placebo: the same computation on a "
    "network that has learnt nothing."
)
case = state.current_case()
if not input_line.let_in(case):
    state.stop()
with st.container(width=420):
    method = pick_method("Network")
try:
    question = page.ask(case, method)
    input_line.known_to(case, method)
    page.run_what_is_missing(question)
    view.maps(question)
    view.numbers(question)
    refine.offer(question)
    measures.faithfulness(question)
    measures.agreement(question)
    files.downloads(question)
except MtlbusError as error:
    explain_error(error)
