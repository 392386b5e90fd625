"""The general door for other people's data: a CSV file that names images, masks and labels.

    image,mask,label,group,fold
    images/a1.png,masks/a1.png,benign,patient 1,1
    images/a2.png,,malignant,patient 2,2

Paths are relative to the CSV file, or absolute, with slashes or backslashes. `label` is benign or
0, malignant or 1, normal or empty (unknown). An empty `mask` is an outline that nobody drew, except
in a row with the label normal, where it is known that there is nothing to outline. `group` is the
patient; empty makes the image a group of its own. The column `fold` may be missing; its values are
whole numbers from 1, or empty.

What a cell says is never quoted in a message; the line it stands in is named.
"""

from __future__ import annotations

import os
import os.path
import unicodedata
from pathlib import Path

from ..core.errors import DataError
from .dataset import Dataset, Sample, named_apart
from .places import LONGEST, is_file, lies_inside, shown
from .sheets import read_table, whole_number

COLUMNS = ("image", "mask", "label", "group")
LABELS = {"benign": 0, "0": 0, "malignant": 1, "1": 1, "normal": None, "": None}


def load(path: str | Path, within: Path | None = None) -> Dataset:
    """Read a manifest.

    Images that do not exist or are named twice are listed in `defects` and left out. An image
    whose mask does not exist is listed, too, and kept without a mask. Pixels are not read here.

    Args:
        path: the CSV file.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: no such file, not a CSV with these columns, a label or fold that is not allowed
            (with its line number), or none of its images exists.
    """
    path = Path(path)
    folder = path.parent
    defects: list[str] = []
    rows: dict[Path, tuple[int, dict[str, str]]] = {}
    for line, row in read_table(path, COLUMNS, ("fold",), within):
        where = f"line {line}"
        if row["label"].casefold() not in LABELS:
            raise DataError(
                f"{shown(path.name)}, {where}: its label is not allowed. "
                "Allowed: benign, malignant, normal, 0, 1 or empty."
            )
        if row["fold"]:
            whole_number(row["fold"], f"{shown(path.name)}, {where}: its fold")
        if not row["image"]:
            defects.append(f"{where}: names no image; left out.")
            continue
        image = find_file(folder, row["image"], within)
        if image is None:
            defects.append(f"{where}: its image is no file; left out.")
        elif image in rows:
            defects.append(f"{where}: its image was named before; left out.")
        else:
            rows[image] = (line, row)
    if not rows and not defects:
        raise DataError(f"{shown(path.name)} names no image: it has no row below its columns.")
    if not rows:
        raise DataError(
            f"None of the images of {shown(path.name)} was found. Their paths are relative to "
            f"{shown(folder)}. The first fault: {defects[0]}"
        )
    samples: list[Sample] = []
    lines: dict[str, list[tuple[int, int]]] = {}  # group to (line, fold)
    for (image, (line, row)), identifier in zip(
        rows.items(), named_apart([*rows], folder), strict=True
    ):
        mask = find_file(folder, row["mask"], within) if row["mask"] else None
        if row["mask"] and mask is None:
            defects.append(f"line {line}: its mask is no file; kept, its outline is unknown.")
        fold = whole_number(row["fold"], f"line {line}: its fold") if row["fold"] else None
        group = row["group"] or identifier
        if fold is not None:
            lines.setdefault(group, []).append((line, fold))
        samples.append(
            Sample(
                id=identifier,
                dataset="manifest",
                image=image,
                masks=(mask,) if mask else (),
                label=LABELS[row["label"].casefold()],
                group=f"manifest:{group}",
                fold=fold,
                normal=row["label"].casefold() == "normal",
            )
        )
    return Dataset("manifest", path, tuple(samples), (*defects, *leaks(lines)))


def find_file(folder: Path, cell: str, within: Path | None) -> Path | None:
    """The file that a cell names, as its system or a system it came through writes names."""
    if len(cell) > LONGEST:
        return None
    for name in _spellings(cell):
        path = Path(os.path.normpath(folder / name))
        if lies_inside(within, path) and is_file(path):
            return path
    return None


def _spellings(cell: str) -> list[str]:
    """A path as it is, with slashes, with accents in one sign or two, from a Windows table."""
    names = [cell]
    if any("\udc80" <= character <= "\udcff" for character in cell):  # bytes that are no UTF-8
        names.append(cell.encode("utf-8", "surrogateescape").decode("cp1252", "replace"))
    names += [name.replace("\\", "/") for name in names]
    names += [unicodedata.normalize(form, name) for form in ("NFC", "NFD") for name in names]
    return list(dict.fromkeys(names))


def leaks(lines: dict[str, list[tuple[int, int]]]) -> list[str]:
    """One line for each group that lies in several folds."""
    return [
        f"the group of line {found[0][0]} is in folds "
        f"{', '.join(map(str, sorted({fold for _, fold in found})))}: "
        "it leaks from training into the test."
        for found in lines.values()
        if len({fold for _, fold in found}) > 1
    ]
