"""The dataset layouts by name, and the `LAYOUT=PATH` notation of the command line."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import InputError, UnknownNameError
from . import busbra, busi, folder, manifest, synthetic
from .dataset import Dataset, Loader

LAYOUTS: dict[str, Loader] = {
    "busi": busi.load,
    "busbra": busbra.load,
    "folder": folder.load,
    "manifest": manifest.load,
    "phantom": synthetic.load,
}


def load_dataset(layout: str, path: str | Path) -> Dataset:
    """Read a dataset.

    Raises:
        UnknownNameError: no such layout.
        DataError: the path does not hold that layout.
    """
    if layout not in LAYOUTS:
        raise UnknownNameError("layout", layout, LAYOUTS)
    return LAYOUTS[layout](Path(path))


def parse_dataset(argument: str) -> Dataset:
    """Read the dataset that "LAYOUT=PATH" names."""
    layout, separator, path = argument.partition("=")
    if not separator or not path:
        raise InputError(f"Expected LAYOUT=PATH, got {argument!r}. Example: busbra=data/BUSBRA.")
    return load_dataset(layout, path)
