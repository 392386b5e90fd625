"""The datasets that the administrator of the server offers, by `MTLBUS_DATA`; nothing else of it.

`MTLBUS_DATA=busi=/data/BUSI;folder=/data/teaching` offers two. A visitor may open other folders
only inside of these, and what lies there is read as untrusted: regular files, links that stay
inside, no content in any message (see `data.places`).
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

import streamlit as st

from ..core.errors import DataError, InputError, MtlbusError
from ..core.text import printable
from ..data.dataset import Dataset, Sample
from ..data.decoding import read_image
from ..data.identity import digest_of
from ..data.layouts import LAYOUTS, OTHER_TASKS, load_dataset
from ..data.places import checked_path, is_folder, lies_inside, shown
from ..data.splits import with_folds
from ..data.task_case import Picture, TaskCase, open_picture
from .case import Case
from .session import held

LOG = logging.getLogger("mtlbus")
_LOGGED: set[tuple[str, str]] = set()
LABELS = {0: "benign", 1: "malignant", None: "class unknown"}
_VARIABLE = "MTLBUS_DATA"


def offered() -> dict[str, str]:
    """What the administrator offers, layout to path."""
    pairs = (part.partition("=") for part in os.environ.get(_VARIABLE, "").split(";"))
    return {
        layout.strip(): str(Path(path.strip()).expanduser())
        for layout, mark, path in pairs
        if mark and path.strip()
    }


def here() -> dict[str, tuple[str, str | None]]:
    """The datasets of this session, layout to path and to the root that it must not leave."""
    named = {layout: (path, None) for layout, path in offered().items()}
    return {**named, **_opened()}


def _opened() -> dict[str, tuple[str, str]]:
    """Layout to path and root of what this visitor opened."""
    return held("dataset_paths", dict)


def of_breast() -> list[str]:
    """The layouts of those of breast ultrasound."""
    return [layout for layout in here() if layout not in OTHER_TASKS]


def roots() -> list[str]:
    """The folders inside of which a visitor may open others."""
    return [path if is_folder(path) else str(Path(path).parent) for path in offered().values()]


def open_inside(layout: str, path: str) -> Dataset:
    """Add a folder or manifest inside of the offered ones to this session.

    Args:
        layout: its name.
        path: as typed; relative to any of the offered folders.

    Raises:
        DataError, InputError: it lies elsewhere, or does not hold that layout.
    """
    path = str(checked_path(path.strip()))
    for root in roots():
        place = os.path.join(root, path)  # an absolute path replaces the root
        if path and os.path.exists(place) and lies_inside(root, place):
            dataset = _read(layout, place, root)
            _opened()[layout] = (place, root)
            return dataset
    raise InputError(
        f"{shown(path)} is not in a folder that this server offers. Give the path of a folder or "
        "manifest inside of one of its datasets."
    )


def open_dataset(layout: str) -> Dataset:
    """A dataset of this session, read once.

    Raises:
        DataError, InputError: it is not offered, or not in its layout.
    """
    path, root = here().get(layout, (None, None))
    if path is None:
        raise InputError(
            f"This link names an image of the dataset {layout[:40]!r}, which is not set up here: "
            f"the administrator offers datasets by {_VARIABLE}."
        )
    if layout not in LAYOUTS:
        raise InputError(f"Unknown dataset layout {layout[:40]!r}. Allowed: {', '.join(LAYOUTS)}.")
    return _read(layout, path, root)


def _log_once(layout: str, error: Exception) -> None:
    """A line for whoever runs the server; each page asks again, so the second time says nothing."""
    line = f"{type(error).__name__}: {printable(error)}"
    if (layout, line) not in _LOGGED:
        _LOGGED.add((layout, line))
        LOG.warning("The dataset %s is left out: %s", printable(layout), line)


@st.cache_resource(show_spinner="Reading the dataset …", max_entries=8)
def _read(layout: str, path: str, root: str | None) -> Dataset:
    try:
        dataset = load_dataset(layout, path, root)
    except MtlbusError as error:
        _log_once(layout, error)
        raise
    except Exception as error:
        # A table of strangers can be wrong in a way that nobody has thought of; the pages go on.
        _log_once(layout, error)
        raise DataError(
            f"The dataset {layout!r} cannot be read ({type(error).__name__}). The server's log "
            "says more."
        ) from error
    if not dataset.samples:
        raise DataError(f"{shown(path)} holds no image in the layout {layout!r}. Check the path.")
    return dataset


@st.cache_resource(show_spinner=False, max_entries=8)
def _index(layout: str, path: str, root: str | None) -> dict[str, Sample]:
    """The samples of a dataset by printable id, with the folds that a training gives them."""
    samples = _read(layout, path, root).samples
    try:
        folds = {sample.id: sample.fold for sample in with_folds(samples)}
    except DataError:  # too few to split: nothing was trained on them
        folds = {}
    return {printable(sample.id): replace(sample, fold=folds.get(sample.id)) for sample in samples}


def samples_of(layout: str) -> dict[str, Sample]:
    """The samples of a dataset of this session by printable id.

    Raises:
        DataError, InputError: it is not offered, or not in its layout.
    """
    open_dataset(layout)
    return _index(layout, *here()[layout])


def case_of(layout: str, sample_id: str) -> Case:
    """An image of a dataset of breast ultrasound, with its true mask where it has one.

    Raises:
        InputError, DataError: no such dataset or image, or it cannot be read.
    """
    return _case(layout, _sample(layout, sample_id))


def task_case_of(layout: str, sample_id: str) -> TaskCase:
    """An image of a dataset of other tasks, with what is true of it.

    Raises:
        InputError, DataError: no such dataset or image, or it cannot be read.
    """
    sample, declaration = _sample(layout, sample_id), open_dataset(layout).declaration
    if sample.in_pictures:
        image = open_picture(sample.image, sample.form, sample.image.name)
    else:
        pixels = sample.pixels()
        image = Picture(pixels, digest_of(pixels), sample.id)
    height, width = shape = image.pixels.shape[:2]
    truths, about = {}, [f"{declaration.title or layout}, {width}×{height} px."]
    for task in declaration.tasks:
        truth, problem = sample.truth(task, shape)
        if truth is not None:
            truths[task.name] = truth
        about += [f"Not used: {problem}"] if problem else []
    about += [f"Its part: {sample.part}."] if sample.part else []
    name = printable(sample.id)
    return TaskCase(
        f"{layout}:{name}", name, image, declaration, truths, "dataset", " ".join(about)
    )


def _sample(layout: str, sample_id: str) -> Sample:
    samples = samples_of(layout)
    if sample_id not in samples:
        raise InputError(f"The dataset {layout!r} has no image named {sample_id[:60]!r}.")
    return samples[sample_id]


def _case(layout: str, sample: Sample) -> Case:
    image = read_image(sample.image)
    truth, problem = sample.usable_mask(image.pixels.shape)
    height, width = image.pixels.shape
    known = "normal, without a lesion" if sample.normal else LABELS[sample.label]
    facts = ", ".join(f"{name} {value}" for name, value in sample.facts.items() if value)
    about = [f"{layout}, {known}, {width}×{height} px."]
    about += [f"Fold {sample.fold}."] if sample.fold else []
    about += [f"{facts}."] if facts else []
    about += [f"Its true mask is not used. {problem}"] if problem else []
    name = printable(sample.id)  # an address and a page take nothing else
    return Case(
        f"{layout}:{name}", name, image, truth, sample.label, "dataset", " ".join(about),
        sample.dataset,
    )  # fmt: skip
