"""Where cases come from: the gallery of phantoms, uploads, and datasets on disk."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from ..core.errors import DataError, InputError, MtlbusError
from ..data.dataset import Dataset, Sample
from ..data.intake import GreyImage, read_image
from ..data.layouts import load_dataset
from ..data.phantom import GALLERY, make_phantom
from ..data.splits import with_folds
from . import case_store
from .case import Case

LABELS = {0: "benign", 1: "malignant", None: "class unknown"}
FOLDER_LAYOUTS = ("busi", "busbra", "folder", "manifest")
_PATHS = "dataset_paths"


def not_here(sentence: str) -> InputError:
    """The error of a case that this session cannot open."""
    return InputError(sentence)


def open_shipped(key: str) -> Case:
    """A case of the gallery or of a configured dataset.

    Raises:
        InputError, DataError: it does not exist here, or cannot be read.
    """
    if key in GALLERY:
        return phantom_case(key)
    dataset, separator, sample = key.partition(":")
    if separator:
        return dataset_case(dataset, sample)
    raise not_here(f"There is no case named {key[:60]!r} in the gallery.")


@lru_cache(maxsize=32)
def phantom_case(key: str) -> Case:
    """A phantom of the gallery, 256×256, with its true mask."""
    entry = GALLERY[key]
    phantom = make_phantom(entry.parameters)
    digest = hashlib.sha256(f"phantom {phantom.image.shape}".encode() + phantom.image.tobytes())
    spacing = (phantom.mm_per_pixel, phantom.mm_per_pixel)
    image = GreyImage(phantom.image, digest.hexdigest(), (), f"{key}.png", spacing)
    return Case(key, entry.title, image, phantom.mask, phantom.label, "phantom", entry.text)


def from_upload(key: str, image: GreyImage) -> Case:
    """An uploaded image: nothing is known about it but its pixels."""
    height, width = image.pixels.shape
    changes = f" On the way in: {'; '.join(image.notes)}." if image.notes else ""
    size = " × ".join(f"{step:.3f}" for step in reversed(image.spacing or ()))
    about = f"Uploaded, {width}×{height} px{f', {size} mm per pixel' if size else ''}.{changes}"
    return Case(key, image.name or "Uploaded image", image, None, None, "upload", about)


def titles_at_hand(current: tuple[str, str] | None = None) -> dict[str, str]:
    """Key and title of the gallery and of this visitor's images, the newest first.

    Args:
        current: key and title of one that must be there, in case it is neither.
    """
    titles = {key: entry.title for key, entry in GALLERY.items()}
    titles |= {case.key: f"Upload: {case.title}" for case in case_store.of_session().cases()}
    if current is not None:
        titles.setdefault(*current)
    return titles


def configured() -> dict[str, str]:
    """The datasets this session may open, layout to path: `MTLBUS_DATA`, then typed-in ones."""
    pairs = (part.partition("=") for part in os.environ.get("MTLBUS_DATA", "").split(";"))
    found = {layout.strip(): path.strip() for layout, mark, path in pairs if mark and path.strip()}
    return {**found, **st.session_state.get(_PATHS, {})}


def configure(layout: str, path: str) -> Dataset:
    """Add a dataset to this session.

    Raises:
        DataError, InputError: the path does not hold that layout.
    """
    if not path.strip():
        raise InputError("No path was given. Type the folder of the dataset, then press Enter.")
    dataset = open_dataset(layout, path.strip())
    st.session_state.setdefault(_PATHS, {})[layout] = path.strip()
    return dataset


def open_dataset(layout: str, path: str | None = None) -> Dataset:
    """A configured dataset, read once.

    Raises:
        DataError, InputError: it is not configured, or not in its layout.
    """
    path = path or configured().get(layout)
    if not path:
        raise not_here(
            f"This link names an image of the dataset {layout[:40]!r}, which is not set up here; "
            "give its path in the sidebar."
        )
    if layout not in FOLDER_LAYOUTS:
        raise InputError(
            f"Unknown dataset layout {layout[:40]!r}. Allowed: {', '.join(FOLDER_LAYOUTS)}."
        )
    return _read_dataset(layout, str(Path(path).expanduser()))


@st.cache_resource(show_spinner="Reading the dataset …", max_entries=8)
def _read_dataset(layout: str, path: str) -> Dataset:
    dataset = load_dataset(layout, path)
    if not dataset.samples:
        raise DataError(f"{path!r} holds no image in the layout {layout!r}. Check the path.")
    return dataset


@st.cache_resource(show_spinner=False, max_entries=8)
def sample_index(layout: str, path: str) -> dict[str, Sample]:
    """The samples of a dataset by id, with the folds that a training gives them."""
    samples = open_dataset(layout, path).samples
    try:
        folds = {sample.id: sample.fold for sample in with_folds(samples)}
    except DataError:  # too few to split: nothing was trained on them
        folds = {}
    return {sample.id: replace(sample, fold=folds.get(sample.id)) for sample in samples}


def dataset_case(layout: str, sample_id: str) -> Case:
    """An image of a configured dataset, with its true mask where it has one.

    Raises:
        InputError, DataError: no such dataset or image, or it cannot be read.
    """
    open_dataset(layout)
    samples = sample_index(layout, configured()[layout])
    if sample_id not in samples:
        raise not_here(f"The dataset {layout!r} has no image named {sample_id[:60]!r}.")
    return _sample_case(layout, samples[sample_id])


def _sample_case(layout: str, sample: Sample) -> Case:
    image = read_image(sample.image)
    truth = sample.mask()
    if truth is not None and truth.shape != image.pixels.shape:
        truth = None  # a mask of another size says nothing about these pixels
    height, width = image.pixels.shape
    facts = ", ".join(f"{name} {value}" for name, value in sample.facts.items() if value)
    fold = f" Fold {sample.fold}." if sample.fold else ""
    about = (
        f"{layout}, {LABELS[sample.label]}, {width}×{height} px.{fold}"
        f"{f' {facts}.' if facts else ''}"
    )
    key = f"{layout}:{sample.id}"
    return Case(
        key, sample.id, image, truth, sample.label, "dataset", about, sample.dataset, sample.fold
    )


def readable(error: Exception) -> str:
    """One line for a person."""
    return str(error) if isinstance(error, MtlbusError) else "This could not be read."


def truth_pixels(truth: np.ndarray | None) -> int:
    """Pixels of the true lesion; 0 where it is unknown."""
    return 0 if truth is None else int(truth.sum())
