"""The maps of the Attributions page, in equal panels, each with its placebo and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...core.quantities import ATTRIBUTED, heads
from ...core.text import literal
from ...core.wording import signed
from ...explain.agreement import mass_inside, peak, points_into, rank_correlation
from ...explain.attributions import Attribution, Completeness
from ...explain.gradcam import NotServed
from ...explain.technique import Technique
from ...explain.techniques import TECHNIQUES
from ...figures import attribution_maps, colours, overlay
from ...figures.attribution_maps import MapLook
from .. import services
from ..results import ResultStore
from ..tables import columns, show_table
from .quantities import quantity
from .question import Question

H = heads(*ATTRIBUTED)
_PICTURES = ResultStore(32 * 1024**2, len)
_SIMILARITIES = ResultStore(1024**2, lambda pair: 64)
_COLUMNS = 4
_UNITS = {
    "share": "{unit} a pixel",
    "slope": "{unit} a pixel, per full step of grey",
    "effect": "{unit}",
}
PLACEBO_NOTE = "shuffled weights, nothing learnt is left in it"


@dataclass(frozen=True)
class Controls:
    """How all maps are drawn; none of this computes a map.

    Attributes:
        signed: with their sign; otherwise their size.
        common: one scale for all maps of a unit; otherwise each map ends at its own strongest.
        opacity: of the colours, 0..1.
        smooth: blur for the eye, pixels of the image.
        marks: draw outline, box and strongest place.
    """

    signed: bool
    common: bool
    opacity: float
    smooth: float
    marks: bool


@st.fragment
@services.one_look()
def maps(question: Question) -> None:
    """Every map with what it is and is not; its controls draw again and compute no map."""
    found, names = question.maps(), question.request.attributions
    if not any(question.found(name) for name in names):
        return
    head = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with head:
        scales = st.container(gap="xxsmall", width="content")
        controls = _controls()
    limits = _limits(found, controls)
    with scales:
        _scales(question, controls)
    beside = len(names) == 1  # a single map has its placebo beside it
    grid = st.grid(max(2, min(_COLUMNS, len(names))), min_column_width=210, gap="medium")
    for name in names:
        with grid:
            place, twin = st.container(), st.container() if beside else None
        _cell(question, TECHNIQUES[name], limits.get(name, 0.0), controls, place, twin)
    if question.request.placebo and found:
        where = "Beside the map" if beside else "Under each map"
        st.caption(
            f"{where} stands its placebo ({PLACEBO_NOTE}), with the rank correlation ρ of the "
            "two: near 0 the map hangs on what was learnt, near 1 it does not."
        )


def _scales(question: Question, controls: Controls) -> None:
    """What the colours mean, once for all maps, in the size of the text."""
    kinds = {controls.signed and TECHNIQUES[name].signed for name in question.maps()}
    poles = question.request.target.poles
    for both_ways in sorted(kinds, reverse=True):
        low, high = (f"−1 {poles[0]}", f"+1 {poles[1]}") if both_ways else ("0 none", "1 strongest")
        bar = overlay.encode_png(attribution_maps.scale_bar(MapLook(both_ways, 1.0, poles)))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            which = "Signed" if both_ways else "Size"
            st.markdown(f"{which}: {low}", width="content")
            st.image(bar, width=140, alt=f"{which}, from {low} to {high}.")
            st.markdown(f"{high}; clear at 0" if both_ways else high, width="content")


def _controls() -> Controls:
    with st.popover("Look", icon=":material/palette:", width="content"):
        view = st.segmented_control(
            "View", ["Signed", "Size"], default="Signed", required=True, key="_map_view",
            help="Signed: for and against the answer, clear at 0. Size: how strong, whatever the "
            "sign.",
        )  # fmt: skip
        scale = st.segmented_control(
            "Scale ends at",
            ["its own strongest", "one for all"],
            required=True,
            default="its own strongest",
            key="_map_scale",
            help="Maps of different units cannot share a number. “One for all” uses the strongest "
            "of all maps of one unit, so that their strengths compare.",
        )
        opacity = st.slider("Strength of the colours, %", 10, 100, 85, 5, key="_map_opacity")
        smooth = st.slider(
            "Blur, px", 0.0, 8.0, 0.0, 0.5, key="_map_smooth", format="%.1f",
            help="For the eye only. The numbers are never taken from a blurred map.",
        )  # fmt: skip
        marks = st.toggle("Marks", True, key="_map_marks", help=(
            "The outline of the predicted lesion, the box of the target, and a cross on the "
            "strongest place of each map."))  # fmt: skip
    return Controls(view == "Signed", scale == "one for all", opacity / 100, smooth, marks)


def _limits(found: Mapping[str, Attribution], controls: Controls) -> dict[str, float]:
    """The number behind ±1 for each map."""
    own = {n: attribution_maps.limit_of(a.plane, controls.smooth) for n, a in found.items()}
    if not controls.common:
        return own
    units = {name: TECHNIQUES[name].unit for name in own}
    return {n: max(own[m] for m in own if units[m] == units[n]) for n in own}


def _cell(
    question: Question,
    technique: Technique,
    limit: float,
    controls: Controls,
    place: DeltaGenerator,
    beside: DeltaGenerator | None,
) -> None:
    """Map, placebo, then words, so that the pictures of all cells stand on one height.

    `limit` is the number behind ±1; the placebo stands `beside`, or below the map where that is
    None.
    """
    found, twin = question.found(technique.name), question.placebo(technique.name)
    with place:
        st.markdown(f"**{technique.title}**")
        if found is None:
            st.info("Not run yet.", icon=":material/hourglass_empty:")
            return
        if isinstance(found, NotServed):
            st.info(literal(found), icon=":material/block:")
            return
        picture(question, technique, found, limit, controls)
    with place if beside is None else beside:
        if isinstance(twin, NotServed):
            st.caption(f"Placebo: {literal(twin)}")
        elif twin is not None:
            signed = controls.signed and technique.signed
            st.markdown(f":gray[Placebo, {_alike(*similarity(question, technique.name), signed)}]")
            own = attribution_maps.limit_of(twin.plane, controls.smooth)
            picture(question, technique, twin, limit if controls.common else own, controls, True)
    scale = _scale_words(question, technique, limit)
    place.caption(f"{technique.what} **{technique.isnt}** {scale}")


def _alike(with_sign: float | None, of_sizes: float | None, signed: bool) -> str:
    """Rank correlation of a map and its placebo; of sizes too, which is the stricter test."""
    if of_sizes is None:
        return "flat"
    sizes = f"of sizes {_signed(of_sizes)}"
    return f"ρ = {_signed(with_sign)}, {sizes}" if signed else f"ρ {sizes}"


def picture(
    question: Question,
    technique: Technique,
    found: Attribution,
    limit: float,
    controls: Controls,
    random: bool = False,
) -> None:
    """One map over the image, with alternative text."""
    look = MapLook(
        controls.signed and technique.signed,
        limit,
        question.request.target.poles,
        controls.opacity,
        controls.smooth,
    )
    key = (question.map_key(technique.name, random), question.case.key, look, controls.marks)
    data = _PICTURES.get(
        key, lambda: overlay.encode_light(drawn(question, found, look, controls.marks))
    )
    row, column = peak(found.plane)
    strongest = (
        "is flat" if np.ptp(found.plane) == 0 else (f"is strongest at row {row}, column {column}")
    )
    what = f"{technique.title}{f', placebo with {PLACEBO_NOTE},' if random else ''}"
    st.image(data, width="stretch", alt=f"{question.case.title}: the map of {what} {strongest}.")


def drawn(question: Question, found: Attribution, look: MapLook, marks: bool) -> np.ndarray:
    """A map as h×w×3 uint8, with marks."""
    pixels = question.case.image.pixels
    panel = attribution_maps.map_panel(pixels, found.plane, look)
    if marks:
        plane = question.prediction.mask_probability
        if plane is not None:
            panel = overlay.draw_region(panel, plane, colours.OUTLINE, line=1.6)
        target = question.request.target
        box = target.box or question.lesion_box if target.region == "box" else None
        if box is not None:
            panel = attribution_maps.add_box(panel, box, pixels.shape[1])
        if np.ptp(found.plane) > 0:
            panel = attribution_maps.add_cross(panel, peak(found.plane), pixels.shape[1])
    return panel


def _scale_words(question: Question, technique: Technique, limit: float) -> str:
    if technique.unit == "heat":
        return "Its numbers have no unit."
    return f"1 is {quantity(limit)} {_UNITS[technique.unit]}.".format(
        unit=question.request.target.unit
    )


def similarity(question: Question, name: str) -> tuple[float | None, float | None]:
    """Spearman's ρ of a map and its placebo, with sign and of sizes; None where undefined."""
    found, twin = question.found(name), question.placebo(name)
    if not (isinstance(found, Attribution) and isinstance(twin, Attribution)):
        return None, None
    first, second = found.plane, twin.plane
    return _SIMILARITIES.get(
        question.map_key(name, True),
        lambda: (rank_correlation(first, second), rank_correlation(abs(first), abs(second))),
    )


