"""Compare: several networks on one image, on its mirror, or on two images, under one zoom."""

import streamlit as st

from mtlbus.ui import state
from mtlbus.ui.compare import mirrored, two_cases, view
from mtlbus.ui.compare.ask import ask
from mtlbus.ui.frame import require_frame
from mtlbus.ui.widgets import pick_methods

require_frame(__file__)

case = state.current_case()
st.title("Compare networks")
mode = view.pick_mode()
methods = pick_methods("Networks")
if not methods:
    st.info("Choose at least one network above.", icon=":material/arrow_upward:")
elif mode == view.NETWORKS:
    view.networks(case, *ask([case], methods))
elif mode == view.MIRROR:
    mirrored.mirrored(case, *ask([case, mirrored.mirror_of(case)], methods))
else:
    second = two_cases.pick_second(case)
    two_cases.two_cases((case, second), ask([case, second], methods))
