"""Pictures as the bytes of a file, and as an address that holds them."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image


def encoded(picture: Image.Image | np.ndarray, kind: str, **options: Any) -> bytes:
    """A picture as a file: its pixels, no metadata.

    Args:
        picture: of Pillow; or H×W, H×W×3 or H×W×4 uint8, or H×W bool.
        kind: "png" or "jpeg".
        options: of Pillow's encoder.
    """
    stream = io.BytesIO()
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    image.save(stream, kind, **options)
    return stream.getvalue()


def scaled_down(pixels: np.ndarray, longest: int) -> Image.Image:
    """A picture, H×W uint8, with its longest side at most `longest` pixels."""
    image = Image.fromarray(pixels)
    image.thumbnail((longest, longest), Image.Resampling.BILINEAR)
    return image


def data_uri(content: bytes, kind: str) -> str:
    """The bytes of a picture as an address in a page; `kind` as in "image/png"."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
