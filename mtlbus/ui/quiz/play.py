"""One case: what the player says, then the truth and the networks."""

from __future__ import annotations

import streamlit as st

from ...core.errors import MtlbusError
from ...core.wording import LABELS, percent
from ...evaluation.readers import box_overlap
from .. import address, cases, services, verdict
from ..answers import Answers
from ..case import Case
from ..panels import region_shapes, two_points, zoom_panels
from ..panels.region_shapes import Shape, shapes_of
from ..panels.zoom_panels import Panel
from ..pictures import Style
from ..theme import strong
from ..verdict import BADGES
from . import items, networks, place, rooms
from .place import Place
from .rooms import Reply, reply_of
from .tally import called_of, is_right

_NARROWEST = 320  # pixels of a half of the page
_STYLE = Style(truth=True)
_BOX = "#FFD23F"
_UNDECIDED = 50  # per cent, where the slider stands before it is moved: no answer


def ask(here: Place, number: int) -> None:
    """A case, and what the player thinks of it."""
    case, count = items.open_item(here.room.items[number], number), len(here.room.items)
    st.progress(number / count, f"Case {number + 1} of {count}")
    with st.grid(2, min_column_width=_NARROWEST, gap="medium"):
        with st.container():
            name = f"_quiz_box_{here.room.code}_{number}"
            points = two_points.ask(name, cases.blinded(case), "box")
        with st.container():
            said = st.slider(
                "How likely is it malignant?", 0, 100, _UNDECIDED, format="%d %%",
                key=f"_quiz_said_{here.room.code}_{number}",
                help="Above 50 % it counts as called malignant, below as called benign.",
            )  # fmt: skip
            undecided = said == _UNDECIDED
            st.button(
                "Move the slider to answer" if undecided
                else f"Answer: {said} %, {called_of(reply_of(said))}",
                key=f"_quiz_answer_{number}", type=strong(), disabled=undecided,
                icon=":material/check:", on_click=_answer, args=(here, number, case, said, points),
            )  # fmt: skip
            st.caption(
                "A box around the lesion is welcome and not needed: it is held against the true "
                "outline. The first answer counts."
            )


def _answer(
    here: Place, number: int, case: Case, said: int, points: two_points.Line | None
) -> None:
    """Callback: keep the answer, and show the truth next."""
    box = points and two_points.box_of(points, case.image.pixels.shape)
    known = box and case.truth is not None and case.truth.any()
    overlap = box_overlap(box, case.truth) if known else None
    try:
        rooms.ROOMS.reply(here.room, here.player, number, reply_of(said, overlap, box))
    except MtlbusError as error:
        address.say(str(error))
    place.show_truth(here.room, number)


def reveal(here: Place, number: int) -> None:
    """The truth of a case that was read, and what the networks make of it."""
    room, reply = here.room, here.player.replies[number]
    case, count = items.open_item(room.items[number], number), len(room.items)
    st.progress((number + 1) / count, f"Case {number + 1} of {count}")
    judged = "right" if is_right(room, number, reply) else "wrong"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            f"The truth: {BADGES[LABELS[room.items[number].label]]} You said "
            f"**{percent(reply.probability)}**: **{judged}**."
            + ("" if reply.overlap is None else f" Your box overlaps by {percent(reply.overlap)}.")
        )
        st.button(
            "Next case" if room.next_of(here.player) is not None else "The results",
            key="_quiz_next", type=strong(), icon=":material/arrow_forward:",
            on_click=place.show_truth, args=(room, None),
        )  # fmt: skip
    with st.spinner("Asking the networks …"):
        findings = networks.ask(room, number, case)
    answers = Answers(case, findings, _STYLE)
    verdict.cautions(answers.doubts() if findings else services.checks(case))
    zoom_panels.show(
        "quiz_panels", [case], [_own(answers, reply), *map(answers.panel, findings)],
        [answers.lesion()], answers.legend(),
    )  # fmt: skip


def _own(answers: Answers, reply: Reply) -> Panel:
    """The image with its true outline and the player's box."""
    case, truth, shapes = answers.case, answers.truth, ()
    if truth is not None:
        shapes = shapes_of(None, truth, _STYLE)
    if reply.box is not None:
        shapes = (*shapes, _box_shape(reply.box, case.image.pixels.shape))
    drawn = "" if reply.box is None else " and your box"
    return Panel(
        "The truth", f"{case.title} with its true outline{drawn}.", shapes,
        keys=((_BOX, "your box"),) if reply.box is not None else (),
    )  # fmt: skip


def _box_shape(box: tuple[int, int, int, int], shape: tuple[int, int]) -> Shape:
    scale = 10 * region_shapes.grid_of(shape)[0] / shape[0]
    left, top, width, height = (round(scale * side) for side in box)
    return Shape(f"M{left} {top}h{width}v{height}h{-width}z", _BOX, 2.0)
