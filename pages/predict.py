"""Predict: the outline, the probability, and what they are worth."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.core.text import literal
from mtlbus.ui import state
from mtlbus.ui.predict import batch, view
from mtlbus.ui.widgets import pick_method

case = state.current_case()
title, choice = st.columns(2, gap="medium", vertical_alignment="bottom")
title.title(literal(case.title))
with choice, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    method = pick_method(panels=True)
    view.offer_upload()

view.show(case, method)

st.divider()
batch.several_images(method)
