"""The list of the images of a training: what each is by its pixels, and what was known of it.

It lies beside the weights, so that an image can be told from a new one whatever its file is called,
and a run that goes on can be held to the images it began with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..checkpoints import IMAGES, Checkpoint, sha256
from ..core.declaration import BREAST
from ..core.errors import DataError, InputError
from ..core.files import write_atomically
from ..core.tasks import Task
from ..core.training_images import DIGITS, TrainingImage, images_csv
from ..data.dataset import Sample
from ..data.identity import digest_of
from ..data.splits import PARTS, Split


@dataclass(frozen=True)
class ImageList:
    """The images of a split.

    Attributes:
        rows: one an image, in the order of the parts; what is written beside the weights.
        truth_sha256: digest of the rows and of the true masks: two runs with the same one learn
            from and are judged by the same.
        without: task to part to the number of its images of which the task is not known, or whose
            truth cannot be used.
    """

    rows: tuple[TrainingImage, ...]
    truth_sha256: str
    without: dict[str, dict[str, int]]


def list_images(split: Split, tasks: Sequence[Task] = BREAST.tasks) -> ImageList:
    """Read every image of a split and what is true of it.

    Raises:
        InputError: an image cannot be read.
        DataError: of a task, nothing that was given for training or validation can be used.
    """
    rows, truths = [], []
    faults: dict[tuple[str, str], str] = {}
    without = {task.name: dict.fromkeys(PARTS, 0) for task in tasks}
    for part, samples in zip(PARTS, split, strict=True):
        for sample in samples:
            pixels = sample.pixels()
            classes, maps = [], []
            for task in tasks:
                truth, fault = sample.truth(task, pixels.shape[:2])
                without[task.name][part] += truth is None
                if fault and sample.targets:  # not of breast ultrasound: a class needs no mask
                    faults.setdefault((task.name, part), fault)
                if task.of_pixels:
                    maps.append("" if truth is None else sha256(truth.tobytes()))
                else:
                    classes.append("" if truth is None else str(int(truth)))
            label = "normal" if sample.normal else ";".join(classes)
            digits = digest_of(pixels)[:DIGITS]
            rows.append(TrainingImage(digits, part, sample.dataset, label, sample.group))
            truths.append(maps)
    for (task_name, part), fault in faults.items():
        if part != "test" and without[task_name][part] == len(getattr(split, part)):
            raise DataError(f"No {task_name} of the {part} part can be used. The first: {fault}")
    known = sorted("\t".join((*row, *maps)) for row, maps in zip(rows, truths, strict=True))
    return ImageList(tuple(rows), sha256("\n".join(known).encode()), without)


def write_images(folder: Path, images: ImageList) -> str:
    """Write `images.csv` and return its SHA-256, for the card (`training.images_sha256`)."""
    content = images_csv(images.rows)
    write_atomically(folder / IMAGES, content)
    return sha256(content)


def require_no_leak(start: Checkpoint, images: ImageList) -> None:
    """Refuse to start from weights that have met what the new run is to be judged by.

    Args:
        start: the weights that training is to start from.
        images: of the new run.

    Raises:
        InputError: the weights come without a list of their images; they learned from images of
            the new test or validation part, or their epoch was chosen on images of the test part.
    """
    if not start.images:
        raise InputError(
            f"{start.folder} has no list of the images it was trained on, so this run could test "
            "on images that it has seen. Start from a checkpoint with images.csv."
        )
    for before, now in (("train", "test"), ("validation", "test"), ("train", "validation")):
        known = {image.pixels for image in start.images if image.part == before}
        both = sum(image.part == now and image.pixels in known for image in images.rows)
        if both:
            raise InputError(
                f"{both} images of the {now} part are {before} images of {start.folder}: this run "
                "would be judged by images that it has seen. Give the same data, fold and seed."
            )


def met_before(checkpoint: Checkpoint, samples: Sequence[Sample]) -> list[str | None]:
    """Of each sample, the part of the checkpoint's training that it was in; None for a new image.

    Only "train" and "validation" have been met: weights and thresholds were not chosen by the test
    part. Nor was a picture that cannot be read.
    """
    parts = []
    for sample in samples:
        try:
            part = checkpoint.part_of(digest_of(sample.pixels()))
        except InputError:  # whoever judges it says so
            part = None
        parts.append(None if part == "test" else part)
    return parts


def require_same_images(images: ImageList, checkpoint: Checkpoint) -> None:
    """Refuse to take a finished run for one on other images, masks, classes or groups.

    Raises:
        InputError: its card states another digest; a card without one is taken as it is.
    """
    stated = getattr(checkpoint.card.training, "truth_sha256", None) or images.truth_sha256
    if stated != images.truth_sha256:
        raise InputError(
            f"{checkpoint.folder} was trained on other images, masks, classes or groups than were "
            "given now. Give the same data, or another --out."
        )


def require_counts(images: ImageList, checkpoint: Checkpoint) -> None:
    """Refuse a list of images that cannot be the one of a training.

    Raises:
        DataError: the card states other numbers of images, or other images were judged.
    """
    for part, name in zip(PARTS, ("data", "validation", "test"), strict=True):
        found = dict(Counter(image.dataset for image in images.rows if image.part == part))
        stated = checkpoint.trained(name)
        if found != stated:
            raise DataError(
                f"The {part} part holds {found}, the card says {stated}. Give the data, fold "
                "and seed of the training; no list of images was written."
            )
