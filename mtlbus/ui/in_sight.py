"""What a click brings is scrolled to, where it stands below the edge of the screen."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from .component import component
from .session import Slot

_MOUNT = component(__file__)


def follow(place: str, shown: Hashable, at_first: bool = False) -> None:
    """Scroll to a container whenever it shows something else; belongs into it.

    Args:
        place: key of the container.
        shown: what it shows; None before anybody asked for it.
        at_first: also when it is shown for the first time, because a click brought it.
    """
    kept: Slot[tuple[Hashable, int]] = Slot(f"_in_sight_{place}", (None, 0))
    before, turn = kept.get()
    if shown != before:
        turn += before is not None or at_first
        kept.set((shown, turn))
    with st.container(gap=None):  # an element with nothing to see
        # The key of a component must not hold two underscores in a row.
        _MOUNT(key=f"_scroll{place}", data={"place": place, "turn": turn})