def _signed(value: float | None) -> str:
    return "–" if value is None else signed(value)


def numbers(question: Question) -> None:
    """The table under the maps; everything in it is computed on maps that are there."""
    found = question.maps()
    if not found:
        return
    st.subheader("The maps in numbers")
    table, config = numbers_table(question), st.column_config
    heads = {
        H["points_into"]: config.TextColumn(help=ATTRIBUTED["points_into"].meaning),
        H["passes"]: config.TextColumn(help=ATTRIBUTED["passes"].meaning),
        **columns(
            "total",
            "change",
            "completeness",
            "mass_inside",
            "placebo",
            "placebo_sizes",
            "seconds",
        ),
    }
    show_table(table, "The maps in numbers.", heads, placeholder="–")
    held = question.mask
    st.caption(
        "Without a lesion, true or predicted, nothing can be said about place."
        if held is None
        else f"Place is held to the {held[1]} lesion, which is {held[0].mean():.0%} of the image: "
        "a map without any knowledge has about that much of its mass inside."
    )


def numbers_table(question: Question) -> pd.DataFrame:
    """One row a map; columns in which nothing stands are left out."""
    held = question.mask
    rows = []
    for name, found in question.maps().items():
        complete = found.completeness or Completeness(np.nan, np.nan)
        with_sign, of_sizes = similarity(question, name)
        points = None if held is None else points_into(found.plane, held[0])
        rows.append(
            {
                "Attribution": TECHNIQUES[name].title,
                H["total"]: complete.total,
                H["change"]: complete.change,
                H["completeness"]: complete.share if found.completeness else None,
                H["points_into"]: None if points is None else ("yes" if points else "no"),
                H["mass_inside"]: None if held is None else mass_inside(found.plane, held[0]),
                H["placebo"]: with_sign,
                H["placebo_sizes"]: of_sizes,
                H["passes"]: f"{found.cost.forwards} + {found.cost.gradients}",
                H["seconds"]: found.seconds,
            }
        )
    table = pd.DataFrame(rows)
    return table[[column for column in table if table[column].notna().any()]]
