"""What is wrong with a dataset: copies that cross a split or a label, masks that cannot be, marks.

Nothing here is taken from the dataset's own word: copies are found by looking at every pair of
images (`copies`), and compared with the groups, labels and folds that the dataset states.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from sklearn.metrics import adjusted_rand_score

from ..core.errors import DataError
from ..core.files import write_atomically
from ..core.tables import csv_text, unguarded
from . import busi
from .copies import SAME_PICTURE, find_copies, group_copies
from .dataset import Dataset, Sample
from .intake import read_mask
from .layouts import load_dataset
from .summary import CLASS_NAMES

MARK_CONTRAST = 130  # grey levels a burned-in mark stands above what is around it
MARK_LEVEL = 220  # grey level from which it may be one
MARK_PIXELS = 10  # so many that touch make a caliper or a letter


@dataclass(frozen=True)
class CopyGroup:
    """Images that show the same picture.

    Attributes:
        images: their ids.
        classes: the class of each, "benign", "malignant" or "without a class".
        groups: the dataset's own groups (patients) that they belong to, each once.
        folds: the folds they are in, each once; without those that are in none.
        weakest: the smallest correlation of two of them that reaches the threshold.
    """

    images: tuple[str, ...]
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    folds: tuple[int, ...]
    weakest: float


@dataclass(frozen=True)
class Audit:
    """What was found in a dataset.

    Attributes:
        name: of the dataset.
        images: how many were looked at.
        copies: groups of two and more images of the same picture.
        group_of: image id to the number of its group; an image without copies is alone in its.
        empty_masks: ids of images with a class whose mask marks nothing.
        misaligned: one line for each mask of another size than its image.
        marked: class to (images with burned-in marks, images).
        threshold: correlation from which two images count as the same picture.
        seconds: the audit took.
    """

    name: str
    images: int
    copies: tuple[CopyGroup, ...]
    group_of: dict[str, int]
    empty_masks: tuple[str, ...]
    misaligned: tuple[str, ...]
    marked: dict[str, tuple[int, int]]
    threshold: float
    seconds: float

    @property
    def across_classes(self) -> list[CopyGroup]:
        """Groups whose images have two classes."""
        return [group for group in self.copies if len(set(group.classes)) > 1]

    @property
    def across_folds(self) -> list[CopyGroup]:
        """Groups that leak from training into the test."""
        return [group for group in self.copies if len(group.folds) > 1]

    @property
    def across_groups(self) -> list[CopyGroup]:
        """Groups that join several of the dataset's own groups or patients."""
        return [group for group in self.copies if len(group.groups) > 1]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {
            "across_classes": [asdict(group) for group in self.across_classes],
            "across_folds": [asdict(group) for group in self.across_folds],
            "across_groups": [asdict(group) for group in self.across_groups],
        }


def load_everything(layout: str, path: str | Path) -> Dataset:
    """The dataset with what its loader leaves out of training, too. Errors as `load_dataset`."""
    if layout == "busi":
        return busi.load(path, everything=True)
    return load_dataset(layout, path)


def audit(
    dataset: Dataset,
    threshold: float = SAME_PICTURE,
    report: Callable[[str], None] = lambda line: None,
) -> Audit:
    """Look at every image and mask of a dataset.

    Args:
        dataset: as `load_everything` gives it.
        threshold: correlation from which two images count as the same picture.
        report: receives lines of progress.
    """
    started = time.perf_counter()
    samples = dataset.samples
    images, empty, misaligned = [], [], []
    marked = dict.fromkeys(CLASS_NAMES.values(), (0, 0))
    for sample in samples:
        pixels = sample.pixels()
        images.append(pixels)
        found, total = marked[CLASS_NAMES[sample.label]]
        marked[CLASS_NAMES[sample.label]] = (found + has_marks(pixels), total + 1)
        fault = _mask_fault(sample, pixels.shape)
        if fault == "empty" and sample.label is not None:
            empty.append(sample.id)
        elif fault not in (None, "empty"):
            misaligned.append(fault)
        if len(images) % 200 == 0:
            report(f"{len(images)}/{len(samples)} images read")
    report(f"comparing {len(images)} images")
    pairs = find_copies(images, threshold)
    group_of = group_copies(len(samples), pairs)
    weakest = {int(group_of[pair.first]): pair.correlation for pair in pairs}  # surest first
    return Audit(
        name=dataset.name,
        images=len(samples),
        copies=tuple(
            _copy_group([samples[i] for i in np.flatnonzero(group_of == number)], correlation)
            for number, correlation in sorted(weakest.items())
        ),
        group_of={s.id: int(number) for s, number in zip(samples, group_of, strict=True)},
        empty_masks=tuple(empty),
        misaligned=tuple(misaligned),
        marked={name: counts for name, counts in marked.items() if counts[1]},
        threshold=threshold,
        seconds=round(time.perf_counter() - started, 1),
    )


