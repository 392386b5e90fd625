"""Many image files through one or more methods: records, and files to keep."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .core.errors import InputError
from .core.files import fitting, write_atomically, write_json
from .core.wording import DISCLAIMER
from .data.case import Case
from .data.decoding import read_image, read_picture
from .data.identity import digest_of
from .figures import colours, overlay, task_overlay
from .findings import Finding, find
from .inference.input_checks import require_answerable
from .inference.predictor import Predictor, predict_all
from .inference.task_predictor import TaskPredictor

RECORDS = "predictions.json"
SECONDS = 5.0  # the records on disk are at most so old


def predict_files(
    images: Sequence[str],
    predictors: Sequence[Predictor],
    out: str | Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """All that `predict_each` gives, as one list."""
    return [entry for some in predict_each(images, predictors, out, report) for entry in some]


def predict_each(
    images: Sequence[str],
    predictors: Sequence[Predictor],
    out: str | Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Iterator[list[dict[str, Any]]]:
    """Predict image files one after the other; a refused one does not stop the rest.

    The records are on disk while the work goes on, and all that are there when it ends early.

    Args:
        images: paths.
        predictors: asked about each image.
        out: folder for overlays, masks and `predictions.json`; None writes nothing.
        report: receives a line of progress for each image.

    Yields:
        For each image one entry a method (see `Finding.numbers`), or one {image, error} where the
        image is refused.

    Raises:
        OutputError: something cannot be written.
    """
    records: list[dict[str, Any]] = []
    written = time.monotonic()
    try:
        for number, path in enumerate(images, start=1):
            entries = _entries(path, predictors, out)
            records += entries
            if out is not None and time.monotonic() - written > SECONDS:
                write_json(Path(out) / RECORDS, records)
                written = time.monotonic()
            report(f"{number}/{len(images)}  {path}")
            yield entries
    finally:
        if out is not None:
            write_json(Path(out) / RECORDS, records)


def answer_each(
    images: Sequence[str],
    predictors: Sequence[TaskPredictor],
    out: str | Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Iterator[list[dict[str, Any]]]:
    """As `predict_each`, of networks with a declaration: each task's answer, and its files.

    Yields:
        For each image one {image, method, weights_sha256, tasks, files} a network (see
        `Answer.numbers`), or one {image, error} where the image is refused.

    Raises:
        OutputError: something cannot be written.
    """
    records: list[dict[str, Any]] = []
    try:
        for number, path in enumerate(images, start=1):
            entries = [_answered(path, predictor, out) for predictor in predictors]
            records += entries
            report(f"{number}/{len(images)}  {path}")
            yield entries
    finally:
        if out is not None:
            write_json(Path(out) / RECORDS, records)


def _answered(path: str, predictor: TaskPredictor, out: str | Path | None) -> dict[str, Any]:
    """What a network says about an image file; maps are written as pictures and arrays."""
    try:
        pixels = read_picture(path, predictor.form)
    except InputError as error:
        return {"image": str(path), "error": str(error)}
    answers = predictor.answer(pixels)
    entry: dict[str, Any] = {
        "image": str(path),
        "method": predictor.checkpoint.method,
        "weights_sha256": predictor.checkpoint.digest,
        "tasks": {name: answer.numbers() for name, answer in answers.items()},
        "files": [],
    }
    if out is None:
        return entry
    mark = f".{digest_of(pixels)[:8]}.{predictor.checkpoint.method}"
    drawn = task_overlay.picture(pixels, answers.values(), DISCLAIMER)
    files = {f"{mark}.overlay.png": overlay.encode_png(drawn)}
    for name, answer in answers.items():
        if answer.values is not None:
            buffer = io.BytesIO()
            np.save(buffer, answer.values)
            files[f"{mark}.{name}.npy"] = buffer.getvalue()
        elif answer.classes is not None and not answer.task.overlapping:
            files[f"{mark}.{name}.png"] = overlay.encode_png(answer.classes)
        else:
            for number, plane in enumerate(answer.planes().values(), start=1):
                files[f"{mark}.{name}.{number}.png"] = overlay.encode_png(plane)
    paths = {Path(out) / fitting(Path(path).stem, end): content for end, content in files.items()}
    for place, content in paths.items():
        write_atomically(place, content)
    return {**entry, "files": [*map(str, paths)]}


def _entries(
    path: str, predictors: Sequence[Predictor], out: str | Path | None
) -> list[dict[str, Any]]:
    """What each method says about an image file; its pictures are written."""
    try:
        image = read_image(path)
        checks = require_answerable(image)
    except InputError as error:
        return [{"image": str(path), "error": str(error)}]
    entries = []
    case = Case(str(path), str(path), image, None, None, "upload", "")
    predictions = predict_all(predictors, image)
    for predictor, prediction in zip(predictors, predictions, strict=True):
        finding = find(case, prediction, predictor.checkpoint, checks)
        entry = {**finding.numbers(), "files": []}
        if out is not None:
            ending = f".{image.sha256[:8]}.{prediction.method.replace(':', '_')}"
            entry["files"] = _write(Path(out), Path(path).stem, ending, finding)
        entries.append(entry)
    return entries


def _write(out: Path, stem: str, ending: str, finding: Finding) -> list[str]:
    """Overlay and mask as PNG; the names of the files."""
    panel = overlay.grey_panel(finding.case.image.pixels)
    files = {}
    if finding.mask is not None:
        files[f"{ending}.mask.png"] = overlay.encode_png(finding.mask)
    if finding.outlined:
        panel = overlay.draw_region(panel, finding.prediction.mask_probability, colours.OUTLINE)
    said = [finding.sentence, *(check.reason for check in finding.cautions), DISCLAIMER]
    panel = overlay.add_strip(panel, [(None, text) for text in said])
    files[f"{ending}.overlay.png"] = overlay.encode_png(panel)
    paths = {out / fitting(stem, name): content for name, content in files.items()}
    for path, content in paths.items():
        write_atomically(path, content)
    return [*map(str, paths)]
