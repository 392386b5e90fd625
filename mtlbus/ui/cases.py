"""Where cases come from: the gallery of phantoms, uploads, and the datasets of the server."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from ..core.errors import InputError
from ..data import edits
from ..data.edits import Box
from ..data.intake import GreyImage
from ..data.layouts import LAYOUTS, OTHER_TASKS
from ..data.phantom import GALLERY, make_phantom
from ..data.phantom_state import grey_image, is_phantom, read_state
from ..data.task_case import TaskCase
from . import case_store, datasets
from .case import Case
from .case_store import Film


def open_shipped(key: str) -> Case:
    """A phantom, of the gallery or with turned knobs, or a case of a configured dataset.

    Raises:
        InputError, DataError: it does not exist here, or cannot be read.
    """
    if is_phantom(key):
        return phantom_case(key)
    dataset, separator, sample = key.partition(":")
    if separator and dataset in LAYOUTS and dataset not in OTHER_TASKS:
        return datasets.case_of(dataset, sample)
    raise InputError(f"There is no case named {key[:60]!r} in the gallery.")


@lru_cache(maxsize=64)
def phantom_case(key: str) -> Case:
    """A phantom, 256×256, with its true mask.

    Raises:
        InputError, UnknownNameError: no such phantom.
    """
    state = read_state(key)
    phantom = make_phantom(state.parameters)
    image, title, about = grey_image(phantom, state.base), state.entry.title, state.entry.text
    if state.turned:
        title, about = (
            f"{title}, changed" if state.parameters.lesion else "Normal breast",
            f"It began as: {title}. Now: {', '.join(state.words())}.",
        )
    return Case(key, title, image, phantom.mask, state.label, "phantom", about)


def from_upload(key: str, image: GreyImage, film: Film | None = None) -> Case:
    """An uploaded image: nothing is known about it but its pixels.

    Args:
        key: its name in the address.
        image: its pixels.
        film: the file of many frames that it is one of, if it is.
    """
    height, width = image.pixels.shape
    changes = f" On the way in: {'; '.join(image.notes)}." if image.notes else ""
    size = " × ".join(f"{step:.3f}" for step in reversed(image.spacing or ()))
    about = f"Uploaded, {width}×{height} px{f', {size} mm per pixel' if size else ''}.{changes}"
    title = image.name or "Uploaded image"
    if film is not None:
        title = f"{title}, frame {image.frame + 1} of {image.frames}"
    digest = "" if film is None else film.digest
    return Case(key, title, image, None, None, "upload", about, film=digest)


def cropped(case: Case, box: Box) -> Case:
    """The part of a case inside a box, as a case of its own; its true outline with it.

    Raises:
        InputError: the box does not lie on the image, or is narrower than an image may be.
    """
    image = edits.cropped(case.image, box)
    left, top, width, height = box
    truth = case.truth
    if truth is not None:
        inside = np.ascontiguousarray(truth[top : top + height, left : left + width])
        truth = None if truth.any() and not inside.any() else inside  # the lesion was cut off
    return _edited(case, image, truth, "cropped")


def blackened(case: Case, box: Box) -> Case:
    """A case that is black inside a box, as a case of its own.

    Raises:
        InputError: the box does not lie on the image.
    """
    return _edited(case, edits.blackened(case.image, box), case.truth, "blacked out")


def _edited(case: Case, image: GreyImage, truth: np.ndarray | None, word: str) -> Case:
    note = image.notes[-1]
    return replace(
        case, key=case_store.key_of(image.sha256), title=_title_with(case, word), image=image,
        truth=truth, about=f"{case.about} {note[0].upper()}{note[1:]}.", before=case, film="",
    )  # fmt: skip


def _title_with(case: Case, word: str) -> str:
    """As "scan.png (cropped, blacked out)": each word once, however often it was done."""
    first = case.as_it_came.title
    done = case.title[len(first) :].strip(" ()")
    words = done.split(", ") if done else []
    return f"{first} ({', '.join(words if word in words else [*words, word])})"


def titles_at_hand() -> dict[str, str]:
    """Key and title of the gallery and of this visitor's images, the newest first."""
    titles = {key: entry.title for key, entry in GALLERY.items()}
    return titles | {case.key: f"Upload: {case.title}" for case in case_store.of_session().cases()}


def blinded(case: Case | TaskCase) -> Case | TaskCase:
    """A case whose name and answers are hidden, for whoever wants to judge first."""
    if isinstance(case, TaskCase):
        return replace(case, title="Blind case", about="Name and answers are hidden.", truths={})
    return replace(
        case, title="Blind case", about="Name and answers are hidden.", truth=None, label=None
    )
