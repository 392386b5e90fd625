"""Who is trained on, who chooses the epoch, and who is asked once at the end.

Fold 1 of 5 is the test fold of every shipped checkpoint. A group (patient, or set of
near-duplicates) is never on two sides. About 10 % of the training groups are the validation part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

from ..core.errors import DataError
from .dataset import Sample

FOLDS = 5


class Split(NamedTuple):
    """Three disjoint parts, no group in two of them."""

    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    test: tuple[Sample, ...]


def assign_folds(labels: Sequence[int], groups: Sequence[str], seed: int = 0) -> np.ndarray:
    """Folds 1 … 5, stratified by label, groups kept together; shape N."""
    folds = np.zeros(len(labels), dtype=int)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (_, test) in enumerate(splitter.split(labels, labels, groups), start=1):
        folds[test] = number
    return folds


def with_folds(samples: Sequence[Sample], seed: int = 0) -> tuple[Sample, ...]:
    """Lesion samples with their folds; assigned here where the dataset has none at all."""
    lesions = [sample for sample in samples if sample.label is not None]
    if any(sample.fold is not None for sample in lesions):
        return tuple(sample for sample in lesions if sample.fold is not None)
    groups = [sample.group for sample in lesions]
    if len(set(groups)) < FOLDS:
        raise DataError(f"{len(set(groups))} groups are too few for {FOLDS} folds.")
    folds = assign_folds([sample.label for sample in lesions], groups, seed)
    return tuple(
        replace(sample, fold=int(fold))
        for sample, fold in zip(lesions, folds, strict=True)
    )


def ungrouped(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """Every image a group of its own, and no fold: the random split that leaks.

    Only to show what leakage is worth: copies and images of one patient then lie on both sides.
    """
    return tuple(
        replace(sample, group=f"{sample.dataset}:image {sample.id}", fold=None)
        for sample in with_folds(samples)
    )


def split_fold(samples: Sequence[Sample], fold: int, share: float = 0.1, seed: int = 0) -> Split:
    """Split one dataset for a test fold.

    Args:
        samples: the samples of one dataset.
        fold: the test fold, 1 … 5.
        share: share of the training groups that become the validation part, stratified by label.
        seed: of the draw of the validation groups.

    Raises:
        DataError: the fold does not exist, or holds nothing.
    """
    samples = with_folds(samples)
    test = tuple(sample for sample in samples if sample.fold == fold)
    rest = [sample for sample in samples if sample.fold != fold]
    if not test or not rest:
        known = sorted({sample.fold for sample in samples})
        raise DataError(f"Fold {fold} holds no test images. Folds of this dataset: {known}.")
    labels = {sample.group: sample.label for sample in rest}
    groups = sorted(labels)
    draw = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    _, chosen = next(draw.split(groups, [labels[group] for group in groups]))
    held_out = {groups[index] for index in chosen}
    return Split(
        train=tuple(sample for sample in rest if sample.group not in held_out),
        validation=tuple(sample for sample in rest if sample.group in held_out),
        test=test,
    )
