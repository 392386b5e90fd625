"""Methods: what each network does, what its paper says, and what we had to decide."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.ui.methods import card, overview, pick

method = pick.opened()
if method is None:
    st.title("Methods")
    st.markdown(
        "Every method of the five papers and what they compare with: its idea, its equations, "
        "what we had to decide, and what its paper gets wrong."
    )
    overview.show()
else:
    card.show(method)
