"""HAM10000: dermatoscopic pictures of pigmented skin lesions, their outlines and seven diagnoses.

`metadata.csv` (or `HAM10000_metadata.csv`) with lesion_id, image_id and dx; pictures in `images/`
or in the two folders of the official download; outlines in `masks/`, or as they are published.

Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018; CC BY-NC 4.0.
"""

from __future__ import annotations

from pathlib import Path

from ..core.declaration import Declaration, ImageForm
from ..core.errors import DataError
from ..core.tasks import Task
from .dataset import Dataset, Sample, require_folder
from .places import is_file, shown
from .sheets import read_table
from .truth import ClassFiles, Target

TABLES = ("metadata.csv", "HAM10000_metadata.csv")
PICTURES = ("images", "HAM10000_images_part_1", "HAM10000_images_part_2")
OUTLINES = ("masks", "HAM10000_segmentations_lesion_tschandl")
DIAGNOSES = {
    "nv": "naevus", "mel": "melanoma", "bkl": "benign keratosis", "bcc": "basal cell carcinoma",
    "akiec": "actinic keratosis", "vasc": "vascular lesion", "df": "dermatofibroma",
}  # fmt: skip
LESION = Task("lesion", "pixel_class", ("skin", "lesion"), colours=("#56B4E9",))
DIAGNOSIS = Task("diagnosis", "image_class", tuple(DIAGNOSES.values()))
DECLARATION = Declaration(
    "ham10000",
    (LESION, DIAGNOSIS),
    "Outline and diagnosis of a skin lesion",
    image=ImageForm("rgb"),
    group="lesion",
)


def load(root: str | Path, within: Path | None = None) -> Dataset:
    """Read HAM10000; the group is the lesion, of which there may be several pictures.

    Args:
        root: the folder.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: the folder is not in this layout, or names a diagnosis beyond the seven.
    """
    root = require_folder(Path(root), "ham10000", within)
    table = next((root / name for name in TABLES if is_file(root / name)), None)
    if table is None:
        raise DataError(f"No {TABLES[0]} in {shown(root)}. HAM10000 comes with one.")
    samples: list[Sample] = []
    defects: list[str] = []
    numbers = {short: number for number, short in enumerate(DIAGNOSES)}
    for line, row in read_table(table, ("lesion_id", "image_id", "dx"), (), within):
        where, name = f"{table.name}, line {line}", row["image_id"]
        if row["dx"].casefold() not in numbers:
            raise DataError(f"{where}: its dx is not allowed. Allowed: {', '.join(DIAGNOSES)}.")
        image = _find(root, PICTURES, f"{name}.jpg")
        mask = _find(root, OUTLINES, f"{name}.png", f"{name}_segmentation.png")
        if image is None:
            defects.append(f"{where}: its image is no file; left out.")
            continue
        targets: dict[str, Target] = {DIAGNOSIS.name: numbers[row["dx"].casefold()]}
        if mask is None:
            defects.append(f"{where}: no mask; its outline is unknown.")
        else:
            targets[LESION.name] = ClassFiles(mask)
        samples.append(
            Sample(
                id=name,
                dataset="ham10000",
                image=image,
                group=f"ham10000:{row['lesion_id']}",
                targets=targets,
                form=DECLARATION.image,
            )
        )
    if not samples:
        raise DataError(f"No images of {table.name} found in {shown(root)}.")
    return Dataset("ham10000", root, tuple(samples), tuple(defects), declaration=DECLARATION)


def _find(root: Path, folders: tuple[str, ...], *names: str) -> Path | None:
    places = (root / folder / name for folder in folders for name in names)
    return next((place for place in places if is_file(place)), None)
