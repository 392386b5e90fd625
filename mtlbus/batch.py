"""Many image files through one or more methods: records, and files to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .core.errors import InputError
from .core.files import write_atomically, write_json
from .data.intake import GreyImage, read_image
from .figures import colours, overlay
from .inference.input_checks import Check, require_answerable, worst
from .inference.measure import measure
from .inference.predictor import Prediction, Predictor, predict_all

RECORDS = "predictions.json"


def predict_files(
    images: Sequence[str],
    predictors: Sequence[Predictor],
    out: str | Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """Predict image files one after the other; a refused one does not stop the rest.

    Args:
        images: paths.
        predictors: asked about each image.
        out: folder for overlays, masks and `predictions.json`; None writes nothing.
        report: receives a line of progress for each image.

    Returns:
        One record for each image and method (see `record`), or {image, error} where an image is
        refused.
    """
    records: list[dict[str, Any]] = []
    for number, path in enumerate(images, start=1):
        try:
            image = read_image(path)
            checks = require_answerable(image)
        except InputError as error:
            records.append({"image": str(path), "error": str(error)})
            continue
        predictions = predict_all(predictors, image)
        for predictor, prediction in zip(predictors, predictions, strict=True):
            found = record(str(path), image, prediction, (*checks, *predictor.check(prediction)))
            if out is not None:
                stem = f"{Path(path).stem}.{image.sha256[:8]}.{prediction.method}"
                found["files"] = _write(Path(out), stem, image, prediction)
            records.append(found)
        report(f"{number}/{len(images)}  {path}")
    if out is not None:
        write_json(Path(out) / RECORDS, records)
    return records


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


def _write(out: Path, stem: str, image: GreyImage, prediction: Prediction) -> list[str]:
    """Overlay and mask as PNG; the names of the files."""
    panel = overlay.grey_panel(image.pixels)
    files = {}
    if prediction.mask_probability is not None:
        panel = overlay.draw_region(panel, prediction.mask_probability, colours.OUTLINE)
        files[f"{stem}.mask.png"] = overlay.encode_png(prediction.mask())
    said = prediction.method
    if prediction.probability is not None:
        said += f": probability of malignancy {prediction.probability:.2f}"
    terms = ("Research and education only;", "not a medical device.")
    panel = overlay.add_strip(panel, [(None, text) for text in (said, *terms)])
    files[f"{stem}.overlay.png"] = overlay.encode_png(panel)
    for name, content in files.items():
        write_atomically(out / name, content)
    return [str(out / name) for name in files]
