"""What a network says about a case, for the pages."""

from __future__ import annotations

from collections.abc import Mapping

from ..findings import Finding, find
from ..inference.predictor import MASK_THRESHOLD, Prediction
from . import services
from .case import Case


def finding_of(
    case: Case,
    prediction: Prediction,
    mask_threshold: float = MASK_THRESHOLD,
    point: str | None = None,
) -> Finding:
    """A prediction with all that is known about its case and its network.

    Args:
        case: the image.
        prediction: of it.
        mask_threshold: tumour probability above which a pixel is inside.
        point: name of the operating point; None for the default one.
    """
    checkpoint = services.checkpoint(prediction.method)
    return find(case, prediction, checkpoint, services.checks(case), mask_threshold, point)


def findings_of(
    case: Case, predictions: Mapping[str, Prediction], mask_threshold: float = MASK_THRESHOLD
) -> dict[str, Finding]:
    """The same of several networks, by method, each at its default operating point."""
    return {
        method: finding_of(case, prediction, mask_threshold)
        for method, prediction in predictions.items()
    }
