"""BrEaST in its official layout: `case001.png`, `case001_tumor.png`, `case001_other1.png` …

Beside the pictures lies a sheet with the class of each case. Pawłowska et al., Curated benchmark
dataset for ultrasound based breast lesion analysis, Scientific Data 11:148, 2024.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..core.errors import DataError
from .dataset import Dataset, Sample, require_folder
from .folder import picture_files
from .places import is_folder, listing, shown
from .sheets import find_table

LABELS = {"benign": 0, "malignant": 1}
FACTS = {"birads": "BIRADS", "histology": "Diagnosis"}
_TUMOUR = re.compile(r"(.+)_tumou?r\d*", re.IGNORECASE)
_OTHER = re.compile(r".+_other\d*", re.IGNORECASE)  # outlines of what is no tumour


def looks_like(folder: Path) -> bool:
    """Whether a picture in the folder is named as a mask of BrEaST."""
    return any(_TUMOUR.fullmatch(path.stem) for path in listing(folder))


def load(root: str | Path, within: Path | None = None) -> Dataset:
    """Read BrEaST; every case is a group of its own, as every image is a case.

    Args:
        root: the folder of the pictures, or the one that holds it; the sheet lies in one of them.
            Without it, no image has a class.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: the folder is not in BrEaST's layout, or the sheet cannot be read.
    """
    root = require_folder(Path(root), "breast", within)
    defects: list[str] = []
    folders = [root, *(path for path in listing(root, within, defects) if is_folder(path))]
    place = next((folder for folder in folders if looks_like(folder)), None)
    if place is None:
        raise DataError(
            f"No pictures of BrEaST in {shown(root)}. It has case001.png, case001_tumor.png and "
            "so on in one folder."
        )
    sheet = find_table(
        [root, place] if place != root else [root],
        ("Image_filename", "Classification"),
        tuple(FACTS.values()),
        within,
    )
    if sheet is None:
        defects.append("No sheet with the classes (.xlsx or .csv) there: read without a class.")
    rows = {Path(row.cells["Image_filename"]).stem.casefold(): row.cells for row in sheet or ()}
    files = picture_files(place, root, defects, within, tables=True)
    masks: dict[str, list[Path]] = {}
    for path in files:
        if name := _TUMOUR.fullmatch(path.stem):
            masks.setdefault(name[1], []).append(path)
    samples = []
    for path in files:
        if _TUMOUR.fullmatch(path.stem) or _OTHER.fullmatch(path.stem):
            continue
        row = rows.get(path.stem.casefold(), {})
        kind = row.get("Classification", "").casefold()
        samples.append(
            Sample(
                id=path.stem,
                dataset="breast",
                image=path,
                masks=tuple(masks.get(path.stem, ())),
                label=LABELS.get(kind),
                group=f"breast:{path.stem}",
                facts={fact: row.get(column, "") for fact, column in FACTS.items()},
                normal=kind == "normal",
            )
        )
    if not samples:
        raise DataError(f"No images in {shown(place)}, only masks. BrEaST has case001.png.")
    return Dataset("breast", root, tuple(samples), tuple(defects))
