"""Which test images look most alike to a network: neighbours among its own features.

An image lies somewhere along the K directions in which the training images differ most
(`familiarity`); near each other is what the network tells apart least. The places of the test
images are kept in a small file beside the weights, and hold for these weights only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..checkpoints import Checkpoint
from .beside import read_beside, write_beside

FILE = "similar.safetensors"
_BETWEEN = "\t"  # the name of a dataset and that of an image


class Neighbour(NamedTuple):
    """A test image: its dataset, its name there, and how far it lies, in standard deviations."""

    dataset: str
    image_id: str
    distance: float


@dataclass(frozen=True, eq=False)
class Places:
    """Where the test images lie.

    Attributes:
        images: dataset and name of each.
        places: N×K float16.
    """

    images: tuple[tuple[str, str], ...]
    places: np.ndarray

    def nearest(
        self, place: np.ndarray, count: int = 6, without: Collection[tuple[str, str]] = ()
    ) -> list[Neighbour]:
        """The images that lie nearest, the nearest first.

        Args:
            place: K float32, as of `Familiarity.place`.
            count: how many.
            without: images that are left out: the case itself, and others of its patient.
        """
        gaps = self.places.astype(np.float32) - place
        distances = np.sqrt((gaps**2).sum(axis=1))
        found = []
        for i in np.argsort(distances, kind="stable"):
            dataset, image_id = self.images[i]
            if (dataset, image_id) not in without:
                found.append(Neighbour(dataset, image_id, float(distances[i])))
        return found[:count]


def write_similar(
    checkpoint: Checkpoint, images: Sequence[tuple[str, str]], places: np.ndarray
) -> Path:
    """Write the file beside the weights, marked with their digest; its path.

    Args:
        checkpoint: of the weights.
        images: dataset and name of each test image.
        places: N×K.
    """
    marks = {"images": "\n".join(_BETWEEN.join(image) for image in images)}
    return write_beside(checkpoint, FILE, {"places": np.asarray(places, np.float16)}, marks)


def read_similar(checkpoint: Checkpoint) -> Places | None:
    """The places beside the weights; None where there are none.

    Raises:
        CheckpointError: they are damaged, or belong to other weights.
    """
    return read_beside(checkpoint, FILE, "similar", _places)


def _places(marks: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> Places:
    places, lines = tensors["places"], marks["images"].split("\n")
    if places.ndim != 2 or len(places) != len(lines):
        raise ValueError("not one place an image")
    pairs = (line.partition(_BETWEEN) for line in lines)
    return Places(tuple((dataset, name) for dataset, _, name in pairs), places)
