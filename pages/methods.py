"""Methods: what each network does, what its paper says, and what we had to decide."""

import streamlit as st

from mtlbus.ui import methods_card, methods_overview, methods_pick
from mtlbus.ui.frame import require_frame

require_frame(__file__)
methods_pick.follow()

method = methods_pick.opened()
if method is None:
    st.title("Methods")
    st.markdown(
        "Every network of the five papers and what they compare with: its idea, its equations, "
        "what we had to decide, and what its paper gets wrong."
    )
    methods_overview.show()
else:
    methods_card.show(method)
