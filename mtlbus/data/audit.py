"""What is wrong with a dataset: copies that cross a split or a label, masks that cannot be, marks.

Nothing here is taken from the dataset's own word: copies are found by looking at every pair of
images (`copies`), and compared with the groups, labels and folds that the dataset states.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from sklearn.metrics import adjusted_rand_score

from ..core.errors import DataError, InputError
from ..core.files import write_atomically
from ..core.tables import csv_text, unguarded
from .copies import SAME_PICTURE, find_copies, group_copies
from .dataset import Dataset, Sample
from .layouts import load_dataset
from .masks import merge_masks
from .places import shown
from .sheets import read_table
from .summary import CLASSES, class_of

MARK_CONTRAST = 130  # grey levels a burned-in mark stands above what is around it
MARK_LEVEL = 220  # grey level from which it may be one
MARK_PIXELS = 10  # so many that touch make a caliper or a letter
INVERTED = 0.5  # share of the image, and of its rim, above which a mask marks what is around


@dataclass(frozen=True)
class CopyGroup:
    """Images that show the same picture.

    Attributes:
        images: their ids.
        classes: the class of each, as `summary.class_of` tells.
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
        unreadable: one line for each picture or mask that cannot be read; the rest is audited.
        copies: groups of two and more images of the same picture.
        group_of: image id to the number of its group; an image without copies is alone in its.
        empty_masks: ids of images with a class whose mask marks nothing.
        misaligned: one line for each mask of another size than its image.
        inverted: ids of images whose mask marks most of the image and of its rim: white on black
            may have been swapped.
        contradicting: ids of normal images whose mask marks something.
        without_mask: images whose outline is unknown, as no usable mask file is there.
        normal: images that are known to show no lesion.
        marked: class to (images with burned-in marks, images).
        threshold: correlation from which two images count as the same picture.
        seconds: the audit took.
    """

    name: str
    images: int
    unreadable: tuple[str, ...]
    copies: tuple[CopyGroup, ...]
    group_of: dict[str, int]
    empty_masks: tuple[str, ...]
    misaligned: tuple[str, ...]
    inverted: tuple[str, ...]
    contradicting: tuple[str, ...]
    without_mask: int
    normal: int
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
    return load_dataset(layout, path, everything=True)


def audit(
    dataset: Dataset,
    threshold: float = SAME_PICTURE,
    report: Callable[[str], None] = lambda line: None,
) -> Audit:
    """Look at every image and mask of a dataset; what cannot be read is listed and passed over.

    Args:
        dataset: as `load_everything` gives it.
        threshold: correlation from which two images count as the same picture.
        report: receives lines of progress.
    """
    started = time.perf_counter()
    images: list[np.ndarray] = []
    samples: list[Sample] = []
    unreadable, misaligned = list(dataset.unreadable), list(dataset.misfits)
    faults: dict[str, list[str]] = {kind: [] for kind in ("empty", "inverted", "contradicting")}
    marked = dict.fromkeys(CLASSES, (0, 0))
    for number, sample in enumerate(dataset.samples, start=1):
        if number % 200 == 0:
            report(f"{number}/{len(dataset.samples)} images read")
        try:
            pixels = sample.pixels()
        except InputError as error:
            unreadable.append(str(error))
            continue
        images.append(pixels)
        samples.append(sample)
        found, total = marked[class_of(sample)]
        marked[class_of(sample)] = (found + has_marks(pixels), total + 1)
        try:
            kind = mask_fault(sample, pixels.shape)
        except DataError as error:
            misaligned.append(str(error))
        except InputError as error:
            unreadable.append(str(error))
        else:
            if kind:
                faults[kind].append(sample.id)
    report(f"comparing {len(images)} images")
    pairs = find_copies(images, threshold) if images else []
    group_of = group_copies(len(samples), pairs)
    weakest = {int(group_of[pair.first]): pair.correlation for pair in pairs}  # surest first
    return Audit(
        name=dataset.name,
        images=len(samples),
        unreadable=tuple(unreadable),
        copies=tuple(
            _copy_group([samples[i] for i in np.flatnonzero(group_of == number)], correlation)
            for number, correlation in sorted(weakest.items())
        ),
        group_of={s.id: int(number) for s, number in zip(samples, group_of, strict=True)},
        empty_masks=tuple(faults["empty"]),
        misaligned=tuple(misaligned),
        inverted=tuple(faults["inverted"]),
        contradicting=tuple(faults["contradicting"]),
        without_mask=sum(not sample.has_mask for sample in dataset.samples),
        normal=sum(sample.normal for sample in dataset.samples),
        marked={name: counts for name, counts in marked.items() if counts[1]},
        threshold=threshold,
        seconds=round(time.perf_counter() - started, 1),
    )


def _copy_group(samples: Sequence[Sample], weakest: float) -> CopyGroup:
    return CopyGroup(
        images=tuple(sample.id for sample in samples),
        classes=tuple(class_of(sample) for sample in samples),
        groups=tuple(sorted({sample.group for sample in samples})),
        folds=tuple(sorted({sample.fold for sample in samples if sample.fold is not None})),
        weakest=round(weakest, 3),
    )


def mask_fault(sample: Sample, shape: tuple[int, int]) -> str:
    """What is wrong with what a mask marks: "empty", "inverted", "contradicting", or "".

    Raises:
        DataError: it has another size than the image.
        InputError: it cannot be read.
    """
    if not sample.masks:
        return ""
    mask = merge_masks(sample.masks, shape)
    if sample.normal:
        return "contradicting" if mask.any() else ""
    if not mask.any():
        return "empty" if sample.label is not None else ""
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return "inverted" if min(mask.mean(), rim.mean()) > INVERTED else ""


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
    sizes = np.bincount(np.array(list(found.group_of.values()), dtype=int))
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
    rows = read_table(reference, ("id", "group"))
    stated = {unguarded(row.cells["id"]): unguarded(row.cells["group"]) for row in rows}
    names = [name for name in found.group_of if name in stated]
    if not names:
        raise DataError(f"{shown(reference)} names none of the {found.images} images by their id.")
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


def _listed(title: str, entries: Sequence[str]) -> list[str]:
    return [title, *(f"  {entry}" for entry in entries)]


def lines(found: Audit) -> list[str]:
    """The audit in words, what matters first."""
    several = sum(len(group.images) for group in found.copies)
    text = [
        f"{found.name}: {found.images} images in {found.seconds:.0f} s",
        *_listed(f"{len(found.unreadable)} files that cannot be read", found.unreadable),
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
    for title, names in (
        ("images with a class and an empty mask", found.empty_masks),
        ("masks of another size than their image", found.misaligned),
        ("masks that mark most of the image and its rim: inverted?", found.inverted),
        ("normal images whose mask marks something", found.contradicting),
    ):
        text += _listed(f"{len(names)} {title}", names)
    text.append(f"{found.without_mask} images without a usable mask, {found.normal} normal ones")
    for name, (with_marks, total) in found.marked.items():
        text.append(f"{with_marks} of {total} images {name} carry calipers, text or other marks")
    return text
