"""Stories: guided tours through the pages."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.ui.stories import shelf
from mtlbus.ui.tasks import subjects

st.title("Stories")
subjects.say_breast_only()
st.markdown(
    "A few minutes each, for a class or for yourself: every step is a page with one sentence and "
    "what to look at."
)
shelf.show()