def _copy_group(samples: Sequence[Sample], weakest: float) -> CopyGroup:
    return CopyGroup(
        images=tuple(sample.id for sample in samples),
        classes=tuple(CLASS_NAMES[sample.label] for sample in samples),
        groups=tuple(sorted({sample.group for sample in samples})),
        folds=tuple(sorted({sample.fold for sample in samples if sample.fold is not None})),
        weakest=round(weakest, 3),
    )


def _mask_fault(sample: Sample, shape: tuple[int, int]) -> str | None:
    """ "empty", a line on a mask that does not fit its image, or None."""
    planes = [read_mask(path) for path in sample.masks]
    for path, plane in zip(sample.masks, planes, strict=True):
        if plane.shape != shape:
            return (
                f"{path.name} is {plane.shape[1]}×{plane.shape[0]}, "
                f"its image {shape[1]}×{shape[0]}."
            )
    return "empty" if planes and not any(plane.any() for plane in planes) else None


def has_marks(pixels: np.ndarray) -> bool:
    """Whether calipers, text or other bright marks were burned into the image, H×W uint8.

    Thin structures far brighter than what is around them (white top-hat), of which at least a
    caliper's worth hang together. Bright fibres of tissue are softer than that; so are thin marks
    of an image that was scaled down, which are missed.
    """
    thin = ndimage.white_tophat(pixels, size=(5, 5))
    bright = (thin >= MARK_CONTRAST) & (pixels >= MARK_LEVEL)
    parts, count = ndimage.label(bright, structure=np.ones((3, 3)))
    return bool(count) and int(np.bincount(parts.ravel())[1:].max()) >= MARK_PIXELS


def write_groups(path: str | Path, found: Audit) -> None:
    """Write the groups as CSV with the columns id, group and copies (images in the group)."""
    sizes = np.bincount(list(found.group_of.values()))
    rows = ((name, f"g{number:04d}", sizes[number]) for name, number in found.group_of.items())
    write_atomically(path, csv_text(("id", "group", "copies"), rows).encode())


def agreement(found: Audit, reference: str | Path) -> dict[str, Any]:
    """Compare the groups with those of a table.

    Args:
        found: the audit.
        reference: CSV with the columns id and group.

    Returns:
        images in both; adjusted_rand, 1 where all groups are the same, 0 by chance; pairs of
        images that both, only the audit, and only the reference put together.

    Raises:
        DataError: the table cannot be read or names none of the images.
    """
    path = Path(reference)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            stated = {
                unguarded(row["id"]): unguarded(row["group"]) for row in csv.DictReader(file)
            }
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read as groups ({error}). Expected CSV with columns id and group."
        ) from None
    names = [name for name in found.group_of if name in stated]
    if not names:
        raise DataError(f"{path.name} names none of the {found.images} images by their id.")
    ours = np.array([found.group_of[name] for name in names])
    _, theirs = np.unique([stated[name] for name in names], return_inverse=True)
    upper = np.triu_indices(len(names), 1)
    a, b = ((g[:, None] == g[None])[upper] for g in (ours, theirs))
    return {
        "images": len(names),
        "adjusted_rand": float(adjusted_rand_score(theirs, ours)),
        "pairs_in_both": int((a & b).sum()),
        "pairs_only_here": int((a & ~b).sum()),
        "pairs_only_in_reference": int((b & ~a).sum()),
    }


def lines(found: Audit) -> list[str]:
    """The audit in words, what matters first."""
    several = sum(len(group.images) for group in found.copies)
    text = [
        f"{found.name}: {found.images} images in {found.seconds:.0f} s",
        f"{len(found.copies)} groups of copies with {several} images "
        f"(correlation from {found.threshold:.2f} on)",
    ]
    for title, groups in (
        ("across classes", found.across_classes),
        ("across folds, so that training images are tested", found.across_folds),
        ("across the dataset's own groups or patients", found.across_groups),
    ):
        text.append(f"{len(groups)} {title}")
        text += [f"  {group.weakest:.2f}  {', '.join(group.images)}" for group in groups]
    text.append(f"{len(found.empty_masks)} images with a class and an empty mask")
    text += [f"  {name}" for name in found.empty_masks]
    text.append(f"{len(found.misaligned)} masks of another size than their image")
    text += [f"  {line}" for line in found.misaligned]
    for name, (with_marks, total) in found.marked.items():
        text.append(f"{with_marks} of {total} images {name} carry calipers, text or other marks")
    return text
