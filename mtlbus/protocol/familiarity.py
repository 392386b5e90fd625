"""What a training looks like to its network, and what tells a lesion from none in its features."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..data.dataset import PHANTOMS, Sample
from ..data.splits import Split
from ..inference.familiarity import Familiarity, channel_means, feature_maps, fit
from ..inference.predictor import Predictor
from ..inference.presence import PresenceReadout, fit_presence
from .judging import Report


class Fitted(NamedTuple):
    """What the features of the training images give.

    Attributes:
        familiarity: how far an image lies from them.
        presence: what tells a lesion from none; None where no part has normal images.
        parts: for each part and dataset {n, beyond}: its images, and the share of them that lies
            beyond the limit of familiarity.
    """

    familiarity: Familiarity
    presence: PresenceReadout | None
    parts: dict[str, Any]


def fit_familiarity(
    predictor: Predictor, split: Split, report: Report = lambda line: None
) -> Fitted:
    """Fit to the training part; what has to be chosen is chosen on the validation part.

    Args:
        predictor: of the checkpoint.
        split: of the data it was trained on, by its fold.
        report: receives a line of progress every 100 images.

    Raises:
        InputError: the network returns no map that features could be taken from.
    """
    parts = {
        part: _collect(predictor, samples, part, report)
        for part, samples in zip(("training", "validation", "test"), split, strict=True)
    }
    training, validation = parts["training"], parts["validation"]
    found = fit(training.names, training.features, validation.features)
    presence = None
    if training.normal.any() and validation.normal.any():
        presence = fit_presence(training.names, training.real(), validation.real())
    return Fitted(
        found,
        presence,
        {
            part: {
                dataset: {
                    "n": int(of_it.sum()),
                    "beyond": float((found.distances(one.features[of_it]) > found.limit).mean()),
                }
                for dataset in dict.fromkeys(one.datasets)
                for of_it in (one.datasets == dataset,)
            }
            for part, one in parts.items()
        },
    )


class _Features(NamedTuple):
    """Of a part: names of the maps, N×C, and of each image its dataset and whether it is normal."""

    names: tuple[str, ...]
    features: np.ndarray
    datasets: np.ndarray
    normal: np.ndarray

    def real(self) -> tuple[np.ndarray, np.ndarray]:
        """The features of the images that are no phantoms, and whether each has a lesion."""
        real = self.datasets != PHANTOMS
        return self.features[real], ~self.normal[real]


def _collect(
    predictor: Predictor, samples: Iterable[Sample], part: str, report: Report
) -> _Features:
    names: tuple[str, ...] = ()
    rows, datasets, normal = [], [], []
    for number, sample in enumerate(samples, start=1):
        maps = predictor.predict(sample.grey(), maps=True).maps
        names = names or feature_maps(maps)
        rows.append(channel_means(maps, names))
        datasets.append(sample.dataset)
        normal.append(sample.normal)
        if number % 100 == 0:
            report(f"{part}: features of {number} images")
    return _Features(names, np.concatenate(rows), np.array(datasets), np.array(normal, bool))
