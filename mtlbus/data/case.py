"""A case: an image and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from .intake import GreyImage
from .transforms import Fit, square_mask


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
        before: the case that this one was cut or blacked out of; None for an image as it came.
        changed: what was changed in the picture to see what happens, in words; empty for an image
            as it came, and for one that was only cropped or blacked out.
        film: digest of the file of many frames that the image is one of; "" for any other file.
    """

    key: str
    title: str
    image: GreyImage
    truth: np.ndarray | None
    label: int | None
    origin: Literal["phantom", "upload", "dataset"]
    about: str
    dataset: str | None = None
    before: Case | None = None
    changed: tuple[str, ...] = ()
    film: str = ""
    _squares: dict[tuple[int, Fit], np.ndarray] = field(
        default_factory=dict, init=False, repr=False
    )

    def square_truth(self, size: int, fit: Fit = "pad") -> np.ndarray | None:
        """The truth on a network's square, size×size bool, worked out once; None without one."""
        if self.truth is None:
            return None
        if (size, fit) not in self._squares:
            self._squares[size, fit] = square_mask(self.truth, size, fit).numpy()
        return self._squares[size, fit]

    @property
    def as_it_came(self) -> Case:
        """The case before anything was cut or blacked out: whose image a training may have seen."""
        return self if self.before is None else self.before.as_it_came

    @property
    def file_sha256(self) -> str:
        """The digest of the bytes that were given; a part or a frame of it has one of its own."""
        came = self.as_it_came
        return came.film or came.image.sha256
