"""The parts of the Mask surgery page: the pen, what becomes of the decision, what is measured."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from ...core.errors import InputError
from ...core.quantities import OUTLINES
from ...core.wording import percent, signed
from ...data.outline_steps import OutlineStep, corrected, read_steps, write_steps
from ...explain.attention import LogitSplit, logit_split, score_cells
from ...export.drawing import svg_of
from ...figures import colours
from ...figures.regions import moved_figure
from ...figures.style import QUIET
from ...findings import Finding
from ...findings.finding import IF, NORMAL
from ...findings.measured import lesion_rows
from .. import charts, pictures, services, takeaway, verdict
from ..case import Case
from ..case_steps import CaseSteps
from ..finding import finding_of
from ..panels import outline_editor, region_shapes
from ..session import METHOD
from ..takeaway import File

YOURS = "#FFD23F"
_KINDS = {"add": ":material/add: added", "cut": ":material/content_cut: cut off"}
_READS = "mtl_cosa"  # the network whose class is read from its outline
_BY = 3  # pixels that a button moves the edge; as deep as the margin of MTL-COSA reaches inward
_NARROWEST = 340  # pixels of a half of the page


def _try_on(case: Case, steps: tuple[OutlineStep, ...]) -> None:
    if case.truth is None and any(step.kind == "truth" for step in steps):
        raise InputError("The true outline is not known here.")


CORRECTIONS = CaseSteps("outline", read_steps, write_steps, _try_on)
"""Of the current outline."""


@dataclass(frozen=True, eq=False)
class Operation:
    """An outline before and after a reader's corrections.

    Attributes:
        case: the image.
        method: the network.
        steps: the corrections.
        before: what the network says.
        outline: after the corrections, H×W bool.
        after: what the network says with that outline; None without corrections.
    """

    case: Case
    method: str
    steps: tuple[OutlineStep, ...]
    before: Finding
    outline: np.ndarray
    after: Finding | None

    @property
    def now(self) -> Finding:
        """What holds at present."""
        return self.after or self.before


def operate(case: Case, method: str, steps: tuple[OutlineStep, ...]) -> Operation:
    """Ask the network, with its own outline and with the corrected one."""
    network = services.predictor(method)  # loading has a spinner of its own
    with st.spinner(f"Asking {services.title_of(method)} …"):
        before = finding_of(case, services.predict(case, method, maps=True))
        drawn = np.zeros(case.image.pixels.shape, bool) if before.mask is None else before.mask
        outline, after = corrected(drawn, steps, case.truth), None
        if steps:
            after = finding_of(case, services.predict(case, method, network.reads_outline, outline))
    return Operation(case, method, steps, before, outline, after)


def show(done: Operation) -> None:
    """All of the page below its head."""
    verdict.cautions(done.now.cautions)
    with st.grid(2, min_column_width=_NARROWEST, gap="medium"):
        with st.container():
            _pen(done)
        with st.container():
            _decision(done)
    _measurements(done)
    takeaway.menu(_files(done), f"{done.method}_outline", "surgery_takeaway")


def _pen(done: Operation) -> None:
    """The picture to draw on, and the corrections that a button makes."""
    steps = done.steps
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = st.segmented_control(
            "What you draw is", list(_KINDS), default="add", required=True, key="_pen_kind",
            format_func=_KINDS.get,
        )  # fmt: skip
        st.button(
            "Undo", icon=":material/undo:", key="_pen_undo", disabled=not steps,
            help=f"Takes back: {steps[-1].words}" if steps else None,
            on_click=CORRECTIONS.take, args=(done.case, steps[:-1]),
        )  # fmt: skip
        if len(steps) > 1:
            st.button(
                "Undo all", key="_pen_reset", type="tertiary", on_click=CORRECTIONS.take,
                args=(done.case, ()),
            )  # fmt: skip
    mask, shapes = done.before.mask, []
    if mask is not None and mask.any():
        level = region_shapes.level_of(done.before)
        colour, line = (colours.OUTLINE, 2.0) if steps else (YOURS, 2.5)
        shapes.append(region_shapes.region(level, colour, line, dashed=bool(steps)))
    if steps and done.outline.any():
        level = region_shapes.level_of_mask(done.outline)
        shapes.append(region_shapes.region(level, YOURS, 2.5))
    outline_editor.draw(
        "_pen", done.case, shapes, kind, lambda step: CORRECTIONS.take(done.case, (*steps, step))
    )
    with st.container(horizontal=True, gap="xsmall"):
        for label, icon, step in _buttons(done):
            st.button(
                label, icon=f":material/{icon}:", key=f"_pen_{step.written}",
                on_click=CORRECTIONS.take, args=(done.case, (*steps, step)),
            )  # fmt: skip
    if steps:
        st.caption("Dashed: the network's outline. Yellow: yours.")


def _buttons(done: Operation) -> list[tuple[str, str, OutlineStep]]:
    """Corrections that need no pen: label, icon, step."""
    found = []
    if done.outline.any():
        found += [
            (f"Outward {_BY} px", "zoom_out_map", OutlineStep("grow", (_BY,))),
            (f"Inward {_BY} px", "zoom_in_map", OutlineStep("grow", (-_BY,))),
            ("Take all away", "delete", OutlineStep("clear")),
        ]
    if done.case.truth is not None:
        found.append(("Take the true outline", "verified", OutlineStep("truth")))
    return found


def _decision(done: Operation) -> None:
    """The probability and the shares of the regions, before and after."""
    before = done.before.prediction
    after = None if done.after is None else done.after.prediction
    if before.probability is None:
        st.info(
            f"{done.before.title} outlines only: there is no decision that could follow.",
            icon=":material/info:",
        )
        _offer_reader()
        return
    if done.after is None:
        verdict.nothing(done.before)
    if_any = f", {IF.lower()}" if done.before.conditional or not done.before.outlined else ""
    said, whose = percent(before.probability), "With the network's outline"
    if after is not None:
        said, whose = f"{said} → {percent(after.probability)}", f"{whose} → with yours"
    st.metric(f"Probability of malignancy{if_any}", said)
    st.caption(f"{whose}.")
    verdict.scope(done.now)
    if score_cells(before.maps) is None:
        _says_it_stays(done)
        return
    one = logit_split(before.maps)
    other = None if after is None else logit_split(after.maps)
    figure = moved_figure(one, other)
    charts.show(
        figure,
        "_shares",
        f"What each region adds to the log-odds of malignant: {_in_words(one, other)}.",
        QUIET,
    )
    if other is None:
        st.caption(
            "What background, tumour and margin add to the log-odds of malignant. The network "
            "cuts the three from its outline: draw another one, and they follow."
        )
    else:
        st.markdown(f"Because of your outline: **{_in_words(one, other)}**.")
        st.caption(
            "The features are the same, only sorted into other regions. This says how the network "
            "adds up, not what the lesion is."
        )
    charts.offer("What each region adds", figure, f"{done.method}_shares")


def _in_words(one: LogitSplit, other: LogitSplit | None) -> str:
    if other is None:
        pairs = zip(one.regions, one.contributions, strict=True)
        return ", ".join(f"{name} {signed(value)}" for name, value in pairs)
    pairs = zip(one.regions, one.contributions, other.contributions, strict=True)
    return ", ".join(f"{name} {signed(was)} → {signed(now)}" for name, was, now in pairs)


def _says_it_stays(done: Operation) -> None:
    """For a network whose class is not read from its outline."""
    st.info(
        f"The class of {done.before.title} is not read from its outline, so its probability "
        "stays. What is measured follows.",
        icon=":material/info:",
    )
    _offer_reader()


def _offer_reader() -> None:
    if _READS in services.available():
        st.button(
            f"Ask {services.title_of(_READS)}, which reads it",
            key="_pen_reader",
            on_click=METHOD.set,
            args=(_READS,),
        )


def _measurements(done: Operation) -> None:
    """The measurements of both outlines, side by side."""
    st.subheader("Measured on the outline")
    before, after = done.before, done.after
    first, second = (
        {}
        if one is None or one.lesion is None
        else {name: (value, what) for name, value, what in lesion_rows(one.lesion)}
        for one in (before, after)
    )
    for found, one in ((first, before), (second, after)):
        if one is not None and one.against_truth is not None and one.known != NORMAL:
            for name in ("dice", "hd95"):
                about = OUTLINES[name]
                found[about.title] = (about.said(one.against_truth[name]), about.meaning)
    if not first and not second:
        st.caption("No lesion is outlined, nothing to measure. Draw an outline.")
        return
    lines = ["| Measure | Network's | Yours |", "|:--|:--|:--|"]  # as narrow as a phone
    for name in {**first, **second}:
        was, now = (found.get(name, ("–", ""))[0] for found in (first, second))
        what = {**second, **first}[name][1]
        same = f"**{now}**" if now != was else now
        lines.append(f"| {name} :small[:gray[{what}]] | {was} | {same} |")
    st.markdown("\n".join(lines))
    st.caption(
        "Computed from the mask, not a BI-RADS reading."
        + (" The right column is measured on a reader's outline." if after is not None else "")
    )


def _files(done: Operation) -> list[File]:
    both = "What was said and measured with both outlines, and the steps between them."
    mask = "The outline as it is now: white lesion on black, of the image's size."
    shown = "The image with the outline as it is now, and what is said of it."
    lines = "The same with the outline as a line that stays sharp."
    style = pictures.Style(colour=YOURS)
    return [
        File("Numbers (JSON)", ".json", both, lambda: _as_json(done)),
        File("Outline (PNG)", ".png", mask, lambda: _as_png(done.outline)),
        File("Picture (PNG)", "_picture.png", shown, lambda: pictures.export_png(done.now, style)),
        File("Drawing (SVG)", ".svg", lines, lambda: svg_of(done.now, takeaway.PALETTE)),
    ]


def _as_json(done: Operation) -> str:
    def told(one: Finding | None) -> dict | None:
        if one is None:
            return None
        maps, shares = one.prediction.maps, None
        if score_cells(maps) is not None:
            split = logit_split(maps)
            pairs = zip(split.regions, map(float, split.contributions), strict=True)
            shares = {**dict(pairs), "constant": split.constant}
        return {**one.numbers(), "shares_log_odds": shares}

    document = {
        "steps": write_steps(done.steps),
        "network_outline": told(done.before),
        "reader_outline": told(done.after),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)


def _as_png(mask: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(stream, "PNG")
    return stream.getvalue()
