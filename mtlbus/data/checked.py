"""What of a dataset can be used, found out once, by the heads of its files: nothing is decoded.

A picture that is none is left out. A mask that has another size than its image, or is no picture,
is taken off: the outline of that image is unknown from then on, for everyone who reads the dataset.
Each is a line. What only decoding shows (a picture that was cut off) is found when it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import DataError, InputError
from ..core.text import printable
from .dataset import Dataset, Sample
from .intake import read_image, read_mask
from .limits import check_shape
from .masks import is_dicom_file, misfit, stated_shape
from .places import checked_path, lies_inside, shown
from .truth import stated_file_shape


def checked(dataset: Dataset, within: str | Path | None = None) -> Dataset:
    """The dataset with what can be used, and a line for the rest.

    Args:
        dataset: as a loader gives it.
        within: the folder where all its files must lie, links followed; anywhere without it.

    Raises:
        DataError: nothing can be used.
    """
    kept: list[Sample] = []
    unreadable: list[str] = []
    misfits: list[str] = []
    masks_lost: list[str] = []
    outside = 0
    for sample in dataset.samples:
        if not lies_inside(within, sample.image):
            outside += 1
            continue
        if not sample.in_pictures:
            kept.append(sample)
            continue
        shape, fault = _picture_shape(sample.image)
        if fault:
            unreadable.append(fault)
            continue
        masks = tuple(path for path in sample.masks if lies_inside(within, path))
        outside += len(sample.masks) - len(masks)
        if len(masks) < len(sample.masks):
            masks = ()  # half of an outline is none
        for path in masks:
            found, fault = _mask_shape(path)
            if fault:
                masks_lost.append(fault)
            elif shape and found != shape and (line := _misfit_when_read(path, sample.image)):
                misfits.append(line)
            else:
                continue
            masks = ()
            break
        targets = {}
        for task, target in sample.targets.items():
            fault, line = _unfit(() if isinstance(target, int) else target.files, shape, within)
            if fault:
                masks_lost.append(fault)
            elif line:
                misfits.append(line)
            else:
                targets[task] = target
        kept.append(replace(sample, masks=masks, targets=targets))
    if not kept:
        first = f" The first: {unreadable[0]}" if unreadable else ""
        raise DataError(
            f"None of the {len(dataset.samples)} images in {shown(dataset.root)} can be read."
            f"{first}"
        )
    lines = [
        *(f"{line} Its image is left out." for line in unreadable),
        *(f"{line} Its image is kept without it." for line in (*misfits, *masks_lost)),
    ]
    if outside:
        lines.append(f"{outside} files lie outside of the folder that may be read; left out.")
    return replace(
        dataset,
        samples=_named(kept),
        defects=(*dataset.defects, *lines),
        unreadable=(*dataset.unreadable, *unreadable, *masks_lost),
        misfits=tuple(misfits),
    )


def _picture_shape(path: Path) -> tuple[tuple[int, int] | None, str]:
    """H×W if the head tells it, and why this is no picture ("" if it is one)."""
    try:
        checked_path(path)
        shape = stated_shape(path)
        if shape:
            check_shape(shape[1], shape[0], printable(path.name))
        elif not is_dicom_file(path):  # whose size only decoding tells
            shape = read_image(path).pixels.shape
    except (DataError, InputError) as error:
        return None, str(error)
    return shape, ""


def _misfit_when_read(mask: Path, image: Path) -> str:
    """The line on a mask whose head does not fit; "" if it fits once both stand upright.

    A PNG may say behind its pixels how it is to be turned, which its head does not tell.
    """
    try:
        found: Any = read_mask(mask).shape
        shape: Any = read_image(image).pixels.shape
    except InputError:  # then the heads are all that is known
        found, shape = stated_shape(mask), stated_shape(image)
    return "" if found == shape else misfit(mask, found, shape)


def _mask_shape(path: Path) -> tuple[tuple[int, int] | None, str]:
    try:
        checked_path(path)
        return stated_shape(path) or read_mask(path).shape, ""
    except (DataError, InputError) as error:
        return None, str(error)


def _unfit(
    files: Sequence[Path], shape: tuple[int, int] | None, within: str | Path | None
) -> tuple[str, str]:
    """Why the files of a task cannot be read, and the line on one of another size; else ""."""
    for path in files:
        try:
            checked_path(path, within)
            found = stated_file_shape(path)
            if found is None:
                raise InputError(f"{printable(path.name)} is no picture and no .npy of numbers.")
        except (DataError, InputError) as error:
            return str(error), ""
        if shape and found != shape:
            return "", misfit(path, found, shape)
    return "", ""


def _named(samples: list[Sample]) -> tuple[Sample, ...]:
    """Samples whose names can be printed and written, and whose ids differ: a second one of the
    same id gets a number."""
    seen: set[str] = set()
    named = []
    for sample in samples:
        name, number = printable(sample.id), 1
        while name in seen:
            number += 1
            name = f"{printable(sample.id)} #{number}"
        seen.add(name)
        facts = {fact: printable(value) for fact, value in sample.facts.items()}
        named.append(replace(sample, id=name, group=printable(sample.group), facts=facts))
    return tuple(named)
