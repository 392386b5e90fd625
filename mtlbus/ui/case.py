"""A case: an image and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..data.intake import GreyImage
from . import forget


@dataclass(frozen=True, eq=False)
class Case:
    """What is being looked at.

    Attributes:
        key: its name in the address ("simple-cyst", "busbra:bus_0001-l", "upload:…").
        title: for people.
        image: the clean grey image.
        truth: true lesion, H×W bool on the image's grid; None where it is unknown.
        label: 1 malignant, 0 benign, None where it is unknown.
        origin: where it comes from.
        about: one or two plain sentences.
        dataset: name of the dataset it is from ("busi"); None for anything else.
        fold: of that dataset, in which it is a test image; None where it has none.
    """

    key: str
    title: str
    image: GreyImage
    truth: np.ndarray | None
    label: int | None
    origin: Literal["phantom", "upload", "dataset"]
    about: str
    dataset: str | None = None
    fold: int | None = None

    def __post_init__(self) -> None:
        if self.origin == "upload":
            forget.with_its_image(self.image)
