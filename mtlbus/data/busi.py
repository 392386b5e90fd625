"""BUSI in its official layout: `benign/benign (1).png` with `benign (1)_mask.png`, `_mask_1.png` …

Al-Dhabyani et al., Dataset of breast ultrasound images, Data in Brief 28:104863, 2020.
"""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

from ..core.errors import DataError
from ..core.text import printable
from .dataset import Dataset, Sample, require_folder
from .folder import picture_files
from .places import is_folder, listing, shown

LABELS = {"benign": 0, "malignant": 1, "normal": None}
FOLDS_FILE = "busi_folds.csv"


def read_folds() -> dict[str, dict[str, str]]:
    """Image id to its row of the split file that ships with the package (see `splits`)."""
    text = resources.files(__package__).joinpath(FOLDS_FILE).read_text(encoding="utf-8")
    return {row["id"]: row for row in csv.DictReader(text.splitlines())}


def load(root: str | Path, within: Path | None = None, everything: bool = False) -> Dataset:
    """Read BUSI.

    Groups and folds come from the package's split file: near-duplicates share a group, groups
    with images under two labels are left out. Normal images have no label, an empty mask
    and a fold of their own groups.

    Args:
        root: the folder with benign, malignant and, if they are there, normal.
        within: the folder outside of which nothing is read, if any.
        everything: keep the groups with two labels, without a fold: to audit, not to train.

    Raises:
        DataError: the folder is not in BUSI's layout.
    """
    root = require_folder(Path(root), "busi", within)
    folds = read_folds()
    samples: list[Sample] = []
    defects: list[str] = []
    mixed = 0
    folders = {path.name.lower(): path for path in listing(root, within, defects)}
    for name, label in LABELS.items():
        folder = folders.get(name)
        if folder is None or not is_folder(folder):
            if name == "normal":
                defects.append("No folder 'normal': read without normal images.")
                continue
            raise DataError(
                f"{shown(root)} has no folder {name!r}. BUSI has benign, malignant and normal."
            )
        files = picture_files(folder, root, defects, within)
        masks: dict[str, list[Path]] = {}
        for path in files:
            if "_mask" in path.stem:
                masks.setdefault(path.stem.split("_mask")[0], []).append(path)
        for path in files:
            if "_mask" in path.stem:
                continue
            row = folds.get(path.stem, {})
            if row.get("mixed_label") == "1" and not everything:
                mixed += 1
                continue
            if path.stem not in masks:
                what = "without lesion" if label is None else "its outline is unknown"
                defects.append(f"{printable(path.name)}: no mask file; kept, {what}.")
            fold = row.get("fold") or None
            samples.append(
                Sample(
                    id=path.stem,
                    dataset="busi",
                    image=path,
                    masks=tuple(masks.get(path.stem, ())),
                    label=label,
                    group="busi:" + row.get("group", path.stem),
                    fold=int(fold) if fold else None,
                    normal=name == "normal",
                )
            )
    if mixed:
        defects.append(f"{mixed} images in near-duplicate groups with two labels; left out.")
    if not samples:
        raise DataError(f"No images in {shown(root)}. BUSI has 'benign/benign (1).png' and so on.")
    return Dataset("busi", root, tuple(samples), tuple(defects))
