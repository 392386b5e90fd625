"""What the images of a training look like to the network that came out of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..data.dataset import Sample
from ..data.splits import Split
from ..inference.familiarity import Familiarity, channel_means, feature_maps, fit
from ..inference.predictor import Predictor
from .judging import Report


def fit_familiarity(
    predictor: Predictor, split: Split, report: Report = lambda line: None
) -> tuple[Familiarity, dict[str, Any]]:
    """Fit to the training part; the limit is chosen on the validation part.

    Args:
        predictor: of the checkpoint.
        split: of the data it was trained on, by its fold.
        report: receives a line of progress every 100 images.

    Returns:
        The description, and for each part and dataset {n, beyond}: its images, and the share of
        them that lies beyond the limit.

    Raises:
        InputError: the network returns no map that features could be taken from.
    """
    names, training = _collect(predictor, split.train, "training", report)
    _, validation = _collect(predictor, split.validation, "validation", report)
    _, test = _collect(predictor, split.test, "test", report)
    found = fit(names, np.concatenate([*training.values()]), np.concatenate([*validation.values()]))
    parts = {"training": training, "validation": validation, "test": test}
    return found, {
        part: {
            dataset: {
                "n": len(features),
                "beyond": float((found.distances(features) > found.limit).mean()),
            }
            for dataset, features in datasets.items()
        }
        for part, datasets in parts.items()
    }


def _collect(
    predictor: Predictor, samples: Iterable[Sample], part: str, report: Report
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """The names of the maps, and the features of each dataset, N×C."""
    names, rows = (), defaultdict(list)
    for number, sample in enumerate(samples, start=1):
        maps = predictor.predict(sample.grey(), maps=True).maps
        names = names or feature_maps(maps)
        rows[sample.dataset].append(channel_means(maps, names))
        if number % 100 == 0:
            report(f"{part}: features of {number} images")
    return names, {dataset: np.concatenate(features) for dataset, features in rows.items()}
