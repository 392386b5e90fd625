"""Compare: several networks on one image, on its mirror, or on two images, under one zoom."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.core.text import literal
from mtlbus.ui import input_line, state
from mtlbus.ui.compare import mirrored, two_cases, view
from mtlbus.ui.compare.ask import ask
from mtlbus.ui.widgets import pick_methods

case = state.current_case()
st.title("Compare networks")
mode = view.pick_mode()
methods = pick_methods()
if not methods:
    st.info("Choose at least one network above.", icon=":material/arrow_upward:")
elif mode == view.NETWORKS:
    if input_line.let_in(case, cautions=False):
        view.networks(case, *ask([case], methods))
elif mode == view.MIRROR:
    mirror = mirrored.mirror_of(case)
    if input_line.let_in(case, cautions=False) and input_line.let_in(mirror, cautions=False):
        mirrored.mirrored(case, *ask([case, mirror], methods))
else:
    pair = case, two_cases.pick_second(case)
    here = [one for one in pair if one is not None]
    usable = [one for one in here if input_line.let_in(one, cautions=False, named=True)]
    if len(usable) == 2:
        two_cases.two_cases(pair, ask(pair, methods))
    elif usable:  # the other one is refused, or not here
        st.subheader(literal(usable[0].title))
        view.networks(usable[0], *ask(usable, methods))
