"""Where cases come from: the gallery of phantoms, uploads, and the datasets of the server."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from ..core.errors import InputError
from ..data.intake import GreyImage
from ..data.phantom import GALLERY, make_phantom
from . import case_store, datasets
from .case import Case


def open_shipped(key: str) -> Case:
    """A case of the gallery or of a configured dataset.

    Raises:
        InputError, DataError: it does not exist here, or cannot be read.
    """
    if key in GALLERY:
        return phantom_case(key)
    dataset, separator, sample = key.partition(":")
    if separator:
        return datasets.case_of(dataset, sample)
    raise InputError(f"There is no case named {key[:60]!r} in the gallery.")


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
