"""Attention: the method's own inner maps, in cells of their true resolution."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.core.errors import MtlbusError
from mtlbus.explain.views import list_views
from mtlbus.ui import address, input_line, state
from mtlbus.ui.attention import subjects
from mtlbus.ui.attention.views import explore
from mtlbus.ui.widgets import explain_error

head = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
head.title(
    "Attention",
    width="stretch",
    help="What happens inside the network on its way to the answer: where it looks, and what each "
    "region adds. These are the method's own numbers, drawn in cells of their true size.",
)
case = state.current_case()
if not input_line.let_in(case):
    address.stop()
network = head.container(width=260)
rarely = head.popover("More", icon=":material/tune:")
with rarely:
    untrained = subjects.switch_untrained()
    strength = st.slider("Strength of the colours, %", 0, 100, 60, 5, key="_strength")
with network:
    method = subjects.pick_untrained() if untrained else subjects.pick_trained()
try:
    look = subjects.look_at(case, method, strength / 100)
    with rarely:
        second = subjects.pick_second(look, untrained)
    beside = subjects.look_beside(look, second)
except MtlbusError as error:
    explain_error(error)
    address.stop()
if not look.trained:
    subjects.warn_untrained(look.title)
subjects.offer_others(look)
if list_views(look.maps):
    explore(look, beside)
