"""Small tools for the picture of Predict: cut out a part, black out what is written, measure.

A changed image is an image of its own, with its own digest, title and note; one button takes the
change back.
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot
from typing import Any

import streamlit as st

from ...core.errors import MtlbusError
from ...core.wording import percent
from ...data.edits import Box
from ...inference.burned_in import in_words
from ...inference.input_checks import unlike_tissue
from .. import cases, edit_tools, services, spacing
from ..case import Case
from ..panels import two_points
from ..panels.two_points import Line
from ..session import Slot
from ..theme import strong
from ..widgets import explain_error

CROP = ":material/crop: Crop"
BLACK = ":material/ink_eraser: Black out"
RULER = ":material/straighten: Ruler"
_TOOL: Slot[str | None] = Slot("_tool", None)
_DONE = Slot("_tool_done", False)
_PROBLEM: Slot[MtlbusError | None] = Slot("_tool_problem", None)


def offer(case: Case) -> None:
    """The tools of a case as it is in the store, not as `spacing.known` returns it."""
    if _DONE.take():
        st.rerun()  # the whole page, of which this may be a fragment
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        tool = st.pills("Tools for the picture", [CROP, BLACK, RULER], key=_TOOL.name)
        if case.before is not None:
            st.button(
                "Undo", key="_undo_here", icon=":material/undo:", help=case.image.notes[-1],
                on_click=_done, args=(edit_tools.back, case.before),
            )  # fmt: skip
    _marks(case)
    if (problem := _PROBLEM.take()) is not None:
        explain_error(problem)
    if tool is None:
        return
    kind = "line" if tool == RULER else "box"
    points = two_points.ask(f"_points_{kind}", spacing.known(case), kind)
    if tool == RULER:
        _ruler(case, points)
        return
    box = points and two_points.box_of(points, case.image.pixels.shape)
    st.button(
        "Keep only this part" if tool == CROP else "Black out this part",
        disabled=box is None,
        type=strong(),
        key="_edit",
        on_click=_done,
        args=(_edit, case, box, tool),
    )


def _marks(case: Case) -> None:
    """What was drawn into the pixels, and a crop of the black frame around the scan.

    Letters are told from speckle; of a picture without any there is nothing to say.
    """
    marks = services.marks(case)
    if (said := in_words(marks)) and not unlike_tissue(services.checks(case)):
        st.caption(said)
    if marks.scan is None:
        return
    _, _, width, height = marks.scan
    st.button(
        f"Crop the black frame ({percent(1 - width * height / case.image.pixels.size)} of it)",
        key="_crop_frame",
        icon=":material/crop_free:",
        type="tertiary",
        help=f"Keeps the {width}×{height} px in which there is a picture.",
        on_click=_done,
        args=(_edit, case, marks.scan, CROP),
    )


def _done(change: Callable[..., None], *arguments: Any) -> None:
    """Callback: change the current case and put the tool away."""
    try:
        change(*arguments)
    except MtlbusError as error:
        _PROBLEM.set(error)
        return
    _TOOL.set(None)
    _DONE.set(True)


def _edit(case: Case, box: Box, tool: str) -> None:
    edited = cases.cropped(case, box) if tool == CROP else cases.blackened(case, box)
    spacing.carry(case, edited)
    edit_tools.use(edited)


def _ruler(case: Case, points: Line | None) -> None:
    """The length of a line; a known length gives the size of a pixel, where the file does not."""
    if points is None:
        return
    (x, y), (u, v) = points
    across, down = abs(u - x), abs(v - y)
    length, step = hypot(across, down), spacing.known(case).image.spacing
    words = f"{length:.1f} px"
    if step is not None:
        words += f", {hypot(down * step[0], across * step[1]):.1f} mm"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.metric("Length", words, width="content")
        if case.image.spacing is None and length >= 1:
            with st.container(width=220):
                spacing.ask_length(case, length)
