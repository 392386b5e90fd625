"""What is in a dataset: counts, groups, folds and defects."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .dataset import Dataset

CLASS_NAMES = {0: "benign", 1: "malignant", None: "without a class"}


def summarise_dataset(dataset: Dataset) -> dict[str, Any]:
    """Counts of a dataset, ready for JSON.

    Returns:
        name, images, classes, groups, folds ({fold: images}; empty where none are assigned),
        with_mask, groups_across_folds, groups_with_two_labels, defects.
    """
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
        "classes": dict(Counter(CLASS_NAMES[sample.label] for sample in samples)),
        "groups": len({sample.group for sample in samples}),
        "with_mask": sum(bool(sample.masks) for sample in samples),
        "folds": {str(fold): count for fold, count in sorted(assigned.items())},
        "groups_across_folds": sum(len(found) > 1 for found in folds.values()),
        "groups_with_two_labels": sum(len(found) > 1 for found in labels.values()),
        "defects": list(dataset.defects),
    }
