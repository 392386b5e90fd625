"""UDIAT (Dataset B) in its official layout: original/, GT/ and DatasetB.xlsx.

Yap et al., Automated breast ultrasound lesions detection using convolutional neural networks,
IEEE Journal of Biomedical and Health Informatics 22:1218–1226, 2018.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from .dataset import Dataset, Sample, require_folder
from .folder import picture_files
from .places import is_folder, listing, shown
from .sheets import find_table

LABELS = {"benign": 0, "malignant": 1}


def load(root: str | Path, within: Path | None = None) -> Dataset:
    """Read UDIAT; it names no patients, so every image is a group of its own.

    Args:
        root: the folder; the sheet with the classes lies in it. Without it, no image has a class.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: the folder is not in UDIAT's layout, or the sheet cannot be read.
    """
    root = require_folder(Path(root), "udiat", within)
    defects: list[str] = []
    folders = {p.name.lower(): p for p in listing(root, within, defects) if is_folder(p)}
    if "original" not in folders:
        raise DataError(f"No folder 'original' in {shown(root)}. UDIAT has original and GT.")
    sheet = find_table([root], ("Image", "Type"), (), within)
    if sheet is None:
        defects.append("No sheet with the classes (DatasetB.xlsx) there: read without a class.")
    kinds = {_number(row.cells["Image"]): row.cells["Type"].casefold() for row in sheet or ()}
    masks = {}
    if "gt" in folders:
        masks = {path.stem: path for path in picture_files(folders["gt"], root, defects, within)}
    samples = [
        Sample(
            id=path.stem,
            dataset="udiat",
            image=path,
            masks=(masks[path.stem],) if path.stem in masks else (),
            label=LABELS.get(kinds.get(_number(path.stem), "")),
            group=f"udiat:{path.stem}",
        )
        for path in picture_files(folders["original"], root, defects, within)
    ]
    if not samples:
        raise DataError(f"No images in {shown(folders['original'])}. UDIAT has 000001.png.")
    return Dataset("udiat", root, tuple(samples), tuple(defects))


def _number(name: str) -> str:
    """An image's number, which the sheet writes without the zeros and the extension of its file."""
    return name.removesuffix(".png").lstrip("0")
