"""BUS-BRA in its official layout: Images/, Masks/, bus_data.csv, 5-fold-cv.csv.

Gómez-Flores et al., BUS-BRA, Medical Physics, 2023.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from .dataset import Dataset, Sample, require_folder
from .places import is_file, shown
from .sheets import Row, read_table, whole_number

LABELS = {"benign": 0, "malignant": 1}


FACTS = {"birads": "BIRADS", "histology": "Histology", "device": "Device"}


def load(root: str | Path, within: Path | None = None) -> Dataset:
    """Read BUS-BRA with its official folds; the group is the patient (`Case`).

    A pathology is read without regard to case and blanks; an image with any other than benign and
    malignant has no class. The tables may have gone through a spreadsheet.

    Args:
        root: the folder.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: the folder is not in BUS-BRA's layout.
    """
    root = require_folder(Path(root), "busbra", within)
    folds: dict[str, int] = {}
    for line, row in _rows(root, "5-fold-cv.csv", ("ID", "kFold"), (), within):
        folds[row["ID"]] = whole_number(row["kFold"], f"5-fold-cv.csv, line {line}: kFold")
    samples: list[Sample] = []
    defects: list[str] = []
    unknown = 0
    for line, row in _rows(
        root, "bus_data.csv", ("ID", "Case", "Pathology"), tuple(FACTS.values()), within
    ):
        identifier = row["ID"]
        image = root / "Images" / f"{identifier}.png"
        mask = root / "Masks" / f"{identifier.replace('bus_', 'mask_')}.png"
        if not is_file(image):
            defects.append(f"bus_data.csv, line {line}: its image file is missing; left out.")
            continue
        if not is_file(mask):
            defects.append(f"bus_data.csv, line {line}: no mask file; its outline is unknown.")
        pathology = row["Pathology"].casefold()
        unknown += pathology not in LABELS
        samples.append(
            Sample(
                id=identifier,
                dataset="busbra",
                image=image,
                masks=(mask,) if is_file(mask) else (),
                label=LABELS.get(pathology),
                group=f"busbra:{row['Case']}",
                fold=folds.get(identifier),
                facts={fact: row[column] for fact, column in FACTS.items()},
            )
        )
    if unknown:
        defects.append(
            f"{unknown} with another pathology than benign and malignant: without a class."
        )
    if not samples:
        raise DataError(f"No images of bus_data.csv found in {shown(root / 'Images')}.")
    return Dataset("busbra", root, tuple(samples), tuple(defects))


def _rows(
    root: Path,
    name: str,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    within: Path | None,
) -> list[Row]:
    if not is_file(root / name):
        raise DataError(f"No {name} in {shown(root)}. BUS-BRA ships it.")
    return read_table(root / name, required, optional, within)
