"""BUS-BRA with two classes an image: malignancy, and whether BI-RADS asks for a biopsy.

It stands in for the pair of STOIC (Kim et al. 2023), whose images cannot be had: two classes per
image, each of two, judged by AUC. The reader's BI-RADS and the biopsy agree in most images, as do
diagnosis and severity there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..core.declaration import Declaration
from ..core.tasks import MALIGNANCY, Task
from . import busbra
from .dataset import Dataset, Sample

SUSPICION = Task("suspicion", "image_class", ("BI-RADS 2 or 3", "BI-RADS 4 or 5"))
DECLARATION = Declaration(
    "busbra_classes", (MALIGNANCY, SUSPICION), "Malignancy and suspicion in breast ultrasound"
)
_LEVELS = {"2": 0, "3": 0, "4": 1, "5": 1}


def load(root: str | Path, within: Path | None = None) -> Dataset:
    """Read BUS-BRA (`busbra.load`) with its official folds, without its outlines.

    Args:
        root: the folder.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: the folder is not in BUS-BRA's layout.
    """
    dataset = busbra.load(root, within)
    return replace(
        dataset,
        name=DECLARATION.name,
        samples=tuple(map(_two_classes, dataset.samples)),
        declaration=DECLARATION,
    )


def _two_classes(sample: Sample) -> Sample:
    level = _LEVELS.get(sample.facts.get("birads", "")[:1])
    known = {MALIGNANCY.name: sample.label, SUSPICION.name: level}
    return replace(
        sample,
        dataset=DECLARATION.name,
        group=sample.group.replace("busbra:", f"{DECLARATION.name}:"),
        masks=(),
        targets={name: number for name, number in known.items() if number is not None},
    )
