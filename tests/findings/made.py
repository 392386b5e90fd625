"""Cases, predictions and cards with values that are known, for tests of what is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mtlbus.data.case import Case
from mtlbus.data.intake import GreyImage
from mtlbus.data.transforms import Frame
from mtlbus.findings import Finding
from mtlbus.findings.points import operating_points
from mtlbus.inference.predictor import Prediction
from tests.made import card_of

SIDE = 64
LESION = np.zeros((SIDE, SIDE), bool)
LESION[20:40, 16:48] = True
CARD: dict[str, Any] = {
    "title": "MTL-COSA",
    "training": {"data": {"busi": 454, "busbra": 1344, "phantom": 216}, "fold": 1},
    "default_operating_point": "balanced",
    "operating_points": {
        "balanced": {
            "threshold": 0.3,
            "validation": {"n": 204, "sensitivity": 0.77, "specificity": 0.78},
            "test": {
                "n": 501,
                "sensitivity": {"value": 0.9, "low": 0.85, "high": 0.94},
                "specificity": {"value": 0.8, "low": 0.75, "high": 0.84},
            },
        }
    },
    "presence": {
        "score": "share",
        "threshold": 0.75,
        "test": {
            "normal": {
                "n": 26,
                "outlined": {"value": 25 / 26, "low": 0.8, "high": 0.99},
                "malignant": {"value": 12 / 26, "low": 0.3, "high": 0.6},
            },
            "lesion": {"n": 501, "missed": {"value": 5 / 501, "low": 0.0, "high": 0.02}},
        },
    },
}
KNOWS_NORMALS = CARD | {
    "trained_with_normals": True,
    "presence": {
        "threshold": 0.75,
        "test": {
            "normal": {"n": 26, "outlined": {"value": 2 / 26}, "malignant": {"value": 1 / 26}},
            "lesion": {"n": 501, "missed": {"value": 5 / 501}},
        },
    },
}


def case(origin: str = "upload", **facts: Any) -> Case:
    """An image of noise; nothing else is known about it unless said."""
    pixels = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE), dtype=np.uint8)
    image = GreyImage(pixels, "a" * 64, (), "scan.png")
    blank = Case("upload:1", "scan.png", image, None, None, origin, "")
    return replace(blank, **facts)


def found(
    one: Case | None = None,
    probability: float | None = 0.15,
    mask: np.ndarray | None = LESION,
    sure: float = 0.9,
    card: dict[str, Any] = CARD,
    distance: float | None = 0.5,
    **facts: Any,
) -> Finding:
    """What a network says about a case, by default that it is benign at 15 %.

    Its mask is as sure as `sure` in all of the lesion.
    """
    logit = None if probability is None else float(np.log(probability / (1 - probability)))
    plane = None if mask is None else np.float32(sure) * mask.astype(np.float32)
    said = Prediction(
        "mtl_cosa", "b" * 64, "a" * 64, Frame(SIDE, SIDE), SIDE, plane, plane, logit, None,
        distance,
    )  # fmt: skip
    stated = card_of(**card)
    point = None if probability is None else operating_points(stated).get("balanced")
    return Finding(one or case(), said, stated, point, **facts)
