"""Many image files through one or more networks: records, and files to keep.

Several processes share the files out (`core.processes`); each writes what belongs to its own, and
the records are in the order of the files all the same.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .core import processes
from .core.errors import InputError
from .core.files import fitting, write_atomically, write_json
from .core.wording import DISCLAIMER
from .data.ahead import batched
from .data.case import Case
from .data.decoding import read_image
from .data.places import is_file, is_folder, listing, shown
from .data.task_case import Picture, open_picture
from .figures import colours, overlay, task_overlay
from .findings import Finding, find
from .inference.input_checks import require_answerable
from .inference.predictor import Predictor, predict_all
from .inference.task_predictor import TaskPrediction, TaskPredictor

RECORDS = "predictions.json"
SECONDS = 5.0  # the records on disk are at most so old
_SHARE = 8  # images of each of several processes between two times that they tell each other

Networks = Sequence[Predictor] | Sequence[TaskPredictor]
Told = tuple[dict[str, Any], Callable[[], dict[str, bytes]]]
"""What a network says, and what makes its files: the ending of a name to the content."""


def image_files(paths: Sequence[str]) -> list[str]:
    """Paths of files, and of folders all their files by name, without those in folders of theirs.

    Raises:
        DataError: a folder cannot be listed.
        InputError: there is no file in it.
    """
    found: list[str] = []
    for path in paths:
        if not is_folder(path):
            found.append(path)
            continue
        files = [str(file) for file in listing(Path(path)) if is_file(file)]
        if not files:
            raise InputError(f"There is no file in the folder {shown(path)}. Name one with images.")
        found += files
    return found


def predict_each(
    images: Sequence[str],
    predictors: Networks,
    out: str | Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Iterator[list[dict[str, Any]]]:
    """Predict image files one after the other; a refused one does not stop the rest.

    The records are on disk while the work goes on, and all that are there when it ends early. Of
    several processes each predicts a share, and all get all entries, a few images later.

    Args:
        images: paths of files (`image_files`).
        predictors: asked about each image; all of one declaration (`open_networks`).
        out: folder for overlays, masks, values and `predictions.json`; None writes nothing.
        report: receives a line of progress for each image.

    Yields:
        For each image one entry a network: of breast ultrasound `Finding.numbers`, else {image,
        method, weights_sha256, tasks (`Answer.numbers` by name), limits of its card}, each with its
        files; or one {image, error} where the image is refused.

    Raises:
        OutputError: something cannot be written.
    """
    records: list[dict[str, Any]] = []
    written = time.monotonic()

    def keep(age: float = 0.0) -> None:
        nonlocal written
        if out is not None and time.monotonic() - written >= age:
            write_json(Path(out) / RECORDS, records)
            written = time.monotonic()

    def told(some: Sequence[str]) -> list[list[dict[str, Any]]]:
        return [_entries(path, predictors, out) for path in some]

    number, together = 0, 1 if processes.count() == 1 else _SHARE * processes.count()
    try:
        for some in batched(images, together):
            for path, entries in zip(some, processes.shared(told, some), strict=True):
                records += entries
                number += 1
                report(f"{number}/{len(images)}  {path}")
                yield entries
            processes.by_first(lambda: keep(SECONDS))
    finally:
        if processes.is_first():
            keep()


def _entries(path: str, predictors: Networks, out: str | Path | None) -> list[dict[str, Any]]:
    """What each network says about an image file; its files are written."""
    own = [one for one in predictors if isinstance(one, TaskPredictor)]
    try:
        if own:
            told = _of_tasks(path, own)
        else:
            told = _of_breast(path, [one for one in predictors if isinstance(one, Predictor)])
    except InputError as error:
        return [{"image": str(path), "error": str(error)}]
    entries = []
    for entry, make in told:
        files = make() if out is not None else {}
        places = {
            Path(out or "") / fitting(Path(path).stem, end): file for end, file in files.items()
        }
        for place, content in places.items():
            write_atomically(place, content)
        entries.append({**entry, "files": [*map(str, places)]})
    return entries


def _of_breast(path: str, predictors: Sequence[Predictor]) -> list[Told]:
    image = read_image(path)
    checks = require_answerable(image)
    case = Case(str(path), str(path), image, None, None, "upload", "")
    predictions = predict_all(predictors, image)
    told: list[Told] = []
    for predictor, prediction in zip(predictors, predictions, strict=True):
        finding = find(case, prediction, predictor.checkpoint, checks)
        mark = f".{image.sha256[:8]}.{prediction.method.replace(':', '_')}"
        told.append((finding.numbers(), lambda f=finding, m=mark: _pictures(f, m)))
    return told


def _pictures(finding: Finding, mark: str) -> dict[str, bytes]:
    """Overlay and mask as PNG."""
    panel = overlay.grey_panel(finding.case.image.pixels)
    files = {}
    if finding.mask is not None:
        files[f"{mark}.mask.png"] = overlay.encode_png(finding.mask)
    if finding.outlined:
        panel = overlay.draw_region(panel, finding.prediction.mask_probability, colours.OUTLINE)
    said = [finding.sentence, *(check.reason for check in finding.cautions), DISCLAIMER]
    panel = overlay.add_strip(panel, [(None, text) for text in said])
    return {**files, f"{mark}.overlay.png": overlay.encode_png(panel)}


def _of_tasks(path: str, predictors: Sequence[TaskPredictor]) -> list[Told]:
    picture = open_picture(path, predictors[0].checkpoint.declaration.image)
    told: list[Told] = []
    for predictor in predictors:
        found = predictor.predict(picture)
        entry = {
            "image": str(path),
            "method": found.method,
            "weights_sha256": found.weights_sha256,
            "tasks": {name: answer.numbers() for name, answer in found.answers.items()},
            "limits": predictor.checkpoint.card.limits,
        }
        told.append((entry, lambda f=found: _maps(picture, f)))
    return told


def _maps(picture: Picture, found: TaskPrediction) -> dict[str, bytes]:
    """A picture of all answers; classes of pixels as PNG, values as arrays."""
    mark = f".{picture.sha256[:8]}.{found.method}"
    drawn = task_overlay.picture(picture.seen, found.answers.values(), DISCLAIMER)
    files = {f"{mark}.overlay.png": overlay.encode_png(drawn)}
    for name, answer in found.answers.items():
        if answer.values is not None:
            buffer = io.BytesIO()
            np.save(buffer, answer.values)
            files[f"{mark}.{name}.npy"] = buffer.getvalue()
        elif answer.classes is not None and not answer.task.overlapping:
            files[f"{mark}.{name}.png"] = overlay.encode_png(answer.classes)
        else:
            for number, plane in enumerate(answer.planes().values(), start=1):
                files[f"{mark}.{name}.{number}.png"] = overlay.encode_png(plane)
    return files
