"""What the networks say of a picture before and after it was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ...core.text import literal
from ...core.wording import percent, signed
from ...data.what_if import EditStep, edited
from ...evaluation.metrics import dice_of
from ...export.case_views import TwoCasesView
from .. import edit_tools, input_line, takeaway, verdict
from ..answers import Answers
from ..case import Case
from ..panels import zoom_panels
from ..pictures import Style
from ..widgets import ask_all

_STYLE = Style(truth=True)


def show(
    case: Case, changed: Case | None, steps: Sequence[EditStep], methods: Sequence[str]
) -> None:
    """The pictures side by side, the second one after the changes, if any; the numbers below."""
    before = Answers.of(case, ask_all(case, methods), _STYLE)
    if changed is None or not input_line.let_in(changed, cautions=False):
        verdict.cautions(before.doubts())
        zoom_panels.show(
            "what_if_panels", [case], [before.panel(method) for method in methods],
            [before.lesion()], before.legend(),
        )  # fmt: skip
        before.say_scopes()
        takeaway.offer(before.view())
        return
    after = Answers.of(changed, ask_all(changed, methods), _STYLE)
    view = TwoCasesView(before.view(), after.view())
    verdict.cautions(after.doubts())
    panels = []
    for method in methods:
        first, second = before.panel(method), after.panel(method, image=1)
        panels += [first, replace(second, title=f"{second.title}, changed")]
    zoom_panels.show(
        "what_if_panels", [case, changed], panels, [before.lesion(), after.lesion()],
        [*dict.fromkeys((*before.legend(), *after.legend()))], together=2,
        mirrored=sum(step.kind == "mirror" for step in steps) % 2 == 1,
    )  # fmt: skip
    st.table(_rows(before, after, steps), border="horizontal", hide_index=True)
    after.say_scopes()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        takeaway.offer(view)
        st.button(
            "Take the changed picture to the other pages", key="_edit_use", type="tertiary",
            icon=":material/east:", on_click=edit_tools.use, args=(changed,),
            help="It becomes the current case, with an undo in the sidebar.",
        )  # fmt: skip


def _rows(before: Answers, after: Answers, steps: Sequence[EditStep]) -> list[dict[str, str]]:
    """A row for each network: the probability, the call, the area and how alike the outlines."""
    rows = []
    for method, one in before.found.items():
        two = after.found[method]
        was, now = one.prediction.probability, two.prediction.probability
        said = "–", "–", "–"
        if was is not None and now is not None:
            turned = one.call is not None and two.call is not None and one.call != two.call
            said = (
                one.pill or percent(was),
                two.pill or percent(now),
                f"{signed(100 * (now - was), 1)} points" + (" **call turned**" if turned else ""),
            )
        area, alike = _outlines(before, after, method, steps)
        rows.append({
            "Network": literal(one.title), "As it came": said[0], "Changed": said[1],
            "Difference": said[2], "Area": area, "Outlines alike": alike,
        })  # fmt: skip
    return rows


def _outlines(
    before: Answers, after: Answers, method: str, steps: Sequence[EditStep]
) -> tuple[str, str]:
    """The areas, and the Dice of the outlines after the first one was moved along."""
    first, second = before.found[method].mask, after.found[method].mask
    if first is None or second is None:
        return "–", "–"
    areas = f"{before.areas[method].px:,} → {after.areas[method].px:,} px"
    moved = edited(before.case.image, first, steps)[1]
    return areas, "–" if moved is None else f"Dice {dice_of(moved, second):.2f}"
