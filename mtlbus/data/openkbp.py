"""OpenKBP as axial slices: the organs at risk and the dose of a plan, from a planning CT.

    slices.csv     image,patient,part,slice; part is train, validation or test, as in the challenge
    ct/            grey of 8 bits, the window of the challenge's CT numbers
    labels/        numbers of `ORGANS.classes`
    dose/          16 bits, Gy × 100
    possible/      where dose can be

or the challenge's official files (`openkbp_volumes`). Babier et al., OpenKBP, Medical Physics
48:5549, 2021. The challenge's target volumes overlap its organs; CTAN takes the four organs alone.
"""

from __future__ import annotations

from pathlib import Path

from ..core.declaration import Declaration
from ..core.errors import DataError
from ..core.tasks import Task
from . import openkbp_volumes
from .dataset import Dataset, Sample, require_folder
from .places import is_file, shown
from .sheets import read_table
from .splits import PARTS
from .truth import ClassFiles, Target, ValueFiles

TABLE = "slices.csv"
ORGANS = Task(
    "organs",
    "pixel_class",
    ("background", "brain stem", "spinal cord", "right parotid", "left parotid"),
    colours=("#E69F00", "#F0E442", "#56B4E9", "#009E73"),
)
DOSE = Task("dose", "pixel_regression", unit="Gy", span=70.0, scale=0.01)
DECLARATION = Declaration(
    "openkbp", (ORGANS, DOSE), "Organs and dose of a planning CT", mirror=False
)


def load(root: str | Path, within: Path | None = None) -> Dataset:
    """Read the slices with the challenge's own parts; the group is the patient.

    Args:
        root: the folder.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: the folder is not in this layout.
    """
    root = require_folder(Path(root), "openkbp", within)
    if not is_file(root / TABLE) and openkbp_volumes.looks_like(root, within):
        found, lines = openkbp_volumes.volumes(root, ORGANS, DOSE, within)
        if not found:
            raise DataError(f"No patient in {shown(root)} has all four organs. {lines[0]}")
        return Dataset("openkbp", root, tuple(found), tuple(lines), declaration=DECLARATION)
    if not is_file(root / TABLE):
        raise DataError(f"No {TABLE} in {shown(root)}. See mtlbus/data/openkbp.py for the layout.")
    samples: list[Sample] = []
    defects: list[str] = []
    for line, row in read_table(root / TABLE, ("image", "patient", "part"), (), within):
        name, where = row["image"], f"{TABLE}, line {line}"
        if row["part"] not in PARTS:
            raise DataError(f"{where}: its part is not allowed. Allowed: {', '.join(PARTS)}.")
        files = {place: root / place / name for place in ("ct", "labels", "dose", "possible")}
        if not is_file(files["ct"]):
            defects.append(f"{where}: its image is no file; left out.")
            continue
        missing = [place for place in ("labels", "dose", "possible") if not is_file(files[place])]
        if missing:
            defects.append(f"{where}: no {' and no '.join(missing)}; kept without.")
        targets: dict[str, Target] = {}
        if "labels" not in missing:
            targets[ORGANS.name] = ClassFiles(files["labels"])
        if not {"dose", "possible"} & {*missing}:
            targets[DOSE.name] = ValueFiles(files["dose"], files["possible"])
        samples.append(
            Sample(
                id=files["ct"].stem,
                dataset="openkbp",
                image=files["ct"],
                group=f"openkbp:{row['patient']}",
                targets=targets,
                part=row["part"],
            )
        )
    if not samples:
        raise DataError(f"No images of {TABLE} found in {shown(root / 'ct')}.")
    return Dataset("openkbp", root, tuple(samples), tuple(defects), declaration=DECLARATION)
