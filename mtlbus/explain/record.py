"""Attributions as files: arrays with what they are, and numbers that JSON can hold."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data.transforms import PREPROCESSING_VERSION
from .agreement import mass_inside, peak, points_into, rank_correlation
from .attributions import Attribution
from .gradcam import NotServed
from .request import PLACEBO, Request
from .subject import Subject
from .techniques import technique_of

README = "README"
_UNITS = {
    "share": "share of the answer, a pixel of the network's input",
    "slope": "change of the answer per full step of grey, a pixel of the network's input",
    "effect": "fall of the answer when the part around a pixel is taken away",
    "heat": "no unit",
}


def numbers_of(found: Attribution) -> dict[str, Any]:
    """What is known about a map besides its pixels, JSON-ready."""
    technique = technique_of(found.name)
    complete = found.completeness
    return {
        "attribution": found.name,
        "title": technique.title,
        "unit": _UNITS[technique.unit],
        "sum": None if complete is None else complete.total,
        "should_be": None if complete is None else complete.change,
        "completeness_error": _finite(None if complete is None else complete.share),
        "forwards": found.cost.forwards,
        "gradients": found.cost.gradients,
        "seconds": found.seconds,
    }


def document_of(
    request: Request,
    subject: Subject,
    found: Mapping[str, Attribution | NotServed],
    mask: np.ndarray | None,
) -> dict[str, Any]:
    """The numbers of an answered request, JSON-ready.

    Args:
        request: what was asked.
        subject: of whom.
        found: as `request.answer` returns it.
        mask: H×W bool, the predicted lesion, which places are held to; None without one.
    """
    entries = []
    for name in request.attributions:
        attribution, twin = found[name], found.get(f"{name}{PLACEBO}")
        if not isinstance(attribution, Attribution):
            entries.append({"attribution": name, "error": str(attribution)})
            continue
        plane = attribution.plane
        entry = {**numbers_of(attribution), "strongest": peak(plane)}
        if mask is not None and mask.any():
            entry["points_into_predicted_lesion"] = points_into(plane, mask)
            entry["mass_in_predicted_lesion"] = mass_inside(plane, mask)
        if isinstance(twin, Attribution):
            entry["placebo_rank_correlation"] = rank_correlation(plane, twin.plane)
        entries.append(entry)
    return {
        **request.as_text(),
        "target_in_words": request.target.words,
        "value": subject.value("image", subject.grey),
        "maps": entries,
        "preprocessing": PREPROCESSING_VERSION,
    }


def attribution_npz(
    pixels: np.ndarray, maps: Mapping[str, Attribution], facts: Mapping[str, Any]
) -> bytes:
    """A compressed NPZ of the image and its maps, nothing pickled.

    Args:
        pixels: H×W uint8, the image.
        maps: by the name of the array; a placebo's name ends in `PLACEBO`.
        facts: what the maps were computed from and the terms, JSON-ready.

    Returns:
        The file: `image`, each map as H×W float32 on the image's grid, and `README`, a text in
        JSON that says what each array is.
    """
    readme = {
        "arrays": {
            "image": "grey image, H×W, 0 black to 255 white",
            **{name: _meaning(name, found) for name, found in maps.items()},
        },
        **facts,
    }
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        **{README: np.array(json.dumps(readme, indent=1, ensure_ascii=False))},
        image=pixels,
        **{name: found.plane for name, found in maps.items()},
    )
    return stream.getvalue()


def _meaning(name: str, found: Attribution) -> str:
    technique = technique_of(found.name)
    mark = "PLACEBO, weights shuffled, nothing learnt is left; " if name.endswith(PLACEBO) else ""
    return f"{mark}{technique.title}, H×W, {_UNITS[technique.unit]}. {technique.what}"


def _finite(value: float | None) -> float | None:
    """JSON knows no infinity; it becomes null."""
    return value if value is None or math.isfinite(value) else None
