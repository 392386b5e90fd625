"""Which test images look most alike to a network: neighbours among its own features.

An image lies somewhere along the K directions in which the training images differ most
(`familiarity`); near each other is what the network tells apart least. The places of the test
images are kept in a small file beside the weights, and hold for these weights only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_tensors

from ..checkpoints import Checkpoint
from ..core.errors import CheckpointError
from ..core.files import write_atomically
from ..data.transforms import PREPROCESSING_VERSION
from .beside import require_own

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
    marks = {
        "weights_sha256": checkpoint.digest,
        "preprocessing": PREPROCESSING_VERSION,
        "images": "\n".join(_BETWEEN.join(image) for image in images),
    }
    path = checkpoint.folder / FILE
    tensors = {"places": np.ascontiguousarray(places, np.float16)}
    write_atomically(path, save_tensors(tensors, marks))
    return path


def read_similar(checkpoint: Checkpoint) -> Places | None:
    """The places beside the weights; None where there are none.

    Raises:
        CheckpointError: they are damaged, or belong to other weights.
    """
    path = checkpoint.folder / FILE
    if not path.is_file():
        return None
    again = f"Make it again: python -m mtlbus similar {checkpoint.method} --data LAYOUT=PATH"
    try:
        with safe_open(path, "numpy") as file:
            marks, places = file.metadata() or {}, file.get_tensor("places")
        lines = marks["images"].split("\n")
        images = tuple((a, b) for a, _, b in (line.partition(_BETWEEN) for line in lines))
    except (SafetensorError, KeyError, OSError):
        raise CheckpointError(f"{FILE} is damaged and is not used. {again}") from None
    require_own(checkpoint, marks, FILE, again)
    if places.ndim != 2 or len(places) != len(images):
        raise CheckpointError(f"{FILE} is damaged and is not used. {again}")
    return Places(images, places)
