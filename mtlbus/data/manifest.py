"""The general door for other people's data: a CSV file that names images, masks and labels.

    image,mask,label,group,fold
    images/a1.png,masks/a1.png,benign,patient 1,1
    images/a2.png,,malignant,patient 2,2

Paths are relative to the CSV file, or absolute. `label` is benign or 0, malignant or 1, normal
or empty (unknown). An empty `mask` is an outline that nobody drew, except in a row with the label
normal, where it is known that there is nothing to outline. `group` is the patient; empty makes the
image a group of its own. The column `fold` may be missing; its values are whole numbers from 1, or
empty.
"""

from __future__ import annotations

import csv
import os.path
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..core.errors import DataError
from .dataset import Dataset, Sample

COLUMNS = ("image", "mask", "label", "group")
LABELS = {"benign": 0, "0": 0, "malignant": 1, "1": 1, "normal": None, "": None}


def load(path: str | Path) -> Dataset:
    """Read a manifest.

    Images that do not exist or are named twice are listed in `defects` and left out. An image
    whose mask does not exist is listed, too, and kept without a mask. Pixels are not read here.

    Raises:
        DataError: no such file, not a CSV with these columns, a label or fold that is not allowed
            (with its line number), or none of its images exists.
    """
    path = Path(path)
    folder = path.parent
    defects: list[str] = []
    rows: dict[str, dict[str, str]] = {}
    for line, row in _rows(path):
        where = f"line {line}"
        if row["label"].lower() not in LABELS:
            raise DataError(
                f"{path.name}, {where}: unknown label {row['label']!r}. "
                "Allowed: benign, malignant, normal, 0, 1 or empty."
            )
        fold = row.get("fold", "")
        if fold and not (fold.isascii() and fold.isdigit() and int(fold) >= 1):
            raise DataError(
                f"{path.name}, {where}: fold {fold!r} is not allowed. "
                "Allowed: a whole number from 1, or empty."
            )
        image = os.path.normpath(folder / row["image"])
        if not row["image"]:
            defects.append(f"{where}: names no image; left out.")
        elif not os.path.isfile(image):
            defects.append(f"{where}: no image file {row['image']!r}; left out.")
        elif image in rows:
            defects.append(f"{where}: {row['image']!r} was named before; left out.")
        else:
            if row["mask"] and not os.path.isfile(folder / row["mask"]):
                defects.append(f"{where}: no mask file {row['mask']!r}; kept without a mask.")
                row["mask"] = ""
            rows[image] = row
    if not rows:
        raise DataError(
            f"None of the images in {str(path)!r} was found. "
            f"Their paths are relative to {str(folder)!r}."
        )
    stems = Counter(Path(image).stem for image in rows)
    samples: list[Sample] = []
    for image, row in rows.items():
        stem = Path(image).stem
        # Two files of one name in different folders need their folder to stay apart.
        identifier = stem if stems[stem] == 1 else Path(row["image"]).as_posix()
        fold = row.get("fold", "")
        samples.append(
            Sample(
                id=identifier,
                dataset="manifest",
                image=Path(image),
                masks=(folder / row["mask"],) if row["mask"] else (),
                label=LABELS[row["label"].lower()],
                group=f"manifest:{row['group'] or identifier}",
                fold=int(fold) if fold else None,
                normal=row["label"].lower() == "normal",
            )
        )
    return Dataset("manifest", path, tuple(samples), (*defects, *_leaks(samples)))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row, stripped; an absent cell is empty."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip().lower() for name in next(reader, [])]
            missing = [name for name in COLUMNS if name not in header]
            if missing or len(set(header)) < len(header):
                fault = f"no column {', '.join(missing)}" if missing else "a column twice"
                raise DataError(
                    f"{path.name}, line 1: {fault}; found {','.join(header)[:200]!r}. "
                    "Expected image,mask,label,group and, if there are folds, fold."
                )
            for cells in reader:
                if len(cells) > len(header):
                    raise DataError(
                        f"{path.name}, line {reader.line_num}: {len(cells)} cells but "
                        f"{len(header)} columns. Put a cell that contains a comma in quotes."
                    )
                if cells:  # a blank line has none
                    cells += [""] * (len(header) - len(cells))
                    stripped = (cell.strip() for cell in cells)
                    yield reader.line_num, dict(zip(header, stripped, strict=True))
    except OSError as error:
        raise DataError(
            f"No manifest file {str(path)!r} ({error.strerror}). Give the path of a CSV file."
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path.name} is not a CSV file in UTF-8 ({error}). Save it as CSV UTF-8."
        ) from None


def _leaks(samples: list[Sample]) -> list[str]:
    """One line for each group that lies in several folds."""
    folds: dict[str, set[int]] = {}
    for sample in samples:
        if sample.fold is not None:
            folds.setdefault(sample.group, set()).add(sample.fold)
    return [
        f"group {group.removeprefix('manifest:')!r} is in folds "
        f"{', '.join(map(str, sorted(several)))}: it leaks from training into the test."
        for group, several in folds.items()
        if len(several) > 1
    ]
