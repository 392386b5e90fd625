"""A case in a lecture: its picture, and beside it what the network says, once it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...core.text import literal
from ...core.wording import DISCLAIMER, listed, percent
from ...data.task_case import TaskCase
from ...findings import Finding
from ...findings.finding import IF
from ...inference.input_checks import refusal
from .. import address, pictures, services, state, verdict
from ..browse import walk
from ..case import Case
from ..case_store import Unopened
from ..finding import finding_of
from ..pictures import Style
from ..session import METHOD
from ..widgets import ask, no_methods, pick_method
from . import stage

_PLACE = (1000, 1300)  # pixels of the picture; the screen makes it smaller
_HELP = "F full screen"  # the other keys stand on their buttons


def run(case: Case | TaskCase | Unopened, page: Callable[[], None] | None = None) -> None:
    """A page in a lecture: what it draws, or the case in place of Home and Predict, and keys."""
    if state.is_blind():
        address.drop_link("case")
    else:
        address.write_link("case", case.key)
    if page is not None:
        stage.show()
        body, keys = st.container(), st.container()
        with keys:  # first, as a page may end early: without keys nobody would get out
            _keys(case.key, stands_alone=False)
        with body:
            page()
    elif not isinstance(case, Unopened):
        left, right = st.columns([3, 2], gap="medium")
        with right:
            words, keys = st.container(gap="xsmall"), st.container(gap="xsmall")
        _show(case, left, words)
        with keys:
            _keys(case.key, stands_alone=True)


def _show(case: Case | TaskCase, left: DeltaGenerator, right: DeltaGenerator) -> None:
    """The case, with or without the answer."""
    if isinstance(case, TaskCase):
        with left:
            stage.show(pictures.plain(case, _PLACE), "Image, its name and the answers hidden.")
        with right:
            st.title("What do you see?")
            asked = listed([task.name for task in case.declaration.tasks])
            st.markdown(f"What would you say of {literal(asked)}?")
        return
    if state.is_blind() or not services.available():
        with left:
            stage.show(
                pictures.plain(case, _PLACE), "Ultrasound image, its name and the answers hidden."
            )
        with right:
            st.title("What do you see?" if state.is_blind() else literal(case.title))
            known = "Benign or malignant? How sure are you?"
            st.markdown(known if state.is_blind() else no_methods())
        return
    refused = refusal(services.checks(case))
    if refused:
        with left:
            stage.show(pictures.plain(case, _PLACE), pictures.nothing_said(case))
        with right:
            st.title(literal(case.title))
            st.error(literal(refused), icon=":material/block:")
        return
    with right:
        prediction = ask(case, _method())
    finding = finding_of(case, prediction)
    style = Style(
        colour=verdict.colour_of(finding),
        truth=case.truth is not None and case.truth.any(),
        place=_PLACE,
        far=True,
    )
    with left:
        stage.show(pictures.picture(finding, style), pictures.in_words(finding))
    with right:
        _answer(finding, style.truth)


def _keys(case_key: str, stands_alone: bool) -> None:
    """The keys, for a mouse: another case, answers, another network, the way out.

    `stands_alone` says that no page is there with sliders, which want the arrows.
    """
    hidden = state.is_blind()
    walk.buttons(case_key, shortcuts=stands_alone)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Show" if hidden else "Hide", key="_lecture_blind", shortcut="b",
            icon=":material/visibility:" if hidden else ":material/visibility_off:",
            help="Names and answers", on_click=state.BLIND.set,
            args=(not hidden,),
        )  # fmt: skip
        if stands_alone and services.available() and not hidden:
            with st.popover(services.title_of(_method()), icon=":material/hub:"):
                pick_method(panels=True)
        st.button("Leave", key="_lecture_leave", icon=":material/close:", on_click=leave)
    st.caption(f"{_HELP} · {DISCLAIMER}" if stands_alone else DISCLAIMER)


def leave() -> None:
    """Back to the pages with a sidebar, names and answers as before."""
    state.LECTURE.set(False)
    state.BLIND.set(False)


def _method() -> str:
    methods, wanted = services.available(), METHOD.get()
    return services.panel_named(wanted) or (
        wanted if wanted in methods else services.first_of(methods)
    )


def _answer(finding: Finding, truth: bool) -> None:
    """What speaks against the answer, the answer in large type, then the truth."""
    st.subheader(literal(finding.case.title))
    said = finding.prediction.probability
    if finding.cautions:
        st.caption(f":material/warning: {literal(finding.cautions[0].reason)}")
    if finding.nothing or said is None:
        verdict.answer(finding)
    else:
        call = verdict.BADGES.get(finding.call or "", "no call")
        if finding.cautious:
            call = f":gray-badge[{finding.call or 'no call'}, with caution]"
        st.title(f"{percent(said)} {call}")
        if_any = f", {IF.lower()}" if finding.conditional else ""
        st.caption(f"probability of malignancy{if_any}, {finding.title}")
    verdict.standing(replace(finding, prediction=replace(finding.prediction, members={})))
    verdict.scope(finding)
    if truth:
        st.caption(":yellow[**━**] the true outline")
