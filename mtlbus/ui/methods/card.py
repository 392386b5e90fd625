"""The card of a method: head, and the sections on its idea, equations and decisions."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape

import streamlit as st

from ...core.spec import Decision, Equation, Spec
from ...core.text import literal
from ...export.method_views import parameters_of
from ...figures.diagrams import diagram_svg, lay_out
from ...methods import get_spec
from ...methods.pretraining import stored_options
from ...methods.registry import get_entry
from ...training.recipe_words import loss_words, start_words
from .. import memory, services
from ..session import Slot
from ..theme import is_dark
from . import files, pick, record
from .overview import millions

READING = 900  # px, the width of a line that is read with ease
BIGGER = 1.2  # drawings on the page, where there is room
ROLES = {
    "proposed": ":blue-badge[proposed]",
    "ablation": ":violet-badge[ablation]",
    "baseline": ":gray-badge[baseline]",
}
VARIANTS = {"compact": "Compact variant", "paper": "The paper's sizes"}
_SIZES = Slot("sizes", "compact")  # that the drawing shows


def show(method: str) -> None:
    """The card, one section at a time; the section is kept in the address as `tab`."""
    spec = get_spec(method)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("All methods", icon=":material/arrow_back:", on_click=pick.close)
        with st.container(width=328):
            pick.pick()
        _ways_on(method)
    with st.container(width=READING):
        _head(spec)
        with st.container(horizontal=True, vertical_alignment="center"):
            chosen = memory.pick(
                "Section", "tab", SECTIONS, always=True, label_visibility="collapsed",
                format_func=lambda name: SECTIONS[name][0],
            )  # fmt: skip
            files.offer_card(spec, _SIZES.get())
        if chosen != "idea":
            SECTIONS[chosen][1](spec)
    if chosen == "idea":  # its drawing may be wider than a line
        _idea(spec)


def _ways_on(method: str) -> None:
    trained = pick.can_predict(method)
    for page, label, icon, possible in (
        ("predict", "Predict with it", "radiology", trained),
        ("attention", "Look inside", "visibility", pick.can_look_inside(method)),
        ("performance", "How good it is", "monitoring", trained),
    ):
        if possible:
            st.button(
                label, icon=f":material/{icon}:", key=f"_go_{page}", type="tertiary",
                on_click=pick.go, args=(page, method),
            )  # fmt: skip


def _head(spec: Spec) -> None:
    st.title(spec.title)
    answers = [word for word, said in (("mask", spec.segments), ("class", spec.classifies)) if said]
    trained = pick.can_predict(spec.name)
    weights = ":blue-badge[weights ship]" if trained else ":gray-badge[no trained weights ship yet]"
    where = "" if spec.role == "proposed" else "Described or compared in: "
    st.markdown(f"{ROLES[spec.role]} :gray-badge[answers: {' + '.join(answers)}] {weights}")
    st.caption(
        f"{where}{spec.paper.authors} ({spec.paper.year}). *{spec.paper.title}.* "
        f"{spec.paper.reference}."
    )


def _idea(spec: Spec) -> None:
    with st.container(width=READING):
        st.markdown(spec.idea)
    if spec.diagram is None:
        return
    variant = _SIZES.get()
    svg = diagram_svg(spec.diagram, files.shapes_of(spec.name, variant), is_dark())
    width, alt = round(BIGGER * lay_out(spec.diagram).width), f"Wiring of {spec.title}."
    alt = f"{alt} {spec.diagram.reading}"
    st.image(svg, width=width, alt=alt)
    with st.container(width=READING):
        if st.button("Enlarge", icon=":material/zoom_out_map:", type="tertiary"):
            _enlarged(svg, width, alt)
        memory.pick("Sizes in the drawing", _SIZES.name, VARIANTS, format_func=VARIANTS.get)
        st.caption(
            f"{spec.diagram.reading} “64@128” is 64 channels of 128×128 cells, measured on the "
            f"network for an image of {spec.input_size}×{spec.input_size} pixels."
        )
        st.markdown(_size_line(spec))


@st.dialog("How it is wired", width="large", icon=":material/account_tree:")
def _enlarged(svg: str, width: int, alt: str) -> None:
    """The drawing, so many pixels wide, moved with the arrow keys or by dragging its bar."""
    st.caption("Where it is wider than the window it moves sideways, also with the arrow keys.")
    source = base64.b64encode(svg.encode()).decode()
    st.html(
        f'<div tabindex="0" role="group" aria-label="Drawing, scrolls" style="overflow: auto">'
        f'<img src="data:image/svg+xml;base64,{source}" alt="{escape(alt)}" width="{width}" '
        f'style="max-width: none"></div>'
    )


def _size_line(spec: Spec) -> str:
    """Parameters of both variants, and the speed where a card states it."""
    found = services.available().get(spec.name)
    counts = parameters_of(spec.name, found)
    line = (
        f"**{millions(counts['compact'])}** parameters in the compact variant, "
        f"**{millions(counts['paper'])}** in the paper's sizes."
    )
    cost = found.card.cost if found else None
    if cost and cost["milliseconds"]:
        threads = cost["threads"]
        line += (
            f" **{cost['milliseconds']:.0f} ms** for an image (median of {cost['forwards']} runs "
            f"at {cost['size']} px; {cost['machine']}, {threads} thread{'s' * (threads != 1)})."
        )
    return line


def _equations(spec: Spec) -> None:
    if spec.recipe is None:
        st.caption("The source states no losses for this method, or they could not be read.")
    for number, equation in enumerate(spec.equations, start=1):
        _equation(number, equation)
    _trained_with(spec)


def _trained_with(spec: Spec) -> None:
    """What the shipped weights were trained with in fact, which may be another loss."""
    found = services.available().get(spec.name)
    rounds = found.rounds if found else []
    loss = loss_words(rounds[-1].recipe or {}, spec.segments, spec.classifies) if rounds else ""
    if loss:
        st.info(
            f"**The shipped weights were trained with** {literal(loss)}. "
            f"Their start: {literal(start_words(rounds[0]))}.",
            icon=":material/model_training:",
        )


def _equation(number: int, equation: Equation) -> None:
    badges = " ".join(f":violet-badge[{decision}]" for decision in equation.decisions)
    with st.container(border=True):
        st.markdown(f"**{number}. {equation.name}** :gray[{equation.source}] {badges}")
        st.latex(equation.latex)
        st.markdown(equation.symbols)
        if equation.printed:
            st.caption("As printed in the source; above it is corrected or made definite:")
            st.latex(equation.printed)


def _decisions(spec: Spec) -> None:
    st.markdown(f"**Stated in the source.** {spec.stated}")
    st.markdown(f"**Ours.** {spec.ours}")
    deviations = _deviations(spec)
    if deviations:
        st.info(
            f"The shipped weights were trained with other choices than the defaults: "
            f"{', '.join(deviations)}.",
            icon=":material/tune:",
        )
    if not spec.decisions:
        st.caption("No numbered decision was needed.")
    for decision in spec.decisions:
        _decision(decision)


def _decision(decision: Decision) -> None:
    with st.container(border=True):
        st.markdown(f":violet-badge[{decision.number}] **{decision.question}**")
        st.markdown(f"**We do:** {decision.default}")
        st.markdown(f"**Because:** {decision.reason}")
        if decision.choices:
            st.markdown(f"**Options:** `{decision.choices}`")


def _deviations(spec: Spec) -> list[str]:
    """Options of the shipped weights that are not the defaults."""
    found = services.available().get(spec.name)
    if found is None:
        return []
    defaults = get_entry(spec.name).options
    return [
        f"`{name} = {value}` (default {defaults[name]})"
        for name, value in stored_options(spec.name, found.card.options).items()
        if name in defaults and value != defaults[name]
    ]


SECTIONS: dict[str, tuple[str, Callable[[Spec], None]]] = {
    "idea": ("Idea", _idea),
    "equations": ("Equations", _equations),
    "decisions": ("Decisions", _decisions),
    "paper": ("In the paper", record.in_the_paper),
    "training": ("Training", record.training),
    "card": ("Card", record.model_card),
}
