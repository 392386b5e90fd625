"""Phantom lab: one knob of a simulated breast at a time, and what the networks make of it."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.ui import address, state
from mtlbus.ui.lab import knobs, questions, view
from mtlbus.ui.widgets import pick_methods

case = state.current_case()
head = st.container(horizontal=True, vertical_alignment="center")
head.title("Phantom lab", width="stretch")
phantom = knobs.phantom_of(case)
if phantom is None:
    knobs.offer_phantom(case)
    address.stop()
with head, st.popover("Networks", icon=":material/hub:"):
    methods = pick_methods(default=2)
with st.grid(3, min_column_width=160, gap="small", vertical_alignment="bottom"):
    knobs.pick_start(phantom)
    knob = knobs.pick_knob("Knob", "knob", knobs.FIRST)
    knobs.turn(phantom, knob)
knobs.undo(phantom)
if not methods:
    st.info("Choose at least one network under *Networks*.", icon=":material/arrow_upward:")
    address.stop()
view.show(case, methods)
questions.show(case, phantom, methods, knob)
