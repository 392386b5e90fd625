"""A case of any declaration: an image, its form, and what is true of it for each task.

It is no `data.case.Case`, so that no page or network of breast ultrasound can be given one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ..core.declaration import Declaration, ImageForm
from .decoding import read_picture
from .intake import read_bytes


@dataclass(frozen=True, eq=False)
class Picture:
    """A clean image of any form.

    Attributes:
        pixels: as of `intake.read_picture`.
        sha256: of what it was read or computed from.
        name: of its file, without folder; "" if none.
    """

    pixels: np.ndarray
    sha256: str
    name: str = ""

    @property
    def seen(self) -> np.ndarray:
        """What a person is shown, H×W or H×W×3 uint8."""
        return self.pixels.round().astype(np.uint8)


@dataclass(frozen=True, eq=False)
class TaskCase:
    """What is being looked at.

    Attributes:
        key: its name in the address ("planning-ct-1", "openkbp:pt_201-60", "upload:…").
        title: for people.
        image: of the form of the declaration.
        declaration: whose networks may be asked about it.
        truths: by the name of a task, as of `truth.read_truth`; what is not known is missing.
        origin: where it comes from.
        about: one or two plain sentences.
    """

    key: str
    title: str
    image: Picture
    declaration: Declaration
    truths: dict[str, np.ndarray] = field(default_factory=dict)
    origin: Literal["phantom", "upload", "dataset"] = "upload"
    about: str = ""


def open_picture(source: bytes | str | Path, form: ImageForm, name: str = "") -> Picture:
    """An untrusted file as an image of this form, decoded in a process of its own.

    Raises:
        InputError: not a picture of this form within the limits; one line that begins with the
            name.
    """
    data, name = read_bytes(source, name)
    return Picture(read_picture(data, form, name), hashlib.sha256(data).hexdigest(), name)
