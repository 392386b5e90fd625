"""What a dataset on disk becomes: a list of samples, whatever its layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..core.errors import DataError
from .intake import GreyImage, read_image, read_mask


@dataclass(frozen=True)
class Sample:
    """One image of a dataset.

    Attributes:
        id: unique within its dataset, without folder and extension ("bus_0001-l").
        dataset: name of the dataset ("busi").
        image: the image file.
        masks: mask files, merged by OR; empty where the dataset has none.
        label: 1 malignant, 0 benign, None unknown or normal.
        group: patient or near-duplicate group; a group never crosses a split.
        fold: 1 … 5 where the dataset or our split file assigns one.
        facts: what else is known ("birads", "histology", "device").
    """

    id: str
    dataset: str
    image: Path
    masks: tuple[Path, ...] = ()
    label: int | None = None
    group: str = ""
    fold: int | None = None
    facts: dict[str, str] = field(default_factory=dict)

    def pixels(self) -> np.ndarray:
        """The image as grey values, H×W uint8."""
        return read_image(self.image).pixels

    def grey(self) -> GreyImage:
        """The image as a predictor takes it; its name is the `id`, which tells samples apart."""
        return GreyImage(self.pixels(), "", (), self.id)

    def mask(self) -> np.ndarray | None:
        """The true mask, H×W bool, all its files merged; None where there is none.

        Raises:
            DataError: a mask has another size than the image or the other masks.
        """
        if not self.masks:
            return None
        merged = read_mask(self.masks[0])
        for path in self.masks[1:]:
            more = read_mask(path)
            if more.shape != merged.shape:
                raise DataError(
                    f"{path.name} is {more.shape[1]}×{more.shape[0]} but {self.masks[0].name} is "
                    f"{merged.shape[1]}×{merged.shape[0]}; masks of one image must agree."
                )
            merged = merged | more
        return merged


@dataclass(frozen=True)
class Dataset:
    """A dataset on disk.

    Attributes:
        name: layout name ("busi", "busbra", "folder", "manifest").
        root: the folder or manifest file it was read from.
        samples: all usable images.
        defects: one line each for what was found wrong and how it was handled.
    """

    name: str
    root: Path
    samples: tuple[Sample, ...]
    defects: tuple[str, ...] = ()

    def lesions(self) -> tuple[Sample, ...]:
        """The samples with a class, benign or malignant."""
        return tuple(sample for sample in self.samples if sample.label is not None)


Loader = Callable[[Path], Dataset]


def require_folder(path: Path, layout: str) -> Path:
    """`path` if it is a folder, else a `DataError` that says what the layout looks like."""
    if not path.is_dir():
        raise DataError(f"No folder {str(path)!r} for layout {layout!r}. Check the path.")
    return path
