"""The official OpenKBP files: a folder a patient, each volume of 128³ voxels as a sparse CSV.

    train-pats/pt_1/ct.csv                    ",data", then a line a voxel: its number and its value
    train-pats/pt_1/dose.csv                  Gy
    train-pats/pt_1/possible_dose_mask.csv    voxels where dose can be; a mask has no values
    train-pats/pt_1/Brainstem.csv, SpinalCord.csv, RightParotid.csv, LeftParotid.csv, …

A voxel's number counts rows, then columns, then axial slices, which run fastest. `SLICES` slices a
patient are taken at even steps through those that hold an organ; patients without all four organs
are left out and counted. The parts are the challenge's: patients 1–200 train, to 240 validation,
the others test.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from ..core.errors import DataError
from ..core.tasks import Task
from .dataset import Sample
from .places import is_file, is_folder, lies_inside, listing, read_regular_file, shown
from .truth import ClassFiles, Target, ValueFiles

SIDE = 128
SLICES = 6
BLACK, WHITE = 724, 1424  # of the challenge's CT numbers, as in the cut-down slices
ORGAN_FILES = ("Brainstem", "SpinalCord", "RightParotid", "LeftParotid")  # classes 1 to 4
_CT, _DOSE, _POSSIBLE = "ct.csv", "dose.csv", "possible_dose_mask.csv"
_PATIENT = re.compile(r"pt_(\d+)")
_LAST_TRAIN, _LAST_VALIDATION = 200, 240
_MOST_BYTES = 120_000_000


class Voxels(NamedTuple):
    """A sparse volume.

    Attributes:
        row, column, depth: of each voxel, N.
        value: N; NaN in a mask.
    """

    row: np.ndarray
    column: np.ndarray
    depth: np.ndarray
    value: np.ndarray

    def plane(self, depth: int) -> np.ndarray:
        """The values of an axial slice, 128×128 float32, 0 elsewhere."""
        here = self.depth == depth
        plane = np.zeros((SIDE, SIDE), np.float32)
        plane[self.row[here], self.column[here]] = self.value[here]
        return plane

    def mask(self, depth: int) -> np.ndarray:
        """The voxels of an axial slice, 128×128 bool."""
        here = self.depth == depth
        plane = np.zeros((SIDE, SIDE), bool)
        plane[self.row[here], self.column[here]] = True
        return plane


@dataclass(frozen=True)
class VolumeSample(Sample):
    """An axial slice of a patient's volumes; `image` is the CT.

    Attributes:
        depth: which slice.
    """

    in_pictures: ClassVar[bool] = False
    depth: int = 0

    def pixels(self) -> np.ndarray:
        """The slice in the window of the challenge's CT numbers, 128×128 uint8."""
        plane = _voxels(self.image).plane(self.depth)
        return (255 * (plane - BLACK) / (WHITE - BLACK)).round().clip(0, 255).astype(np.uint8)

    def truth(self, task: Task, shape: tuple[int, int]) -> tuple[np.ndarray | None, str]:
        """As of `Sample`."""
        target = self.targets.get(task.name)
        try:
            if isinstance(target, ClassFiles):
                return self._classes(task, target), ""
            if isinstance(target, ValueFiles):
                return self._values(target), ""
        except DataError as error:
            return None, f"{self.id}: {error}"
        return None, ""

    def _classes(self, task: Task, target: ClassFiles) -> np.ndarray:
        numbers = np.zeros((SIDE, SIDE), np.uint8)
        for name, path in target.masks:
            numbers[_voxels(path).mask(self.depth)] = task.classes.index(name)
        return numbers

    def _values(self, target: ValueFiles) -> np.ndarray:
        found = _voxels(target.values)
        wrong = int((~np.isfinite(found.value)).sum())
        if wrong:
            raise DataError(f"{target.values.name} has {wrong} voxels without a number.")
        assert target.region is not None
        counts = _voxels(target.region).mask(self.depth)
        if not counts.any():
            raise DataError(f"{target.region.name} has no voxel in slice {self.depth}.")
        return np.where(counts, found.plane(self.depth), np.float32(np.nan))


def looks_like(root: Path, within: Path | None = None) -> bool:
    """Whether a folder holds the official files."""
    return next(_patients(root, within), None) is not None


def volumes(
    root: Path, organs: Task, dose: Task, within: Path | None
) -> tuple[list[VolumeSample], list[str]]:
    """The slices of all patients, and a line for each patient that is left out.

    Raises:
        DataError: a file of a mask is no sparse volume.
    """
    samples: list[VolumeSample] = []
    defects: list[str] = []
    for folder in _patients(root, within):
        files = {name: folder / f"{name}.csv" for name in ORGAN_FILES}
        missing = [name for name, path in files.items() if not _is_here(path, within)]
        if missing:
            defects.append(f"{folder.name}: no {' and no '.join(missing)}; left out.")
            continue
        named = zip(organs.foreground, files.values(), strict=True)
        targets: dict[str, Target] = {organs.name: ClassFiles(masks=tuple(named))}
        if all(_is_here(folder / name, within) for name in (_DOSE, _POSSIBLE)):
            targets[dose.name] = ValueFiles(folder / _DOSE, folder / _POSSIBLE)
        else:
            defects.append(f"{folder.name}: no {_DOSE} with {_POSSIBLE}; kept without.")
        held = np.unique(np.concatenate([_voxels(path).depth for path in files.values()]))
        steps = np.linspace(0, len(held) - 1, min(SLICES, len(held))).round().astype(int)
        number = int(folder.name.removeprefix("pt_"))
        early = "train" if number <= _LAST_TRAIN else "validation"
        for depth in held[steps].tolist():
            samples.append(VolumeSample(
                id=f"{folder.name}_{depth:03d}", dataset="openkbp", image=folder / _CT,
                group=f"openkbp:{folder.name}", targets=targets, depth=depth,
                part=early if number <= _LAST_VALIDATION else "test",
            ))  # fmt: skip
    return samples, defects


def _patients(root: Path, within: Path | None) -> Iterator[Path]:
    """The folders of patients with a CT, here or one folder deeper, in the order of numbers."""
    places = [place for place in listing(root, within) if is_folder(place)]
    deeper = [
        one for place in places if place.name.endswith("-pats") for one in listing(place, within)
    ]
    found = [one for one in (*places, *deeper) if _PATIENT.fullmatch(one.name)]
    for folder in sorted(found, key=lambda one: int(one.name.removeprefix("pt_"))):
        if _is_here(folder / _CT, within):
            yield folder


def _is_here(path: Path, within: Path | None) -> bool:
    return is_file(path) and lies_inside(within, path)


@lru_cache(maxsize=16)
def _voxels(path: Path) -> Voxels:
    """A sparse CSV.

    Raises:
        DataError: it is none.
    """
    try:
        content = read_regular_file(path, _MOST_BYTES)
        table = pd.read_csv(io.BytesIO(content), usecols=[0, 1], header=0, dtype=float)
        numbers, values = (table.iloc[:, place].to_numpy() for place in (0, 1))
    except (ValueError, OSError):  # of pandas, too, whose words would quote the file
        numbers = values = np.array([np.nan])
    if not len(numbers) or not ((numbers >= 0) & (numbers < SIDE**3) & (numbers % 1 == 0)).all():
        raise DataError(
            f"{shown(path.name)} is no sparse volume: each line needs the number of a voxel below "
            f"{SIDE}³, a comma, and its value or nothing."
        )
    row, column, depth = np.unravel_index(numbers.astype(int), (SIDE,) * 3)
    return Voxels(row, column, depth, values.astype(np.float32))
