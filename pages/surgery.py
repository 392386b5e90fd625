"""Mask surgery: correct the outline, and see what the decision and the measurements make of it."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.ui import address, input_line, spacing, state
from mtlbus.ui.surgery import view
from mtlbus.ui.widgets import pick_method

case = state.current_case()
title, network = st.columns(2, gap="medium", vertical_alignment="bottom")
title.title(
    "Mask surgery",
    help="MTL-COSA cuts background, tumour and margin from its own outline. Correct the outline "
    "as a reader would, and see which part of the decision hung on it.",
)
if not input_line.let_in(case, cautions=False):
    address.stop()
with network:
    method = pick_method()
view.show(view.operate(spacing.known(case), method, view.CORRECTIONS.of_case(case)))
