"""What a probability was worth: how often it was malignant where a network said about the same."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .metrics import checked_probabilities
from .operating_points import wilson_interval

LEAST = 30  # images that the neighbourhood grows for
WIDTHS = (5, 10, 15, 20)  # per cent to both sides


class Local(NamedTuple):
    """Test images to which a network gave about the same probability.

    Attributes:
        low, high: ends of the neighbourhood, 0..1, both inside of it.
        n: images in it.
        malignant: of them.
        all_malignant, all_benign: of all test images.
    """

    low: float
    high: float
    n: int
    malignant: int
    all_malignant: int
    all_benign: int

    @property
    def share(self) -> float:
        """Malignant among them, 0..1; NaN where there is none."""
        return self.malignant / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % limits of the share (Wilson), images taken as independent."""
        return wilson_interval(self.malignant, self.n)

    @property
    def prevalence(self) -> float:
        """Malignant among all test images, 0..1."""
        return self.all_malignant / (self.all_malignant + self.all_benign)

    def at(self, prevalence: float) -> tuple[float, float, float]:
        """The share and its limits where another part of the lesions is malignant.

        By Bayes: the odds change by the same factor as the odds of all. It holds if malignant
        lesions, and benign ones, look there as they do here.

        Args:
            prevalence: above 0, below 1.
        """
        factor = _odds(prevalence) / _odds(self.prevalence)
        value, low, high = (_moved(share, factor) for share in (self.share, *self.interval))
        return value, low, high


def around(labels: ArrayLike, probabilities: ArrayLike, probability: float) -> Local:
    """The smallest neighbourhood of a probability, in whole per cent, that holds `LEAST` images.

    At most the widest of `WIDTHS`, however few are in it.

    Args:
        labels, probabilities: of the test images, shape N, both classes present.
        probability: in whose neighbourhood is counted, 0..1.
    """
    labels, probabilities = checked_probabilities(labels, probabilities)
    centre, inside = round(100 * probability), np.zeros(len(labels), bool)
    low = high = 0.0
    for width in WIDTHS:
        low, high = max(0, centre - width) / 100, min(100, centre + width) / 100
        inside = (probabilities >= low) & (probabilities <= high)
        if inside.sum() >= LEAST:
            break
    malignant = int(labels.sum())
    return Local(
        low, high, int(inside.sum()), int(labels[inside].sum()), malignant, len(labels) - malignant
    )


def _odds(share: float) -> float:
    return share / (1 - share)


def _moved(share: float, factor: float) -> float:
    """A share after its odds are multiplied."""
    return factor * share / (1 - share + factor * share)
