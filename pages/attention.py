"""Attention: the method's own inner maps, in cells of their true resolution."""

import streamlit as st

from mtlbus.core.errors import MtlbusError
from mtlbus.explain.attention import npz_bytes
from mtlbus.explain.views import list_views
from mtlbus.ui import maps, state
from mtlbus.ui.frame import require_frame
from mtlbus.ui.look import percent
from mtlbus.ui.view_picks import pick_view
from mtlbus.ui.widgets import explain_error

require_frame(__file__)

st.title("Attention")
st.markdown(
    "What happens inside the network on its way to the answer: where it looks, and what each "
    "region adds. These are the method's own numbers, drawn in cells of their true size."
)
case = state.current_case()
left, right = st.columns([1, 1], vertical_alignment="bottom")
untrained = maps.switch_untrained()
with left:
    method = maps.pick_untrained() if untrained else maps.pick_trained()
with right:
    strength = st.slider("Strength of the colours, %", 0, 100, 60, 5, key="_strength")
try:
    look = maps.look_at(case, method, untrained, strength / 100)
except MtlbusError as error:
    explain_error(error)
    st.stop()
if untrained:
    maps.warn_untrained(look.title)

views = list_views(look.maps)
if not views:
    maps.offer_others(look)
    st.stop()
pick = pick_view(views, look.maps)
if look.probability is not None:
    st.caption(
        f"**{case.title}**: {look.title} says: probability of malignancy "
        f"{percent(look.probability)}. Research and education only; not a medical device."
    )
maps.show(look, pick)

st.download_button(
    "Take the arrays (NPZ)",
    lambda: npz_bytes(look.maps),
    file_name=maps.file_name(look, method),
    mime="application/zip",
    icon=":material/download:",
    on_click="ignore",
    help="All inner maps of this case as float arrays under their names.",
)
