"""Phantoms as a dataset: `phantom=COUNT` or `phantom=COUNT@FIRST_SEED`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..core.encoding import encoded
from ..core.errors import InputError
from ..core.files import write_atomically
from .dataset import Dataset, Sample
from .phantom import Phantom, make_phantom, random_parameters
from .places import shown

FIRST_SEED = 900_000
SIZE = 256
MOST = 100_000  # phantoms of one dataset; each takes about a kilobyte before it is drawn


@lru_cache(maxsize=256)  # image and mask come from one drawing; 128 KB each
def _drawn(seed: int) -> Phantom:
    return make_phantom(random_parameters(seed), SIZE)


@dataclass(frozen=True)
class PhantomSample(Sample):
    """A phantom that is made when it is asked for.

    Attributes:
        seed: of its parameters and its speckle.
    """

    seed: int = 0

    def pixels(self) -> np.ndarray:
        """The image, 256×256 uint8."""
        return _drawn(self.seed).image.copy()

    @property
    def has_mask(self) -> bool:
        """A phantom's lesion is known, without a file."""
        return True

    def mask(self, shape: tuple[int, int] | None = None) -> np.ndarray:
        """The true mask, 256×256 bool."""
        return _drawn(self.seed).mask.copy()


def load(notation: str | Path) -> Dataset:
    """Phantoms with seeds FIRST_SEED, FIRST_SEED + 1, …; every phantom is its own group.

    Args:
        notation: "COUNT" or "COUNT@FIRST_SEED".

    Raises:
        InputError: no such numbers.
    """
    told, _, first = str(notation).partition("@")
    count, start = _number(told), _number(first) if first else FIRST_SEED
    if count is None or start is None or not 1 <= count <= MOST:
        raise InputError(
            f"Expected phantom=COUNT or phantom=COUNT@SEED, got {shown(notation)}. "
            f"COUNT is at most {MOST}."
        )
    samples = tuple(
        PhantomSample(
            id=f"phantom-{seed}",
            dataset="phantom",
            image=Path(f"phantom-{seed}"),
            label=int(random_parameters(seed).malignant),
            group=f"phantom:{seed}",
            seed=seed,
        )
        for seed in range(start, start + count)
    )
    return Dataset("phantom", Path(str(notation)), samples)


def _number(text: str) -> int | None:
    """A whole number of at most nine digits; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def phantom_files(name: str, phantom: Phantom) -> dict[str, bytes]:
    """NAME.png, NAME_mask.png and NAME.json, with their content."""
    planes = {f"{name}.png": phantom.image, f"{name}_mask.png": phantom.mask.astype("uint8") * 255}
    files = {file: encoded(plane, "png") for file, plane in planes.items()}
    document = json.dumps(_document(name, phantom), indent=1)
    return {**files, f"{name}.json": f"{document}\n".encode()}


def save_phantom(folder: Path, name: str, phantom: Phantom) -> dict[str, Any]:
    """Write NAME.png, NAME_mask.png and NAME.json.

    Returns:
        name, label, mm_per_pixel, parameters and files.
    """
    folder, files = Path(folder), phantom_files(name, phantom)
    for file, content in files.items():
        write_atomically(folder / file, content)
    return {**_document(name, phantom), "files": [str(folder / file) for file in files]}


def _document(name: str, phantom: Phantom) -> dict[str, Any]:
    return {
        "name": name,
        "label": phantom.label,
        "mm_per_pixel": phantom.mm_per_pixel,
        "parameters": asdict(phantom.parameters),
    }
