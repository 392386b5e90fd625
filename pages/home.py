"""Home: what this is, a finished prediction at once, and three doors."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.ui import home_view, services, state, terms

case = state.current_case()
st.title("One network that outlines and classifies")
st.markdown(
    "Multi-task networks look at a breast ultrasound image once, draw the lesion's outline and "
    "say how likely it is malignant. Here you see what they say, where they look, and how often "
    "they are wrong."
)
method = home_view.first_method(services.available())
if method:
    home_view.finished(case, method)
home_view.doors(method)
home_view.gallery()
terms.show()
