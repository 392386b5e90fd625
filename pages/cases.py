"""Cases: all images at hand as a contact sheet."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.ui.browse import sheet

st.title("Cases")
sheet.show()
