"""Compare: several networks on one image, on its mirror, or on two images, under one zoom."""

import streamlit as st

from mtlbus.ui import compare_mirror, compare_two, compare_view, state
from mtlbus.ui.compare_ask import ask
from mtlbus.ui.frame import require_frame
from mtlbus.ui.widgets import pick_methods

require_frame(__file__)

case = state.current_case()
st.title("Compare networks")
mode = compare_view.pick_mode()
methods = pick_methods("Networks")
if not methods:
    st.info("Choose at least one network above.", icon=":material/arrow_upward:")
elif mode == compare_view.NETWORKS:
    compare_view.networks(case, *ask([case], methods))
elif mode == compare_view.MIRROR:
    compare_mirror.mirrored(case, *ask([case, compare_mirror.mirror_of(case)], methods))
else:
    second = compare_two.pick_second(case)
    compare_two.two_cases((case, second), ask([case, second], methods))
