"""Beat the network: blind cases for one reader or a class, then truth, networks and scores."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.ui.quiz import place, play, results, start
from mtlbus.ui.tasks import subjects

st.title("Beat the network")
subjects.say_breast_only()
here = place.current()
if here is None:
    start.show()
elif here.player is None and not here.host and not here.room.closed:
    start.join(here.room)
else:
    results.head(here)
    number = place.truth_shown(here.room)
    if here.room.closed or here.player is None:
        (results.show if here.room.closed else results.watch)(here)
    elif number is not None and number in here.player.replies:
        play.reveal(here, number)
    elif (number := here.room.next_of(here.player)) is not None:
        play.ask(here, number)
    else:
        results.show(here)
