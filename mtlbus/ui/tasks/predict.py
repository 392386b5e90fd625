"""Predict and Home where the case is no breast ultrasound, and what stands in for the others."""

from __future__ import annotations

import io
import json

import numpy as np
import streamlit as st

from ...checkpoints import Checkpoint
from ...core.quantities import QUANTITIES
from ...core.text import literal
from ...core.wording import DISCLAIMER, listed
from ...data.identity import digest_of
from ...data.task_case import TaskCase
from ...figures import overlay, task_overlay
from ...findings import seen
from ...inference.task_predictor import TaskPrediction
from .. import takeaway, words
from ..takeaway import File
from . import networks, subjects
from .answers import Said, say_how_drawn, show_task


def show(case: TaskCase) -> None:
    """The answers of one network, task by task, and what is known of the truth."""
    name = networks.head(case, literal(case.title))
    found = networks.predict(case, name)
    say_what_it_knows(name, case)
    label = networks.labels(networks.available(case.declaration))[name]
    for task in case.declaration.tasks:
        if task.name in found.answers:
            show_task(task, case, [Said(label, found.answers)])
    say_how_drawn(case)
    takeaway.menu(_files(case, found), f"{case.key.replace(':', '_')}_{found.method}")
    st.caption(f":material/timer: {words.timing(found.seconds, False)}")


def home(case: TaskCase) -> None:
    """What the subject is, then its Predict."""
    st.caption(
        f"{literal(subjects.title_of(case.declaration))}: networks for "
        f"{literal(case.declaration.about)}. Breast ultrasound is under *Subject* in the sidebar."
    )
    show(case)


def breast_only(case: TaskCase) -> None:
    """A page that knows breast ultrasound alone."""
    st.title(literal(case.title))
    subjects.say_breast_only()


def say_what_it_knows(name: str, case: TaskCase) -> None:
    """What the card says a network does not know, and whether it has met this image."""
    found = networks.predictor(name).checkpoint
    known = seen.SENTENCES.get(found.part_of(digest_of(case.image.pixels)) or "")
    if known:
        st.warning(known, icon=":material/visibility:")
    strange = f"{_of_a_phantom(found)} " if case.origin == "phantom" else ""
    st.caption(f"{strange}{literal(found.card.limits)}")


def _of_a_phantom(found: Checkpoint) -> str:
    """What to expect of a network that learned from patients: its figures are not of phantoms."""
    figures = (found.card.metrics.pooled if found.card.metrics else None) or {}
    reached = []
    for task in found.tasks:
        entry = figures.get(f"{task.name}.{task.measure}")
        if isinstance(entry, dict) and entry["value"] is not None:
            one = QUANTITIES[task.measure]
            unit = f" {task.unit}" if task.less_is_better else ""
            reached.append(f"{one.title} {one.said(entry['value'])}{unit} ({task.name})")
    strange = "A phantom, and this network learned from patients: it may well fail here."
    if not reached:
        return strange
    return f"{strange} On test images of patients it reached {literal(listed(reached))}."


def _files(case: TaskCase, found: TaskPrediction) -> list[File]:
    def numbers() -> str:
        document = {
            "case": {"key": case.key, "origin": case.origin, "image_sha256": case.image.sha256},
            "method": found.method,
            "weights_sha256": found.weights_sha256,
            "tasks": {name: answer.numbers() for name, answer in found.answers.items()},
            "terms": DISCLAIMER,
        }
        return json.dumps(document, indent=1, ensure_ascii=False)

    def arrays() -> bytes:
        planes = {"image": case.image.pixels}
        for name, answer in found.answers.items():
            for plane in (answer.values, answer.classes):
                if plane is not None:
                    planes[name] = plane
        planes |= {f"true_{name}": truth for name, truth in case.truths.items()}
        stream = io.BytesIO()
        np.savez_compressed(stream, README=np.array(numbers()), **planes)
        return stream.getvalue()

    def drawn() -> bytes:
        said = f"{case.title}, {found.method}. {DISCLAIMER}"
        return overlay.encode_png(
            task_overlay.picture(case.image.seen, found.answers.values(), said)
        )

    planes = "Image, classes and values as NumPy arrays, the truth with them."
    return [
        File("Picture (PNG)", ".png", "All answers side by side.", drawn),
        File("Numbers (JSON)", ".json", "All numbers of this view as one document.", numbers),
        File("Arrays (NPZ)", ".npz", planes, arrays),
    ]
