"""What is known of an image for a task that was declared, and how its files become arrays.

Whatever the file: a class per pixel comes out as numbers of classes, a value per pixel as the value
in its unit, and NaN where values do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..core.errors import DataError, InputError
from ..core.tasks import Task
from ..core.text import printable
from .intake import read_bytes, read_mask
from .masks import misfit, stated_shape
from .pictures import COLOUR_MODES, Planes, decode

ARRAYS = ".npy"


@dataclass(frozen=True)
class ClassFiles:
    """A class per pixel.

    Attributes:
        numbers: an image whose grey values (or places in its palette) are the numbers of classes.
        masks: instead, classes by name and the mask of each.
    """

    numbers: Path | None = None
    masks: tuple[tuple[str, Path], ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """All that are read."""
        return (self.numbers,) if self.numbers else tuple(path for _, path in self.masks)


@dataclass(frozen=True)
class ValueFiles:
    """A value per pixel.

    Attributes:
        values: .npy in the unit, or a grey picture in steps of `Task.scale`.
        region: a mask of the pixels where they count; None where all do.
    """

    values: Path
    region: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """All that are read."""
        return (self.values, *([self.region] if self.region else []))


Target = int | ClassFiles | ValueFiles
"""The number of a class of the image, or the files of its pixels."""


def read_truth(task: Task, target: Target, shape: tuple[int, int]) -> np.ndarray:
    """What is true of an image of this shape, H×W.

    Returns:
        Of classes per pixel H×W uint8, of overlapping ones K×H×W uint8 of 0 and 1; of values H×W
        float32 with NaN where they do not count; of a class per image its number, a scalar.

    Raises:
        DataError: another size than the image, a class that is not declared, classes that exclude
            each other and overlap, a value that is no number.
        InputError: a file cannot be read.
    """
    if isinstance(target, int):
        return np.array(target)
    if isinstance(target, ValueFiles):
        return _values(task, target, shape)
    if target.numbers is None:
        return _of_masks(task, target, shape)
    numbers = _fitting(target.numbers, _numbers(target.numbers), shape)
    if len(task.classes) == 2 and numbers.max() > 1:  # a mask as others draw it, in 0 and 255
        return read_mask(target.numbers).astype(np.uint8)
    if numbers.max() >= len(task.classes) or numbers.min() < 0:
        raise DataError(
            f"{printable(target.numbers.name)} holds the class {int(numbers.max())}; "
            f"{task.name} declares 0 to {len(task.classes) - 1}."
        )
    return numbers.astype(np.uint8)


def stated_file_shape(path: Path) -> tuple[int, int] | None:
    """H×W of a target file by its head alone; None where it cannot be told."""
    if path.suffix.lower() != ARRAYS:
        return stated_shape(path)
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False).shape
    except (OSError, ValueError, EOFError):
        return None
    return found if len(found) == 2 else None


def _of_masks(task: Task, target: ClassFiles, shape: tuple[int, int]) -> np.ndarray:
    planes = np.zeros((len(task.classes), *shape), np.uint8)
    for name, path in target.masks:
        planes[task.classes.index(name)] |= _fitting(path, read_mask(path), shape)
    if task.overlapping:
        return planes
    for first, second in _pairs(planes):
        both = int((planes[first] & planes[second]).sum())
        if both:
            raise DataError(
                f"{task.classes[first]} and {task.classes[second]} of {task.name} overlap in "
                f'{both} pixels. Declare "overlapping": true, or mend the masks.'
            )
    planes[0] = planes[1:].sum(axis=0) == 0  # what is nothing else is background
    return planes.argmax(axis=0).astype(np.uint8)


def _pairs(planes: np.ndarray) -> Iterator[tuple[int, int]]:
    for first in range(1, len(planes)):
        for second in range(first + 1, len(planes)):
            yield first, second


def _values(task: Task, target: ValueFiles, shape: tuple[int, int]) -> np.ndarray:
    if target.values.suffix.lower() == ARRAYS:
        values = _array(target.values).astype(np.float32)
    else:
        values = _numbers(target.values).astype(np.float32) * np.float32(task.scale)
    values = _fitting(target.values, values, shape)
    counts = np.ones(shape, bool)
    if target.region is not None:
        counts = _fitting(target.region, read_mask(target.region), shape)
    wrong = int((~np.isfinite(values) & counts).sum())
    if wrong:
        where = "" if target.region is None else " inside its region"
        raise DataError(
            f"{printable(target.values.name)} has {wrong} values of {task.name} that are no "
            f"number{where}. Mend them, or leave them out by a region."
        )
    if not counts.any():
        raise DataError(f"the region of {printable(target.values.name)} is empty.")
    return np.where(counts, values, np.float32(np.nan))


def _fitting(path: Path, plane: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    if plane.shape != shape:
        raise DataError(misfit(path, plane.shape[:2], shape))
    return plane


def _array(path: Path) -> np.ndarray:
    """The H×W numbers of a .npy file."""
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        found = None
    if found is None or found.ndim != 2 or found.dtype.kind not in "fiu":
        raise InputError(f"{printable(path.name)} is no .npy file of H×W numbers.")
    return found


def _numbers(path: Path) -> np.ndarray:
    """The numbers that a grey or palette picture stores, H×W; nothing is scaled."""
    data, name = read_bytes(path)

    def stored(image: Image.Image | np.ndarray, notes: list[str]) -> Planes:
        colours: Any = getattr(image, "mode", "")
        if colours in COLOUR_MODES and colours != "P":
            raise InputError(
                f"{name} is a picture of colours. A map has one number a pixel: save it as grey "
                "PNG of 8 or 16 bits."
            )
        return np.asarray(image), None

    (numbers, _), _, _ = decode(data, name, stored, [])
    return numbers
