"""The guide above a page: where the story is, what to look at, and the way on."""

from __future__ import annotations

import streamlit as st

from ...core.text import literal
from .. import address
from ..memory import switch
from ..session import Slot, go
from ..theme import strong
from .tour import Story, stories

_STORY: Slot[str | None] = Slot("story", None)
_STEP: Slot[int | str] = Slot("step", 1)


def current() -> tuple[Story, int] | None:
    """The story that is told and the number of its step, from 1 on; None where there is none."""
    name = _STORY.get()
    if not name:
        return None
    found = stories().get(str(name))
    if found is None:
        address.say_of_link("story", f"Allowed: {', '.join(stories())}.")
        end()
        return None
    try:
        number = int(_STEP.get())
    except (TypeError, ValueError):
        number = 1
    return found, min(max(number, 1), len(found.steps))


def begin(name: str) -> None:
    """Callback: start with the first step."""
    _STORY.set(name)
    _turn_to(1)


def end() -> None:
    """Leave the story; the page stays."""
    for one in (_STORY, _STEP):
        one.take()
        address.drop_link(one.name)


def _turn_to(number: int) -> None:
    """Callback: go to a step."""
    if (told := current()) is None:
        return
    story, _ = told
    step = story.steps[min(max(int(number), 1), len(story.steps)) - 1]
    _STEP.set(str(number))
    query = {**step.query, "story": story.name, "step": str(number)}
    if switch("lecture"):
        query["lecture"] = "1"
    go(step.page, **query)


def show(page: str) -> None:
    """The words of the step; on another page than the step's only the way back to it."""
    told = current()
    if told is None:
        return
    story, number = told
    step, count = story.steps[number - 1], len(story.steps)
    address.write_link("story", story.name)
    address.write_link("step", str(number))
    with st.container(border=True, key="_story"):
        st.markdown(f"**{literal(story.title)}** :small[:gray[{number} of {count}]]")
        if page != step.page:
            st.button(
                "Back to the story", key="_story_return", icon=":material/undo:", on_click=_turn_to,
                args=(number,),
            )  # fmt: skip
            return
        st.markdown(literal(step.say))
        if step.look:
            st.markdown(f":material/visibility: *{literal(step.look)}*")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.button(
                "Back", key="_story_back", icon=":material/chevron_left:", shortcut="PageUp",
                disabled=number == 1, on_click=_turn_to, args=(number - 1,),
            )  # fmt: skip
            if number < count:
                st.button(
                    "Next", key="_story_next", icon=":material/chevron_right:", type=strong(),
                    shortcut="PageDown", on_click=_turn_to, args=(number + 1,),
                )  # fmt: skip
            st.button(
                "End" if number == count else "Leave the story", key="_story_end", type="tertiary",
                icon=":material/close:", on_click=end,
            )  # fmt: skip
