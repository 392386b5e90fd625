"""Attention: the method's own inner maps, in cells of their true resolution."""

import streamlit as st

from mtlbus.core.errors import MtlbusError
from mtlbus.explain.attention import list_views, npz_bytes
from mtlbus.ui import maps, services, state
from mtlbus.ui.frame import require_frame
from mtlbus.ui.widgets import explain_error, pick_method

require_frame(__file__)

st.title("Attention")
st.markdown(
    "What happens inside the network on its way to the answer: where it looks, and what each "
    "region adds. These are the method's own numbers, drawn in cells of their true size."
)
case = state.current_case()
with_views = maps.methods_with_views()
if "method" not in st.session_state and with_views:
    st.session_state["method"] = with_views[0]

left, right = st.columns([1, 1], vertical_alignment="bottom")
with left:
    method = pick_method()
with right:
    strength = st.slider("Strength of the colours, %", 0, 100, 60, 5, key="_strength")
try:
    prediction = services.predict(case, method, maps=True)
except MtlbusError as error:
    explain_error(error)
    st.stop()

views = list_views(prediction.maps)
if not views:
    maps.offer_others(method, with_views)
    st.stop()
view = maps.pick_view(views)
if prediction.probability is not None:
    st.caption(
        f"**{case.title}**: {services.title_of(method)} says: probability of malignancy "
        f"{maps.percent(prediction.probability)}. Research and education only; not a medical "
        "device."
    )
maps.show(case, prediction, view, strength / 100)

st.download_button(
    "Take the arrays (NPZ)",
    lambda: npz_bytes(prediction.maps),
    file_name=f"{case.key.replace(':', '_')}_{method}_maps.npz",
    mime="application/zip",
    icon=":material/download:",
    on_click="ignore",
    help="All inner maps of this case as float arrays under their names.",
)
