"""Compare: several networks on the same image, in equal panels."""

import streamlit as st

from mtlbus.ui import compare_view, state
from mtlbus.ui.frame import require_frame
from mtlbus.ui.widgets import pick_methods

require_frame(__file__)

case = state.current_case()
st.title("Compare networks")
methods = pick_methods("Networks")
if methods:
    compare_view.comparison(case, compare_view.predictions(case, methods))
else:
    st.info("Choose at least one network above.", icon=":material/arrow_upward:")
