"""Many image files through one or more methods: records, and files to keep."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .core.errors import InputError
from .core.files import fitting, write_atomically, write_json
from .data.intake import GreyImage, read_image
from .figures import colours, overlay
from .inference.input_checks import Check, require_answerable, worst
from .inference.measure import measure
from .inference.predictor import Prediction, Predictor, predict_all

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
        For each image one record a method (see `record`), or one {image, error} where the image
        is refused.

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
    predictions = predict_all(predictors, image)
    for predictor, prediction in zip(predictors, predictions, strict=True):
        entry = record(str(path), image, prediction, (*checks, *predictor.check(prediction)))
        if out is not None:
            ending = f".{image.sha256[:8]}.{prediction.method}"
            entry["files"] = _write(Path(out), Path(path).stem, ending, image, prediction)
        entries.append(entry)
    return entries


def record(
    name: str, image: GreyImage, prediction: Prediction, checks: Sequence[Check] = ()
) -> dict[str, Any]:
    """A prediction as JSON-ready data; lesion is None without a mask or with an empty one."""
    mask = prediction.mask()
    lesion = None if mask is None else measure(mask, image.pixels, image.spacing)
    return {
        "image": name,
        "method": prediction.method,
        "probability": prediction.probability,
        "threshold": prediction.threshold,
        "lesion": None if lesion is None else lesion.as_dict(),
        "input": worst(checks),
        "checks": [asdict(check) for check in checks],
        "distance": prediction.distance,
        "notes": list(image.notes),
        "image_sha256": prediction.image_sha256,
        "weights_sha256": prediction.weights_sha256,
        "files": [],
    }


def _write(
    out: Path, stem: str, ending: str, image: GreyImage, prediction: Prediction
) -> list[str]:
    """Overlay and mask as PNG; the names of the files."""
    panel = overlay.grey_panel(image.pixels)
    files = {}
    if prediction.mask_probability is not None:
        panel = overlay.draw_region(panel, prediction.mask_probability, colours.OUTLINE)
        files[f"{ending}.mask.png"] = overlay.encode_png(prediction.mask())
    said = prediction.method
    if prediction.probability is not None:
        said += f": probability of malignancy {prediction.probability:.2f}"
    terms = ("Research and education only;", "not a medical device.")
    panel = overlay.add_strip(panel, [(None, text) for text in (said, *terms)])
    files[f"{ending}.overlay.png"] = overlay.encode_png(panel)
    paths = {out / fitting(stem, name): content for name, content in files.items()}
    for path, content in paths.items():
        write_atomically(path, content)
    return [*map(str, paths)]
