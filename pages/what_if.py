"""What if: the picture changed step by step, and what the networks make of it."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.ui import address, input_line, state
from mtlbus.ui.what_if import steps, tools, view
from mtlbus.ui.widgets import pick_methods

case = state.current_case()
head = st.container(horizontal=True, vertical_alignment="center")
head.title(
    "What if",
    width="stretch",
    help="What if the same lesion had been scanned with more gain, a worse probe, or with calipers "
    "in the picture? An answer that turns on such things did not rest on the lesion.",
)
if not input_line.let_in(case, cautions=False):
    address.stop()
with head, st.popover("Networks", icon=":material/hub:"):
    methods = pick_methods(default=2)
done = steps.EDITS.of_case(case)
changed = steps.changed_case(case, done)
tools.offer(case, changed or case, done)
tools.undo(case, done)
if not methods:
    st.info("Choose at least one network under *Networks*.", icon=":material/arrow_upward:")
    address.stop()
view.show(case, changed, done, methods)
