"""What is in a dataset: counts, groups, folds and defects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..core.declaration import BREAST
from ..core.tasks import Task
from .dataset import Dataset, Sample

CLASSES = ("benign", "malignant", "normal", "without a class")


def class_of(sample: Sample) -> str:
    """Which of `CLASSES` an image belongs to."""
    if sample.normal:
        return "normal"
    return "without a class" if sample.label is None else CLASSES[sample.label]


def summarise_dataset(dataset: Dataset) -> dict[str, Any]:
    """Counts of a dataset, ready for JSON.

    Returns:
        name, images, classes, groups, folds ({fold: images}; empty where none are assigned),
        normal, with_mask, without_mask (of the others the outline is unknown),
        mask_of_another_size, unreadable, groups_across_folds, groups_with_two_labels, defects.
    """
    if dataset.declaration != BREAST:
        return _summary_of_tasks(dataset)
    samples = dataset.samples
    folds: dict[str, set[int]] = {}
    labels: dict[str, set[int]] = {}
    for sample in samples:
        if sample.fold is not None:
            folds.setdefault(sample.group, set()).add(sample.fold)
        if sample.label is not None:
            labels.setdefault(sample.group, set()).add(sample.label)
    assigned = Counter(sample.fold for sample in samples if sample.fold is not None)
    return {
        "name": dataset.name,
        "images": len(samples),
        "classes": dict(Counter(class_of(sample) for sample in samples)),
        "groups": len({sample.group for sample in samples}),
        "normal": sum(sample.normal for sample in samples),
        "with_mask": sum(sample.has_mask and not sample.normal for sample in samples),
        "without_mask": sum(not sample.has_mask for sample in samples),
        "mask_of_another_size": len(dataset.misfits),
        "unreadable": len(dataset.unreadable),
        "folds": {str(fold): count for fold, count in sorted(assigned.items())},
        "groups_across_folds": sum(len(found) > 1 for found in folds.values()),
        "groups_with_two_labels": sum(len(found) > 1 for found in labels.values()),
        "defects": list(dataset.defects),
    }


def _summary_of_tasks(dataset: Dataset) -> dict[str, Any]:
    """The same of a dataset with a declaration: `tasks` says of each how many images tell it."""
    samples = dataset.samples
    return {
        "name": dataset.name,
        "images": len(samples),
        "groups": len({sample.group for sample in samples}),
        "tasks": {task.name: _known(task, samples) for task in dataset.declaration.tasks},
        "parts": dict(Counter(sample.part for sample in samples if sample.part)),
        "folds": {str(k): n for k, n in sorted(Counter(s.fold for s in samples if s.fold).items())},
        "target_of_another_size": len(dataset.misfits),
        "unreadable": len(dataset.unreadable),
        "defects": list(dataset.defects),
    }


def _known(task: Task, samples: Sequence[Sample]) -> dict[str, int]:
    """Of how many images a task is known, by class where a class is the answer."""
    numbers = [sample.targets.get(task.name) for sample in samples]
    named = Counter(task.classes[number] for number in numbers if isinstance(number, int))
    return {"known": sum(sample.knows(task) for sample in samples), **named}


def warnings(dataset: Dataset) -> list[str]:
    """What a person must know before the dataset is learned from or judged by, one line a kind."""
    lines = []
    without, kind = 0, "file"
    if dataset.declaration == BREAST:
        without, kind = sum(not sample.has_mask for sample in dataset.samples), "mask"
    if dataset.unreadable:
        lines.append(
            f"{_count(dataset.unreadable, 'file')} cannot be read and took no part: "
            f"{dataset.unreadable[0]}"
        )
    if dataset.misfits:
        lines.append(
            f"{_count(dataset.misfits, kind)} of another size than the image, left out: "
            f"{dataset.misfits[0]}"
        )
    if without and without < len(dataset.samples):
        lines.append(
            f"{without} of {len(dataset.samples)} images have no usable mask: "
            "no outline is learned from them or judged by them."
        )
    return [f"{dataset.name}: {line}" for line in lines]


def _count(entries: tuple[str, ...], word: str) -> str:
    return f"{len(entries)} {word}{'s' if len(entries) > 1 else ''}"
