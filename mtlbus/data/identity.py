"""What an image is, whatever its name or container: a digest of its pixels."""

from __future__ import annotations

import hashlib

import numpy as np


def digest_of(pixels: np.ndarray) -> str:
    """SHA-256 of the size ("H×W" in UTF-8) and of the grey values, row by row; in hexadecimal.

    Args:
        pixels: H×W uint8, as `intake.read_image` gives them.
    """
    height, width = pixels.shape
    digest = hashlib.sha256(f"{height}×{width}".encode())
    digest.update(np.ascontiguousarray(pixels, np.uint8).data)
    return digest.hexdigest()
