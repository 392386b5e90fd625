"""What is looked at besides breast ultrasound: declarations, by the networks that are here."""

from __future__ import annotations

import streamlit as st

from ...core.declaration import BREAST, Declaration
from ...core.errors import InputError
from ...data import openkbp, phantom_ct
from ...data.layouts import OTHER_TASKS
from ...data.task_case import Picture, TaskCase
from .. import case_store, datasets, services
from ..case import Case
from ..case_store import UPLOAD, Unopened
from ..session import Slot

ABOUT = "about:"
"""How a name in the address begins that means no case, but what the next one is about."""
_SUBJECT = Slot("_subject", BREAST)


def declarations() -> dict[str, Declaration]:
    """Of the networks that are here, by name; of several with one name the first."""
    found: dict[str, Declaration] = {}
    for checkpoint in services.of_other_tasks().values():
        found.setdefault(checkpoint.declaration.name, checkpoint.declaration)
    return found


def current() -> Declaration:
    """What the current case, or the last one that could be opened, is about."""
    return _SUBJECT.get()


def note(found: Case | TaskCase | Unopened) -> None:
    """Remember what the current case is about, for the next upload and for Performance."""
    if isinstance(found, TaskCase):
        _SUBJECT.set(found.declaration)
    elif isinstance(found, Case):
        _SUBJECT.set(BREAST)
    elif found.kind == "empty":
        _SUBJECT.set(declarations()[found.key.removeprefix(ABOUT)])


def say_breast_only() -> None:
    """One line on a page that knows breast ultrasound alone, where something else is looked at."""
    if current() != BREAST:
        st.info(
            "This page is about breast ultrasound, and the case is not. Choose *Breast "
            "ultrasound* under *Subject* in the sidebar, or another page.",
            icon=":material/info:",
        )


def title_of(declaration: Declaration) -> str:
    """For people."""
    return declaration.title or declaration.name


def alike(first: Declaration, second: Declaration) -> bool:
    """Whether the networks of one may be asked about the cases of the other."""
    return (first.tasks, first.image) == (second.tasks, second.image)


def samples(declaration: Declaration) -> dict[str, str]:
    """Key and title of the phantoms that ship for a declaration."""
    if not alike(declaration, openkbp.DECLARATION):
        return {}
    return {key: one.title for key, one in phantom_ct.SLICES.items()}


def first_case(name: str) -> str:
    """The key that a subject opens with: a phantom, an image of a dataset, or none."""
    declaration = declarations()[name]
    for key in samples(declaration):
        return key
    for layout in datasets.here():
        if layout in OTHER_TASKS:
            found = datasets.open_dataset(layout)
            if alike(found.declaration, declaration):
                return f"{layout}:{next(iter(datasets.samples_of(layout)))}"
    return f"{ABOUT}{name}"


def open_case(key: str) -> TaskCase | None:
    """The case behind a key; None for one of breast ultrasound.

    Raises:
        InputError, DataError: it does not exist here, or cannot be read.
        CaseError: there is nothing to look at yet.
    """
    if key in phantom_ct.SLICES:
        return phantom_ct.planning_ct(key)
    layout, _, sample = key.partition(":")
    if layout in OTHER_TASKS:
        return datasets.task_case_of(layout, sample)
    if key.startswith(ABOUT):
        name = key.removeprefix(ABOUT)
        first = first_case(name) if name in declarations() else key
        if first == key:
            raise case_store.CaseError(_empty(key))
        return open_case(first)
    found = case_store.of_session().get(key) if key.startswith(UPLOAD) else None
    return found if isinstance(found, TaskCase) else None


def _empty(key: str) -> Unopened:
    declaration = declarations().get(key.removeprefix(ABOUT))
    if declaration is None:
        raise InputError("No network here is about that.")
    form = declaration.image
    why = (
        f"No sample ships for “{title_of(declaration)}”: upload an image ({form.colour}, "
        f"{form.bits} bits), or open one of a dataset of this server."
    )
    return Unopened(key, title_of(declaration), "empty", why)


def from_upload(key: str, image: Picture, declaration: Declaration) -> TaskCase:
    """An uploaded image: nothing is known about it but its pixels."""
    height, width = image.pixels.shape[:2]
    about = f"Uploaded as {title_of(declaration)}, {width}×{height} px."
    return TaskCase(key, image.name or "Uploaded image", image, declaration, {}, "upload", about)


def titles(declaration: Declaration) -> dict[str, str]:
    """Key and title of the phantoms and of this visitor's images, the newest first."""
    found = samples(declaration)
    for one in case_store.of_session().task_cases():
        if alike(one.declaration, declaration):
            found[one.key] = f"Upload: {one.title}"
    return found
