"""An image turned left to right: a network that looks at the lesion says the same of both."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from ..data.intake import GreyImage


def mirrored(image: GreyImage) -> GreyImage:
    """The image turned left to right, as an image of its own: its digest is another one."""
    digest = hashlib.sha256(f"mirror of {image.sha256}".encode()).hexdigest()
    pixels = np.ascontiguousarray(image.pixels[:, ::-1])
    return replace(image, pixels=pixels, sha256=digest)
