"""BUS-BRA in its official layout: Images/, Masks/, bus_data.csv, 5-fold-cv.csv.

Gómez-Flores et al., BUS-BRA, Medical Physics, 2023.
"""

from __future__ import annotations

import csv
from pathlib import Path

from ..core.errors import DataError
from .dataset import Dataset, Sample, require_folder

LABELS = {"benign": 0, "malignant": 1}


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DataError(f"No {path.name} in {str(path.parent)!r}. BUS-BRA ships it.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def load(root: str | Path) -> Dataset:
    """Read BUS-BRA with its official folds; the group is the patient (`Case`).

    Raises:
        DataError: the folder is not in BUS-BRA's layout.
    """
    root = require_folder(Path(root), "busbra")
    folds = {row["ID"]: int(row["kFold"]) for row in _rows(root / "5-fold-cv.csv")}
    samples: list[Sample] = []
    defects: list[str] = []
    for row in _rows(root / "bus_data.csv"):
        identifier = row["ID"]
        image = root / "Images" / f"{identifier}.png"
        mask = root / "Masks" / f"{identifier.replace('bus_', 'mask_')}.png"
        if not image.is_file() or not mask.is_file():
            defects.append(f"{identifier}: image or mask file missing; left out.")
            continue
        samples.append(
            Sample(
                id=identifier,
                dataset="busbra",
                image=image,
                masks=(mask,),
                label=LABELS[row["Pathology"]],
                group=f"busbra:{row['Case']}",
                fold=folds.get(identifier),
                facts={
                    "birads": row["BIRADS"],
                    "histology": row["Histology"],
                    "device": row["Device"],
                },
            )
        )
    if not samples:
        raise DataError(f"No images of bus_data.csv found in {str(root / 'Images')!r}.")
    return Dataset("busbra", root, tuple(samples), tuple(defects))
