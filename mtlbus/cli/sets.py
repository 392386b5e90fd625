"""The data that a command line names, with a word on what of it takes no part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..core.errors import InputError
from .printing import report

if TYPE_CHECKING:
    from ..data.dataset import Dataset


def open_datasets(arguments: Sequence[str], any_tasks: bool = False) -> list[Dataset]:
    """The datasets named LAYOUT=PATH; what is wrong with one goes to stderr.

    Args:
        arguments: of the command line.
        any_tasks: whether the verb is for any declaration, not for breast ultrasound alone.

    Raises:
        InputError, DataError: one cannot be read, or is of other tasks than the verb is for.
    """
    from ..core.declaration import BREAST
    from ..data.layouts import parse_dataset
    from ..data.summary import warnings

    datasets = [parse_dataset(text) for text in arguments]
    for dataset in datasets:
        if dataset.declaration != BREAST and not any_tasks:
            raise InputError(
                f"{dataset.name} is about {dataset.declaration.about}; this verb is for breast "
                "ultrasound. Other tasks are for train, crossvalidate, evaluate, predict, "
                "explain, silence, tasktable and data."
            )
        for line in warnings(dataset):
            report(line)
    return datasets
