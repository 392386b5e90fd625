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
    turned = (
        None if plane is None else np.ascontiguousarray(plane[:, ::-1])
        for plane in (image.pixels, image.chroma)
    )
    return replace(image, pixels=next(turned), chroma=next(turned), sha256=digest)


def mirror_of(case: Case) -> Case:
    """The case turned left to right, with its truth; a case of its own for everything kept."""
    return replace(
        case,
        key=f"{case.key}~mirror",
        title=f"{case.title}, mirrored",
        image=mirrored(case.image),
        truth=None if case.truth is None else case.truth[:, ::-1],
    )
