"""One change at a time: which, how much or where, and each that was made with its undo."""

from __future__ import annotations

import streamlit as st

from ...data.what_if import CHANGES, EditStep
from ..case import Case
from ..panels import two_points
from ..theme import strong
from .steps import EDITS, add


def offer(case: Case, now: Case, steps: tuple[EditStep, ...]) -> None:
    """The choice of a change and its controls, on the case as it is `now` after the steps."""
    kind = st.segmented_control(
        "Change", list(CHANGES), format_func=lambda name: CHANGES[name].title, default="gain",
        required=True, wrap=True, key="_edit_kind", label_visibility="collapsed",
    )  # fmt: skip
    about = CHANGES[kind]
    if about.numbers <= 1:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            numbers = (_slider(kind),) if about.numbers else ()
            _button(case, steps, kind, numbers)
        st.caption(about.about)
        return
    picture, controls = st.columns(2, gap="medium")
    with picture:
        shape = "line" if kind == "calipers" else "box"
        points = two_points.ask(f"_edit_points_{shape}", now, shape)
    with controls:
        st.caption(about.about)
        found = None
        if points is not None and shape == "line":
            height, width = now.image.pixels.shape
            ends = ((min(x, width - 1), min(y, height - 1)) for x, y in points)
            found = tuple(float(int(n)) for end in ends for n in end)
        elif points is not None:
            found = two_points.box_of(points, now.image.pixels.shape)
        if kind == "copy":
            found = _target(found, now)
        _button(case, steps, kind, found)


def _slider(kind: str) -> float:
    about = CHANGES[kind]
    return st.slider(
        f"{about.title} ({about.unit})" if about.unit else about.title, float(about.low),
        float(about.high), float(about.usual), float(about.step), format="%g",
        key=f"_edit_{kind}", width=320,
    )  # fmt: skip


def _target(box: tuple | None, now: Case) -> tuple | None:
    """Where a patch comes to lie, beside where it was taken from."""
    height, width = now.image.pixels.shape
    across = st.slider("To the right, px", -width, width, width // 4, key="_edit_right")
    down = st.slider("Downward, px", -height, height, 0, key="_edit_down")
    if box is None:
        return None
    x, y = (max(0, box[0] + across), max(0, box[1] + down))
    return (*box, min(x, width - 1), min(y, height - 1))


def _button(case: Case, steps: tuple[EditStep, ...], kind: str, numbers: tuple | None) -> None:
    st.button(
        "Change it", key="_edit_do", type=strong(), icon=":material/add:",
        disabled=numbers is None, on_click=add, args=(case, steps, kind, numbers),
    )  # fmt: skip


def undo(case: Case, steps: tuple[EditStep, ...]) -> None:
    """A button for each change that was made, which takes that one back."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if not steps:
            st.caption("As it came. What you change stands here, each to be undone.")
        for number, step in enumerate(steps):
            st.button(
                step.words, key=f"_edit_undo_{number}", icon=":material/undo:",
                on_click=EDITS.take, args=(case, steps[:number] + steps[number + 1 :]),
                help="Takes this change back; the others stay.",
            )  # fmt: skip
        if len(steps) > 1:
            st.button(
                "Undo all",
                key="_edit_undo",
                type="tertiary",
                on_click=EDITS.take,
                args=(case, ()),
            )
