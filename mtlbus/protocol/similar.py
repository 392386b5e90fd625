"""Where the test images lie among the features of a network, and whether neighbours are alike."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..core.errors import InputError
from ..data.dataset import Sample
from ..inference.predictor import Predictor
from .judging import Report

_NEIGHBOURS = 6


def places_of(
    predictor: Predictor, samples: Iterable[Sample], report: Report = lambda line: None
) -> tuple[list[tuple[str, str]], np.ndarray, dict[str, float]]:
    """Dataset and name of each image, its place (N×K), and how alike neighbours are.

    Args:
        predictor: with a familiarity.
        samples: of the test part.
        report: receives a line of progress every 100 images.

    Returns:
        The third is {same, chance}: the share of the six nearest images with the class of an
        image, mean over the images with a class, and what it would be by chance.

    Raises:
        InputError: nothing is kept of the training images of this network.
    """
    images, places, labels = [], [], []
    for number, sample in enumerate(samples, start=1):
        place = predictor.predict(sample.grey()).place
        if place is None:
            raise InputError(
                f"{predictor.checkpoint.method} has no description of its training images. Make "
                f"one first: python -m mtlbus familiarity {predictor.checkpoint.method} --data …"
            )
        images.append((sample.dataset, sample.id))
        places.append(place)
        labels.append(np.nan if sample.label is None else sample.label)
        if number % 100 == 0:
            report(f"places of {number} test images")
    rows, classes = np.stack(places), np.array(labels, dtype=float)
    return images, rows, _likeness(rows, classes)


def _likeness(places: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    known = ~np.isnan(labels)
    places, labels = places[known], labels[known]
    squares = (places**2).sum(axis=1)
    gaps = squares[:, None] + squares[None] - 2 * places @ places.T
    np.fill_diagonal(gaps, np.inf)
    nearest = np.argsort(gaps, axis=1)[:, :_NEIGHBOURS]
    share = labels.mean()
    return {
        "same": float((labels[nearest] == labels[:, None]).mean()),
        "chance": float(share**2 + (1 - share) ** 2),
    }
