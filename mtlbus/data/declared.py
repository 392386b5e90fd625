"""The general door for other people's tasks: a declaration, and a table with a column a task.

Both are shown in `checkpoints/README.md`, under "Your own two tasks in ten minutes"; the fields of
the JSON are those of `Declaration` and `Task` in core, and `manifest`, the table.

An empty cell is a truth that nobody knows: the image then teaches the other tasks. A class per
image is written by its name. Classes per pixel are one picture of class numbers, or a mask for each
as "cord=a.png; target=b.png"; of two classes, a usual mask. Values are a .npy file in their unit or
a grey picture in steps of the task's scale; they count in the mask of the column "TASK region", or
everywhere. `group`, `fold` and `part` (train, validation, test) may be missing. Paths are relative
to the table. What a cell says is never quoted in a message; the line it stands in is named.
"""

from __future__ import annotations

import json
import os.path
from dataclasses import replace
from pathlib import Path

from ..core.declaration import Declaration, read_declaration
from ..core.errors import DataError, InputError
from ..core.tasks import Task
from .dataset import Dataset, Sample, named_apart
from .manifest import find_file, leaks
from .places import read_regular_file, shown
from .sheets import Row, read_table, whole_number
from .splits import PARTS
from .truth import ClassFiles, Target, ValueFiles

MANIFEST = "manifest"  # the field of the JSON beside those of the declaration
MOST_BYTES = 1_000_000
REGION = " region"  # after the name of a task, the column of the mask where its values count


def load(path: str | Path, within: Path | None = None) -> Dataset:
    """Read a declaration and its manifest; no pixel is read here.

    Images that do not exist or are named twice are listed in `defects` and left out; a truth whose
    file does not exist is listed, too, and its image is kept without it.

    Args:
        path: the JSON file.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: no such file; a declaration or table that is wrong, a class that is not declared
            (with its line number), or none of the images exists.
    """
    path = Path(path)
    declaration, table = _declaration(path, within)
    regions = [task.name + REGION for task in declaration.tasks if task.kind == "pixel_regression"]
    rows = read_table(
        table,
        ("image", *(task.name for task in declaration.tasks)),
        ("group", "fold", "part", *regions),
        within,
    )
    reader = _Reader(declaration, table, within)
    samples = [sample for row in rows if (sample := reader.sample(row))]
    if not samples:
        first = f" The first fault: {reader.defects[0]}" if reader.defects else ""
        raise DataError(f"{shown(table.name)} names no image that can be found.{first}")
    names = named_apart([sample.image for sample in samples], table.parent)
    return Dataset(
        declaration.name,
        path,
        tuple(replace(sample, id=name) for sample, name in zip(samples, names, strict=True)),
        (*reader.defects, *leaks(reader.lines)),
        declaration=declaration,
    )


def _declaration(path: Path, within: Path | None) -> tuple[Declaration, Path]:
    """What the JSON declares, and the table that it names."""
    content = read_regular_file(path, MOST_BYTES, within)
    try:
        document = json.loads(content)
        table = document.pop(MANIFEST)
        declaration = read_declaration(json.dumps(document), shown(path.name))
    except InputError as error:
        raise DataError(str(error)) from None
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise DataError(
            f"{shown(path.name)} is no JSON object. checkpoints/README.md shows one, under "
            "“Your own two tasks in ten minutes”."
        ) from None
    except KeyError:
        raise DataError(
            f'{shown(path.name)} names no table. Add "{MANIFEST}": "FILE.csv", relative to it.'
        ) from None
    found = find_file(path.parent, table, within) if isinstance(table, str) else None
    if found is None:
        raise DataError(f"{shown(path.name)}: its {MANIFEST} is no file. Check the path.")
    return declaration, found


class _Reader:
    """Rows to samples.

    Args:
        declaration: whose tasks have a column each.
        table: the CSV file.
        within: as of `load`.

    Attributes:
        defects: a line for each thing that was left out.
        lines: group to its lines and folds.
    """

    def __init__(self, declaration: Declaration, table: Path, within: Path | None) -> None:
        self.declaration, self.table, self.within = declaration, table, within
        self.defects: list[str] = []
        self.lines: dict[str, list[tuple[int, int]]] = {}
        self._seen: set[Path] = set()

    def sample(self, row: Row) -> Sample | None:
        """The image of a row; None where there is none, or where it was named before."""
        line, cells = row
        image = self._file(cells["image"])
        if image is None or image in self._seen:
            why = "is no file" if image is None else "was named before"
            self.defects.append(f"line {line}: its image {why}; left out.")
            return None
        self._seen.add(image)
        where = f"{shown(self.table.name)}, line {line}"
        fold = whole_number(cells["fold"], f"{where}: its fold") if cells["fold"] else None
        if cells["part"] and cells["part"] not in PARTS:
            raise DataError(f"{where}: its part is not allowed. Allowed: {', '.join(PARTS)}.")
        targets = {
            task.name: found
            for task in self.declaration.tasks
            if cells[task.name] and (found := self._target(task, row, where)) is not None
        }
        group = cells["group"] or Path(os.path.relpath(image, self.table.parent)).as_posix()
        if fold is not None:
            self.lines.setdefault(group, []).append((line, fold))
        return Sample(
            id=image.stem,
            dataset=self.declaration.name,
            image=image,
            group=f"{self.declaration.name}:{group}",
            fold=fold,
            targets=targets,
            form=self.declaration.image,
            part=cells["part"],
        )

    def _target(self, task: Task, row: Row, where: str) -> Target | None:
        cell = row.cells[task.name]
        if task.kind == "image_class":
            return _class_of(task, cell, where)
        if task.kind == "pixel_regression":
            region = row.cells[task.name + REGION]
            values = self._known(task, cell, row.line)
            bounds = self._known(task, region, row.line) if region else None
            whole = values is not None and (bounds is not None or not region)
            return ValueFiles(values, bounds) if whole and values else None
        if "=" not in cell and not task.overlapping:
            numbers = self._known(task, cell, row.line)
            return ClassFiles(numbers) if numbers else None
        masks = []
        for part in filter(None, (part.strip() for part in cell.split(";"))):
            name, separator, file = (piece.strip() for piece in part.partition("="))
            if not separator:
                raise DataError(
                    f"{where}: its {task.name} is not written as class=file; class=file."
                )
            path = self._known(task, file, row.line)
            if path is None:
                return None  # half of the classes would make background of the others
            masks.append((task.classes[_class_of(task, name, where)], path))
        return ClassFiles(masks=tuple(masks))

    def _known(self, task: Task, cell: str, line: int) -> Path | None:
        found = self._file(cell)
        if found is None:
            self.defects.append(f"line {line}: its {task.name} is no file; kept without it.")
        return found

    def _file(self, cell: str) -> Path | None:
        return find_file(self.table.parent, cell, self.within) if cell else None


def _class_of(task: Task, cell: str, where: str) -> int:
    """The number of a class by its name.

    Raises:
        DataError: the declaration does not name it.
    """
    folded = [name.casefold() for name in task.classes]
    if cell.casefold() not in folded:
        raise DataError(
            f"{where}: a class of {task.name} is not declared. Declared: {', '.join(task.classes)}."
        )
    return folded.index(cell.casefold())
