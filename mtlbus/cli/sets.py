"""The data that a command line names, with a word on what of it takes no part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .printing import report

if TYPE_CHECKING:
    from ..data.dataset import Dataset


def open_datasets(arguments: Sequence[str]) -> list[Dataset]:
    """The datasets named LAYOUT=PATH; what is wrong with one goes to stderr.

    Raises:
        InputError, DataError: one cannot be read.
    """
    from ..data.layouts import parse_dataset
    from ..data.summary import warnings

    datasets = [parse_dataset(text) for text in arguments]
    for dataset in datasets:
        for line in warnings(dataset):
            report(line)
    return datasets
