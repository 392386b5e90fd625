"""BUS-UCLM in its official layout: images/, masks/ and INFO.csv.

A mask is green where the lesion is benign, red where it is malignant and black in an image without
one. Vallez et al., BUS-UCLM: Breast ultrasound lesion segmentation dataset, Scientific Data
12:242, 2025.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from .dataset import Dataset, Sample, require_folder
from .folder import picture_files
from .places import is_file, is_folder, shown
from .sheets import read_table

LABELS = {"benign": 0, "malignant": 1}


def load(root: str | Path, within: Path | None = None) -> Dataset:
    """Read BUS-UCLM; the group is the patient, the four letters before the image's number.

    Args:
        root: the folder.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: the folder is not in BUS-UCLM's layout.
    """
    root = require_folder(Path(root), "busuclm", within)
    if not is_folder(root / "images") or not is_file(root / "INFO.csv"):
        raise DataError(f"No images/ and INFO.csv in {shown(root)}. BUS-UCLM ships both.")
    kinds = {
        Path(row.cells["Image"]).stem: row.cells["Label"].casefold()
        for row in read_table(root / "INFO.csv", ("Image", "Label"), within=within)
    }
    defects: list[str] = []
    masks = {}
    if is_folder(root / "masks"):
        masks = {path.stem: path for path in picture_files(root / "masks", root, defects, within)}
    samples = []
    for path in picture_files(root / "images", root, defects, within):
        kind = kinds.get(path.stem, "")
        samples.append(
            Sample(
                id=path.stem,
                dataset="busuclm",
                image=path,
                masks=(masks[path.stem],) if path.stem in masks else (),
                label=LABELS.get(kind),
                group=f"busuclm:{path.stem.split('_')[0]}",
                normal=kind == "normal",
            )
        )
    if not samples:
        raise DataError(f"No images in {shown(root / 'images')}. BUS-UCLM has ALWI_000.png.")
    return Dataset("busuclm", root, tuple(samples), tuple(defects))
