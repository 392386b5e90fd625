"""What a dataset on disk becomes: a list of samples, whatever its layout."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..core.declaration import BREAST, Declaration, ImageForm
from ..core.errors import DataError, InputError
from ..core.tasks import MALIGNANCY, SEGMENTATION, Task
from ..core.text import printable
from .intake import GreyImage, read_picture
from .masks import merge_masks, stated_shape
from .places import checked_path, is_folder, shown
from .truth import Target, read_truth

PHANTOMS = "phantom"  # the dataset whose images are computed
TITLES = {"busbra": "BUS-BRA", "busi": "BUSI", PHANTOMS: "phantoms"}


@dataclass(frozen=True)
class Sample:
    """One image of a dataset.

    What is known about its outline is one of three things, which are never mixed up:

    - `masks` names files: the lesion is where these say.
    - `normal`: there is no lesion. The true mask is known to be empty, with a file or without.
    - neither: nobody drew an outline. That says nothing about a lesion, so there is no mask to
      learn from and none to judge by.

    Attributes:
        id: unique within its dataset, without folder and extension ("bus_0001-l").
        dataset: name of the dataset ("busi").
        image: the image file.
        masks: mask files, merged by OR; empty where the dataset has none.
        label: 1 malignant, 0 benign, None unknown or normal.
        group: patient or near-duplicate group; a group never crosses a split.
        fold: 1 … 5 where the dataset or our split file assigns one.
        facts: what else is known ("birads", "histology", "device").
        normal: known to show no lesion; its label is None.
        targets: of a declaration's tasks, by name; a task that is not named is not known of it.
        form: how its file is read.
        part: "train", "validation" or "test" where the dataset is divided for good.
    """

    in_pictures: ClassVar[bool] = True  # its files can be looked through without it (`checked`)

    id: str
    dataset: str
    image: Path
    masks: tuple[Path, ...] = ()
    label: int | None = None
    group: str = ""
    fold: int | None = None
    facts: dict[str, str] = field(default_factory=dict)
    normal: bool = False
    targets: dict[str, Target] = field(default_factory=dict)
    form: ImageForm = field(default_factory=ImageForm)
    part: str = ""

    @property
    def has_mask(self) -> bool:
        """Whether the true mask is known: drawn, or known to be empty. No file is read."""
        return self.normal or bool(self.masks)

    @property
    def stratum(self) -> int | None:
        """The class that a split keeps in proportion: the label, else its first class."""
        if self.label is not None:
            return self.label
        return next((found for found in self.targets.values() if isinstance(found, int)), None)

    @property
    def told(self) -> bool:
        """Whether anything is known of it, so that it can take part."""
        return self.label is not None or self.has_mask or bool(self.targets)

    def knows(self, task: Task) -> bool:
        """Whether the truth of a task is known; no file is read."""
        if task.name in self.targets:
            return True
        return self.has_mask if task == SEGMENTATION else self.class_of(task) is not None

    def class_of(self, task: Task) -> int | None:
        """The number of its class for a task of classes per image; None where it is unknown."""
        found = self.targets.get(task.name, self.label if task == MALIGNANCY else None)
        return found if isinstance(found, int) else None

    def pixels(self) -> np.ndarray:
        """The image as `read_picture` gives it: grey values H×W uint8 unless it says otherwise."""
        return read_picture(self.image, self.form)

    def grey(self) -> GreyImage:
        """The image as a predictor takes it; its name is the `id`, which tells samples apart."""
        return GreyImage(self.pixels(), "", (), self.id)

    def truth(self, task: Task, shape: tuple[int, int]) -> tuple[np.ndarray | None, str]:
        """What is true of it for a task, and why there is nothing although there should be.

        Args:
            task: breast ultrasound's, or one of the declaration of its dataset.
            shape: H×W of the image.

        Returns:
            As `read_truth`, None where it is unknown; and a line, "" where nothing is wrong.
        """
        if task.name in self.targets:
            try:
                return read_truth(task, self.targets[task.name], shape), ""
            except (DataError, InputError) as error:
                return None, f"{self.id}: {error}"
        if task == SEGMENTATION:
            return self.usable_mask(shape)
        found = self.class_of(task)
        return (None if found is None else np.array(found)), ""

    def mask(self, shape: tuple[int, int] | None = None) -> np.ndarray | None:
        """The true mask, H×W bool, all its files merged; None where it is unknown.

        Args:
            shape: H×W of the image, where the caller has read it; otherwise it is found out.

        Raises:
            DataError: a mask has another size than the image, or a normal image has an outline.
            InputError: a mask cannot be read.
        """
        if not self.has_mask:
            return None
        if shape is None:
            shape = stated_shape(self.image) or self.pixels().shape
        merged = merge_masks(self.masks, shape)
        if self.normal and merged.any():
            name = printable(self.masks[0].name)
            raise DataError(f"{name} outlines something in an image without lesion.")
        return merged

    def usable_mask(self, shape: tuple[int, int] | None = None) -> tuple[np.ndarray | None, str]:
        """The true mask, and why there is none although there should be ("" otherwise).

        What learns or judges takes this: an image whose mask cannot be used stays an image with an
        unknown outline, and the line says which one it is. Arguments as in `mask`.
        """
        try:
            return self.mask(shape), ""
        except (DataError, InputError) as error:
            return None, f"{self.id}: {error}"


@dataclass(frozen=True)
class Dataset:
    """A dataset on disk.

    Attributes:
        name: layout name ("busi", "busbra", "folder", "manifest").
        root: the folder or manifest file it was read from.
        samples: all usable images.
        defects: one line each for what was found wrong and how it was handled.
        unreadable: a line for each picture or mask among them that is none.
        misfits: a line for each mask among them of another size than its image.
        declaration: what the images are and what is asked about them.
    """

    name: str
    root: Path
    samples: tuple[Sample, ...]
    defects: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    misfits: tuple[str, ...] = ()
    declaration: Declaration = BREAST

    def lesions(self) -> tuple[Sample, ...]:
        """The samples with a class, benign or malignant."""
        return tuple(sample for sample in self.samples if sample.label is not None)

    def normals(self) -> tuple[Sample, ...]:
        """The samples that are known to show no lesion."""
        return tuple(sample for sample in self.samples if sample.normal)


def named_apart(images: Sequence[Path], folder: Path) -> list[str]:
    """The id of each image: its name, or its path from a folder where several have that name."""
    stems = Counter(image.stem for image in images)
    return [
        image.stem if stems[image.stem] == 1 else Path(os.path.relpath(image, folder)).as_posix()
        for image in images
    ]


# The path of a dataset and the folder outside of which nothing may be read (None: anything may).
Loader = Callable[[Path, Path | None], Dataset]


def require_folder(path: Path, layout: str, within: Path | None = None) -> Path:
    """`path` if it is a folder that may be read, else a `DataError`."""
    path = checked_path(path, within)
    if not is_folder(path):
        raise DataError(f"No folder {shown(path)} for layout {layout!r}. Check the path.")
    return path
