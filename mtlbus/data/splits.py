"""Who is trained on, who chooses the epoch, and who is asked once at the end.

Fold 1 of 5 is the test fold of every shipped checkpoint. A group (patient, or set of
near-duplicates) is never on two sides. About 10 % of the training groups are the validation part.
Normal images are split like the rest, by their own groups.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

from ..core.errors import DataError
from .dataset import Sample

FOLDS = 5
PARTS = ("train", "validation", "test")


class Split(NamedTuple):
    """Three disjoint parts, no group in two of them.

    A part holds lesions with a class, normal images (no class, an empty mask), and lesions of which
    only the mask is known; `lesions` leaves the first of them.
    """

    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    test: tuple[Sample, ...]

    def lesions(self) -> Split:
        """The same parts, only their images with a class."""
        return Split(*(tuple(s for s in part if s.label is not None) for part in self))


def join(splits: Iterable[Split]) -> Split:
    """The parts of several datasets, each after the other."""
    return Split(
        *(tuple(sample for part in parts for sample in part) for parts in zip(*splits, strict=True))
    )


def assign_folds(labels: Sequence[int], groups: Sequence[str], seed: int = 0) -> np.ndarray:
    """Folds 1 … 5, stratified by label, groups kept together; shape N."""
    folds = np.zeros(len(labels), dtype=int)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():  # of a class that not every fold can have
        warnings.simplefilter("ignore", UserWarning)
        for number, (_, test) in enumerate(splitter.split(labels, labels, groups), start=1):
            folds[test] = number
    return folds


def _too_few(samples: Sequence[Sample]) -> DataError:
    """The line on images that no split can be made of."""
    benign, malignant = (sum(sample.label == label for sample in samples) for label in (0, 1))
    counts = f"{benign} benign and {malignant} malignant"
    classes = len({sample.stratum for sample in samples} - {None})
    if any(sample.targets for sample in samples):
        counts = f"{classes} classes"
    # A tenth of four fifths of the groups, the validation part, has to hold one of each class.
    enough = max(FOLDS, math.ceil((10 * (classes - 1) + 1) * FOLDS / (FOLDS - 1)))
    return DataError(
        f"{len(samples)} images of {len({sample.group for sample in samples})} groups, {counts}, "
        "are too few to be split into training, validation and test. Give more images: "
        f"{enough} groups, {FOLDS} of each class, are enough. Without a fold all can be judged."
    )


def with_folds(samples: Sequence[Sample], seed: int = 0) -> tuple[Sample, ...]:
    """The samples that take part, with their folds; assigned here where the dataset has none.

    An image takes part when something of it is known: its class, that it is normal, or its mask.
    Lesions with a class are dealt first and by themselves, so that other images never move them;
    an image of the same group then follows them.
    """
    usable = [sample for sample in samples if sample.told]
    if any(sample.fold is not None for sample in usable):
        return tuple(sample for sample in usable if sample.fold is not None)
    strata = _strata(usable)
    groups = {sample.group for sample in strata[0] or usable}
    if len(groups) < FOLDS:
        raise _too_few(usable)
    folds: dict[str, int] = {}
    try:
        for stratum in strata:
            folds |= _deal([sample for sample in stratum if sample.group not in folds], seed)
    except ValueError:  # no class has a member for each fold
        raise _too_few(usable) from None
    return tuple(replace(sample, fold=folds[sample.group]) for sample in usable)


def _strata(samples: Sequence[Sample]) -> tuple[list[Sample], ...]:
    """Lesions with a class, normal images, lesions of which only the mask is known."""
    classed = [sample for sample in samples if sample.stratum is not None]
    normal = [sample for sample in samples if sample.stratum is None and sample.normal]
    masks_only = [sample for sample in samples if sample.stratum is None and not sample.normal]
    return classed, normal, masks_only


def _deal(samples: Sequence[Sample], seed: int) -> dict[str, int]:
    """Group to fold; too few groups for all folds get one each."""
    groups = [sample.group for sample in samples]
    known = sorted(set(groups))
    if len(known) < FOLDS:
        return {group: number for number, group in enumerate(known, start=1)}
    folds = assign_folds([sample.stratum or 0 for sample in samples], groups, seed)
    return dict(zip(groups, folds.tolist(), strict=True))


def ungrouped(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """Every image a group of its own, and no fold: the random split that leaks.

    Only to show what leakage is worth: copies and images of one patient then lie on both sides.
    """
    return tuple(
        replace(sample, group=f"{sample.dataset}:image {sample.id}", fold=None)
        for sample in with_folds(samples)
    )


def split_fold(samples: Sequence[Sample], fold: int, share: float = 0.1, seed: int = 0) -> Split:
    """Split one dataset for a test fold; one that is divided for good has that division only.

    Args:
        samples: the samples of one dataset.
        fold: the test fold, 1 … 5.
        share: share of the training groups that become the validation part, stratified by label.
        seed: of the draw of the validation groups.

    Raises:
        DataError: the fold does not exist, or holds nothing, or there are too few groups.
    """
    if any(sample.part for sample in samples):
        return _divided(samples, fold)
    samples = with_folds(samples)
    test = tuple(sample for sample in samples if sample.fold == fold)
    rest = [sample for sample in samples if sample.fold != fold]
    if not test or not rest:
        known = sorted({sample.fold for sample in samples if sample.fold is not None})
        raise DataError(f"Fold {fold} holds no test images. Folds of this dataset: {known}.")
    held_out: set[str] = set()
    settled: set[str] = set()
    for stratum in _strata(rest):
        labels = {s.group: s.stratum or 0 for s in stratum if s.group not in settled}
        try:
            held_out |= _draw(labels, share, seed)
        except ValueError:  # the share does not hold a group of each class
            raise _too_few(samples) from None
        settled |= labels.keys()
    return Split(
        train=tuple(sample for sample in rest if sample.group not in held_out),
        validation=tuple(sample for sample in rest if sample.group in held_out),
        test=test,
    )


def _divided(samples: Sequence[Sample], fold: int) -> Split:
    """The parts that a dataset comes with.

    Raises:
        DataError: another fold than 1, or a part that holds nothing.
    """
    split = Split(*(tuple(s for s in samples if s.told and s.part == part) for part in PARTS))
    if fold != 1:
        raise DataError("This dataset is divided for good, so it has fold 1 only.")
    if not all(split):
        raise DataError(f"This dataset has no image in one of its parts {', '.join(PARTS)}.")
    return split


def _draw(labels: dict[str, int], share: float, seed: int) -> set[str]:
    """A share of the groups, stratified by label; none where there are too few to share."""
    groups = sorted(labels)
    if len(groups) < 2:
        return set()
    draw = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    _, chosen = next(draw.split(groups, [labels[group] for group in groups]))
    return {groups[index] for index in chosen}
