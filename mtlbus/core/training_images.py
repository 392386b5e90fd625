"""`images.csv`: what the images of a training are, by their pixels."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

from .tables import csv_text, unguarded

DIGITS = 32  # of the digest of an image's pixels that are kept: 128 bits


class TrainingImage(NamedTuple):
    """An image of a training, by what it is: a row of `images.csv`.

    Attributes:
        pixels: the first `DIGITS` hexadecimal digits of `GreyImage.pixel_sha256`.
        part: "train", "validation" or "test".
        dataset: its name.
        label: "0" benign, "1" malignant, "normal" without a lesion, "" unknown; of other tasks the
            numbers of the classes, with ";" between.
        group: patient or near-duplicate group.
    """

    pixels: str
    part: str
    dataset: str
    label: str
    group: str


def images_csv(images: Sequence[TrainingImage]) -> bytes:
    """The content of `images.csv`."""
    return csv_text(TrainingImage._fields, images).encode()


def read_images(content: bytes) -> tuple[TrainingImage, ...]:
    """The rows of an `images.csv` that `images_csv` made."""
    rows = csv.reader(content.decode().splitlines())
    return tuple(TrainingImage(*map(unguarded, row)) for row in list(rows)[1:])
