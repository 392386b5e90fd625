"""Pictures with outlines under one zoom: drag in one, and all of them follow.

The grey image travels as JPEG and the outlines as lines, so fifteen pictures weigh little more than
one, and the lines stay sharp at any zoom. The images are an element of their own that is not seen:
the browser holds long messages, and Streamlit does not send them again while they stay as they are,
so a moved control sends lines only. Streamlit's own charts link their axes too, but they would send
the image with every picture, keep their height while the page grows wider, and give the pictures no
text for people who cannot see them.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import streamlit as st
from PIL import Image

from ...figures import overlay
from ..case import Case
from ..component import component
from ..results import ResultStore
from .region_shapes import Shape, grid_of

Key = tuple[str, str]
"""A colour "#RRGGBB" and what it means."""

Window = tuple[float, float, float, float]
"""Left, top, right and bottom in fractions of the image."""

_LONGEST = 1024  # pixels of the image that travels
_ADDRESSES = ResultStore(16 * 1024**2, len)
_MOUNT = component(__file__)


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        title: whose it is; "" where the page says it.
        alt: what a person who cannot see it should know, one sentence.
        shapes: drawn over the image in this order.
        badge: a short word beside the title; "" for none.
        kind: "malignant", "benign" or "none", the colour of the badge.
        note: a line below.
        keys: what colours of this picture mean.
        opacity: of all shapes together, 0..1.
        image: which of the images it shows.
    """

    title: str
    alt: str
    shapes: tuple[Shape, ...] = ()
    badge: str = ""
    kind: str = "none"
    note: str = ""
    keys: tuple[Key, ...] = ()
    opacity: float = 1.0
    image: int = 0


def show(
    key: str,
    cases: Sequence[Case],
    panels: Sequence[Panel],
    lesions: Sequence[Window | None],
    legend: Sequence[Key] = (),
    together: int = 1,
    mirrored: bool = False,
    bar: bool = True,
) -> None:
    """Show pictures in equal columns, as wide as the page allows.

    All pictures of one page move together, also those of another call, and a page that shows the
    same images next goes on where this one was.

    Args:
        key: of the element.
        cases: the images.
        panels: the pictures.
        lesions: for each image where its lesion is, for the button that zooms there.
        legend: what the colours mean in all pictures.
        together: pictures that belong together and are not torn apart, 1, 2 or 3.
        mirrored: the second image is the first one turned left to right, and so is its zoom.
        bar: with the controls of the zoom.
    """
    data = {
        "images": [
            _image(case, lesion) | {"mirrored": mirrored and number == 1}
            for number, (case, lesion) in enumerate(zip(cases, lesions, strict=True))
        ],
        "panels": [asdict(panel) for panel in panels],
        "legend": list(legend),
        "together": together,
        "bar": bar,
    }
    with st.container(gap=None):
        _MOUNT(key=f"{key}_images", data={"sources": {c.image.sha256: source_of(c) for c in cases}})
        _MOUNT(key=key, data=data)


def source_of(case: Case) -> str:
    """The image of a case as a JPEG data address, see `jpeg_address`."""
    return _ADDRESSES.get(case.image.sha256, lambda: jpeg_address(case.image.pixels))


def _image(case: Case, lesion: Window | None) -> dict:
    height, width = case.image.pixels.shape
    rows, columns = grid_of((height, width))
    return {
        "key": case.image.sha256,
        "aspect": width / height,
        "grid": (10 * columns, 10 * rows),  # the unit of the paths
        "lesion": lesion,
    }


def jpeg_address(pixels: np.ndarray) -> str:
    """A grey image as a JPEG data address, H×W uint8, at most 1024 px long."""
    small = Image.fromarray(pixels)
    small.thumbnail((_LONGEST, _LONGEST), Image.Resampling.BILINEAR)
    data = overlay.encode_jpeg(np.asarray(small), quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
