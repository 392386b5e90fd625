"""Attributions where the case is no breast ultrasound: which pixels an answer rests on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st

from ...core.errors import MtlbusError
from ...core.text import literal
from ...core.wording import DISCLAIMER
from ...data.task_case import TaskCase
from ...explain.agreement import rank_correlation
from ...explain.attributions import Attribution
from ...explain.gradcam import NotServed
from ...explain.options import Options
from ...explain.placebo import randomised
from ...explain.request import PLACEBO
from ...explain.subject import Subject
from ...explain.task_targets import TaskTarget, first_target, task_targets
from ...explain.techniques import served_by, technique_of
from ...figures import attribution_maps, overlay
from ...figures.attribution_maps import MapLook
from .. import address, takeaway
from ..attributions import runs
from ..attributions.quantities import quantity
from ..attributions.runs import Computation
from ..memory import joined, mirror, pick, several, toggle
from ..results import ResultStore, bytes_held
from ..takeaway import File
from ..theme import strong
from ..widgets import explain_error
from . import networks
from .predict import say_what_it_knows

_FIRST = ("gradcam", "saliency", "integrated_gradients")  # of those that a network can have
_MAPS = ResultStore(
    64 * 1024**2,
    lambda found: bytes_held(found.square, found.plane) if isinstance(found, Attribution) else 512,
)


@dataclass(frozen=True)
class Inquiry:
    """What is asked.

    Attributes:
        case, name: of whom, by which network.
        subject: the question to it.
        techniques: names.
        placebo: each also of shuffled weights.
    """

    case: TaskCase
    name: str
    subject: Subject
    techniques: tuple[str, ...]
    placebo: bool

    @property
    def target(self) -> TaskTarget:
        """What is explained."""
        assert isinstance(self.subject.target, TaskTarget)
        return self.subject.target

    def key(self, technique: str, random: bool) -> Hashable:
        """What a map depends on."""
        digest = networks.predictor(self.name).checkpoint.digest
        return (self.case.image.sha256, digest, str(self.target), technique, random)

    def found(self, technique: str, random: bool = False) -> Attribution | NotServed | None:
        """A map that was computed, or why it cannot be; None where it is missing."""
        return _MAPS.peek(self.key(technique, random))


def show(case: TaskCase) -> None:
    """Choose an answer and methods; maps with their placebos."""
    about = "Which pixels an answer rests on, each map with its placebo."
    name = networks.head(case, "Attributions", about)
    say_what_it_knows(name, case)
    try:
        asked = _ask(case, name)
    except MtlbusError as error:  # nothing of what is asked for is there
        explain_error(error)
        return
    value = quantity(asked.subject.value("image", asked.subject.grey), sign=True)
    unit = f" {literal(asked.target.unit)}" if asked.target.task.unit else ""
    st.markdown(f"Explained is the **{literal(asked.target.words)}**, here **{value}{unit}**.")
    if not asked.techniques:
        st.info("Choose at least one attribution above.", icon=":material/arrow_upward:")
        return
    _compute(asked)
    _draw(asked)


def _ask(case: TaskCase, name: str) -> Inquiry:
    network = networks.predictor(name)
    targets = {str(one): one for one in task_targets(network.checkpoint.tasks)}
    prepared, said = network.prepare(case.image), networks.predict(case, name)
    first = str(first_target(network.checkpoint.tasks, said.planes))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = pick(
            "Explain", "target", targets, first, always=True, draw=st.selectbox, width=380,
            format_func=lambda text: targets[text].words,
        )  # fmt: skip
        placebo = toggle(
            "Placebo",
            "placebo",
            True,
            help="The same computation on shuffled weights, in which nothing learnt is left.",
        )
    offered = served_by(network.checkpoint.card.spec.maps)
    wanted = several("attributions", offered, [one for one in _FIRST if one in offered])
    picked = st.pills(
        "Attributions", offered, selection_mode="multi", wrap=True,
        format_func=lambda one: technique_of(one).title, **mirror("attributions", wanted),
    )  # fmt: skip
    address.write_link("attributions", joined(picked))
    subject = Subject.of_tasks(network, prepared.grey, prepared.frame, targets[chosen], said.planes)
    return Inquiry(case, name, subject, tuple(picked), placebo)


def _compute(asked: Inquiry) -> None:
    """The cheap maps at once, the others after a press of the button."""
    steps = [
        _step(asked, name, random)
        for random in ((False, True) if asked.placebo else (False,))
        for name in asked.techniques
        if asked.found(name, random) is None
    ]
    if not runs.say_if_stopped():
        first = runs.at_once(steps)
        runs.run(first, "_stop_first")
        steps = [step for step in steps if step not in first]
    if not steps:
        return
    missing = f"{runs.total_cost(steps).passes} passes through the network are missing."
    runs.offer(steps, missing, "run", "Run", "play_arrow", type=strong())


def _step(asked: Inquiry, name: str, random: bool) -> Computation:
    options, subject = Options(), asked.subject

    def compute(watch: Callable[[int], None]) -> Attribution | NotServed:
        made = replace(subject, watch=watch, known={})
        made = made.of_model(randomised(subject.model)) if random else made
        return runs.attributed(made, name, options)

    cost = technique_of(name).price(options, subject.frame, subject.size)
    once = partial(_MAPS.get, asked.key(name, random))
    return Computation(runs.title_of(name, random), cost, once, compute)


def _draw(asked: Inquiry) -> None:
    maps: dict[str, Attribution] = {}
    for name in asked.techniques:
        own, twin = asked.found(name), asked.found(name, True) if asked.placebo else None
        if isinstance(own, NotServed):
            st.caption(f"{technique_of(name).title}: {literal(own)}")
        if not isinstance(own, Attribution):
            continue
        maps[name] = own
        with st.grid(2, min_column_width=280, gap="small"):
            _picture(asked, name, own, "")
            if isinstance(twin, Attribution):
                maps[f"{name}{PLACEBO}"] = twin
                likeness = rank_correlation(own.plane, twin.plane)
                said = "" if likeness is None else f"rank correlation with the map {likeness:.2f}"
                _picture(asked, name, twin, f"placebo, {said}")
        technique = technique_of(name)
        st.caption(f"{technique.what} {technique.isnt}")
    if maps:
        sheet = attribution_maps.contact_sheet
        make = partial(sheet, asked.case.image.seen, maps, asked.target, DISCLAIMER)
        files = [File("Pictures (PNG)", ".png", "All maps with their scales.", make)]
        takeaway.menu(files, f"{asked.case.key.replace(':', '_')}_attributions")


def _picture(asked: Inquiry, name: str, found: Attribution, mark: str) -> None:
    technique = technique_of(name)
    limit = attribution_maps.limit_of(found.plane)
    look = MapLook(technique.signed, limit, asked.target.poles)
    pixels: np.ndarray = asked.case.image.seen
    panel = attribution_maps.add_scale(attribution_maps.map_panel(pixels, found.plane, look), look)
    with st.container(gap="xxsmall"):
        st.markdown(f"**{technique.title}**{f', {mark}' if mark else ''}")
        alt = f"{technique.title} of the {asked.target.words} over {asked.case.title}{mark}."
        st.image(overlay.encode_jpeg(panel), width="stretch", alt=alt)
