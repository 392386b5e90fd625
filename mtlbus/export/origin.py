"""Where numbers come from: the digests and versions that every export carries."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import numpy as np
import torch

from .. import __version__
from ..data.transforms import PREPROCESSING_VERSION


def pixels_sha256(pixels: np.ndarray) -> str:
    """SHA-256 of an image or mask as it is computed with: of its size and its bytes, H×W.

    The digest of a file says which file was given; this one says which pixels were looked at, and
    can be checked without the file.
    """
    height, width = pixels.shape
    content = f"{height}x{width} ".encode() + np.ascontiguousarray(pixels, np.uint8).tobytes()
    return hashlib.sha256(content).hexdigest()


def versions() -> dict[str, str]:
    """What computes here: the package, PyTorch, and the way an image becomes a network's input."""
    return {
        "mtlbus": __version__,
        "torch": torch.__version__,
        "preprocessing": PREPROCESSING_VERSION,
    }


def now() -> str:
    """The time in words, in UTC, to the minute."""
    moment = datetime.now(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
