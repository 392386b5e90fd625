"""An image turned left to right: a network that looks at the lesion says the same of both."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from ..data.case import Case
from ..data.intake import GreyImage


def mirrored(image: GreyImage) -> GreyImage:
    """The image turned left to right, as an image of its own: its digest is another one."""
    digest = hashlib.sha256(f"mirror of {image.sha256}".encode()).hexdigest()
    pixels, chroma = np.ascontiguousarray(image.pixels[:, ::-1]), image.chroma
    if chroma is not None:
        chroma = np.ascontiguousarray(chroma[:, ::-1])
    return replace(image, pixels=pixels, chroma=chroma, sha256=digest)


def mirror_of(case: Case) -> Case:
    """The case turned left to right, with its truth; a case of its own for everything kept."""
    return replace(
        case,
        key=f"{case.key}~mirror",
        title=f"{case.title}, mirrored",
        image=mirrored(case.image),
        truth=None if case.truth is None else case.truth[:, ::-1],
    )
