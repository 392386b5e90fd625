"""The dataset layouts by name, and the `LAYOUT=PATH` notation of the command line."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..core.errors import DataError, InputError, UnknownNameError
from . import (
    breast,
    busbra,
    busbra_classes,
    busi,
    busuclm,
    declared,
    folder,
    ham10000,
    manifest,
    openkbp,
    openkbp_volumes,
    synthetic,
    udiat,
)
from .checked import checked
from .dataset import PHANTOMS, Dataset, Loader
from .places import checked_path, is_file, is_folder, lies_inside, listing, shown

LAYOUTS: dict[str, Loader] = {
    "busi": busi.load,
    "busbra": busbra.load,
    "breast": breast.load,
    "busuclm": busuclm.load,
    "udiat": udiat.load,
    "folder": folder.load,
    "manifest": manifest.load,
    "tasks": declared.load,
    "busbra_classes": busbra_classes.load,
    "openkbp": openkbp.load,
    "ham10000": ham10000.load,
}
"""The layouts of files on disk."""
OTHER_TASKS = ("tasks", "busbra_classes", "openkbp", "ham10000")  # than outline and malignancy


def load_dataset(
    layout: str,
    path: str | Path,
    within: str | Path | None = None,
    everything: bool = False,
) -> Dataset:
    """Read a dataset; what of it cannot be used is found out at once (see `checked`).

    Args:
        layout: its name.
        path: the folder, the manifest, or the count of phantoms.
        within: the folder outside of which nothing is read, links followed; for a server that
            offers some folders only. Anything may be read without it.
        everything: with what a loader leaves out of training, too (the near-duplicates of BUSI
            that have two labels): to audit.

    Raises:
        UnknownNameError: no such layout.
        DataError: the path does not hold that layout; the line says which one it seems to hold.
    """
    if layout == PHANTOMS:
        return synthetic.load(path)  # a count of them
    if layout not in LAYOUTS:
        raise UnknownNameError("layout", layout, (*LAYOUTS, PHANTOMS))
    place = checked_path(path, within)
    fits = fitting_layout(place, within)
    if layout == "folder" and fits not in (None, "busi", "folder"):
        raise DataError(f"{shown(place)} holds no plain folder. {_hint(fits)}")
    loader = partial(busi.load, everything=everything) if layout == "busi" else LAYOUTS[layout]
    try:
        dataset = loader(place, Path(within) if within is not None else None)
    except DataError as error:
        if fits in (None, layout) or layout == busbra_classes.DECLARATION.name:
            raise
        raise DataError(f"{error} {_hint(fits)}") from None
    return checked(dataset, within)


def parse_dataset(argument: str) -> Dataset:
    """Read the dataset that "LAYOUT=PATH" names."""
    return load_dataset(*layout_and_path(argument))


def layout_and_path(argument: str) -> tuple[str, str]:
    """The two parts of "LAYOUT=PATH"."""
    layout, separator, path = argument.partition("=")
    if not separator or not path:
        raise InputError(f"Expected LAYOUT=PATH, got {argument!r}. Example: busbra=data/BUSBRA.")
    return layout, path


def fitting_layout(path: Path, within: str | Path | None = None) -> str | None:
    """The layout that a path seems to hold, by the names in it; None where none is known."""
    if not lies_inside(within, path):
        return None
    if is_file(path):
        if path.suffix.lower() == ".json":
            return "tasks"
        return "manifest" if path.suffix.lower() in (".csv", ".txt", ".tsv") else None
    try:
        return _by_names(path, Path(within) if within is not None else None)
    except DataError:  # it cannot be listed
        return None


def _by_names(path: Path, within: Path | None) -> str | None:
    entries = {entry.name.lower(): entry for entry in listing(path, within)}
    folders = {name: entry for name, entry in entries.items() if is_folder(entry)}
    if "bus_data.csv" in entries:
        return "busbra"
    if openkbp.TABLE in entries and "ct" in folders:
        return "openkbp"
    if openkbp_volumes.looks_like(path, within):
        return "openkbp"
    if any(name.lower() in entries for name in ham10000.TABLES):
        return "ham10000"
    if "info.csv" in entries and "images" in folders:
        return "busuclm"
    if {"original", "gt"} <= folders.keys():
        return "udiat"
    if breast.looks_like(path):
        return "breast"
    places = [path, *(folders[name] for name in folder.LABELS if name in folders)]
    files = [file for place in places for file in listing(place, within)]
    if any(file.name.lower().startswith("benign (") for file in files):
        return "busi"
    pictures = any(file.suffix.lower() in folder.EXTENSIONS for file in files)
    return "folder" if pictures else None


def _hint(layout: str) -> str:
    return f"It looks like the layout {layout}: name that one."
