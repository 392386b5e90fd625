"""Attributions: which pixels an answer rests on, by twelve methods, each held to a placebo."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.core.errors import MtlbusError
from mtlbus.ui import address, input_line, state
from mtlbus.ui.attributions import files, measures, page, refine, view
from mtlbus.ui.widgets import explain_error, pick_method

title, network = st.columns(2, vertical_alignment="bottom", gap="medium")
title.title(
    "Attributions",
    help="Which pixels an answer rests on. Each map comes with its placebo: the same computation "
    "on a network that has learnt nothing.",
)
case = state.current_case()
if not input_line.let_in(case):
    address.stop()
with network:
    method = pick_method()
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
