"""A prediction as data to take away: JSON of a view, one row of a table, PNG with its origin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..data.transforms import square_mask
from ..evaluation.metrics import mask_metrics
from ..inference.input_checks import Check, worst
from ..inference.measure import Lesion, measure
from ..inference.predictor import MASK_THRESHOLD, Prediction
from .case import Case
from .words import decision

DISCLAIMER = "Research and education only; not a medical device."
LABELS = ("benign", "malignant")


def lesion_of(case: Case, prediction: Prediction, threshold: float) -> Lesion | None:
    """The measurements of the outlined lesion; None without a mask or with an empty one."""
    mask = prediction.mask(threshold)
    return None if mask is None else measure(mask, case.image.pixels, case.image.spacing)


def against_truth(
    case: Case, prediction: Prediction, threshold: float = MASK_THRESHOLD
) -> dict[str, float] | None:
    """Mask metrics on the network's square, where distances compare; None where no truth."""
    if case.truth is None or prediction.mask_square is None:
        return None
    truth = square_mask(case.truth, prediction.size).numpy()
    return mask_metrics(prediction.mask_square > threshold, truth)


def as_json(
    case: Case,
    prediction: Prediction,
    title: str,
    point: float | None,
    mask_threshold: float,
    lesion: Lesion | None,
    metrics: Mapping[str, float] | None,
    checks: Sequence[Check] = (),
    seen: str = "",
) -> str:
    """All numbers of a view as one JSON document, with the digests that reproduce it."""
    document = {
        "case": {"key": case.key, "title": case.title, "origin": case.origin},
        "image_sha256": prediction.image_sha256,
        "image_size_px": [case.image.pixels.shape[1], case.image.pixels.shape[0]],
        "seen_in_training": seen or None,
        "known_class": None if case.label is None else LABELS[case.label],
        "method": prediction.method,
        "method_title": title,
        "weights_sha256": prediction.weights_sha256,
        "probability_malignant": prediction.probability,
        "logit": prediction.logit,
        "operating_point": point,
        "decision": None
        if prediction.probability is None or point is None
        else decision(prediction.probability, point),
        "input": worst(checks),
        "input_checks": [asdict(check) for check in checks],
        "distance_from_training_images": prediction.distance,
        "mask_threshold": mask_threshold,
        "lesion": None if lesion is None else lesion.as_dict(),
        "against_truth_at_network_size": _finite(metrics),
        "seconds": prediction.seconds,
        "notes_on_the_image": list(case.image.notes),
        "terms": DISCLAIMER,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)


def _finite(metrics: Mapping[str, float] | None) -> dict[str, float | None] | None:
    """JSON knows no NaN; an undefined number becomes null."""
    if metrics is None:
        return None
    return {name: float(v) if np.isfinite(v) else None for name, v in metrics.items()}


def table_row(
    case: Case, prediction: Prediction, lesion: Lesion | None, checks: Sequence[Check] = ()
) -> dict[str, Any]:
    """One image of several, for the table and its CSV."""
    probability = prediction.probability
    said = (
        ""
        if probability is None or prediction.threshold is None
        else decision(probability, prediction.threshold)
    )
    width, height = lesion.box[2:] if lesion else (None, None)
    width_mm, height_mm = lesion.box_mm if lesion and lesion.box_mm else (None, None)
    return {
        "file": case.title,
        "probability": probability,
        "decision": said,
        "input": worst(checks),
        "area_px": lesion.area_px if lesion else None,
        "width_px": width,
        "height_px": height,
        "area_mm2": lesion.area_mm2 if lesion else None,
        "width_mm": width_mm,
        "height_mm": height_mm,
        "height_to_width": lesion.height_to_width if lesion else None,
        "circularity": lesion.circularity if lesion else None,
        "margin_roughness": lesion.margin_roughness if lesion else None,
        "echo_ratio": lesion.echo_ratio if lesion else None,
        "posterior_ratio": lesion.posterior_ratio if lesion else None,
        "remark": "; ".join((*case.image.notes, *(check.reason for check in checks))),
        "image_sha256": prediction.image_sha256,
        "weights_sha256": prediction.weights_sha256,
    }
