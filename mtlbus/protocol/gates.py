"""How much of each gate of a trained method is the same on every test image."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data.dataset import Sample
from ..explain.attention import cell_boxes
from ..explain.fixed_share import GateRepeats, has_places
from ..inference.predictor import Predictor
from .judging import Report


def measure_gates(
    predictor: Predictor, samples: Sequence[Sample], report: Report = lambda line: None
) -> dict[str, Any]:
    """Run the images through the network and compare each gate with itself.

    Args:
        predictor: of the method.
        samples: images it was not trained on.
        report: receives a line of progress every 100 images.

    Returns:
        data (dataset to its number of images) and fixed_share (gate to its share, 0..1); a gate
        without variance has none, and a method without gates has none at all.
    """
    repeats: defaultdict[str, GateRepeats] = defaultdict(GateRepeats)
    for number, sample in enumerate(samples, start=1):
        prediction = predictor.predict(sample.grey(), maps=True)
        for name, found in prediction.maps.items():
            if has_places(found):
                boxes = cell_boxes(found.tensor.shape[-2:], prediction.frame)
                seen = np.outer(boxes.bottom > boxes.top, boxes.right > boxes.left)
                repeats[name].add(found.tensor.float().numpy(), seen)
        if not repeats:
            break  # no gate on one image, none on any
        if number % 100 == 0:
            report(f"gates of {number} images")
    shares = {name: gate.share() for name, gate in repeats.items()}
    return {
        "data": dict(Counter(sample.dataset for sample in samples)),
        "fixed_share": {name: share for name, share in shares.items() if share is not None},
    }
