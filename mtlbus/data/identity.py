"""What an image is, whatever its name or container: a digest of its pixels."""

from __future__ import annotations

import hashlib

import numpy as np


def digest_of(pixels: np.ndarray) -> str:
    """SHA-256 of the size ("H×W" in UTF-8) and of the grey values, row by row; in hexadecimal.

    Args:
        pixels: H×W uint8, as `intake.read_image` gives them; or what `read_picture` gives for
            another form, H×W×3 uint8 or H×W float32.
    """
    kind = np.float32 if pixels.dtype == np.float32 else np.uint8
    digest = hashlib.sha256("×".join(map(str, pixels.shape)).encode())
    digest.update(np.ascontiguousarray(pixels, kind).data)
    return digest.hexdigest()
