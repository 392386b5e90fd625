"""Where to cut a probability into benign and malignant, and what that cut is worth."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from ..core.errors import InputError, choose
from .metrics import checked_probabilities, require_both_classes
from .weighted import weighted_counts

PREVALENCE = (5.0, 0.5, 50.0)  # of 100 people: where nobody says otherwise, the least, the most
PURPOSES = ("sensitivity_95", "specificity_95", "youden", "balanced", "cost")


class Confusion(NamedTuple):
    """Counts of images; malignant is positive. A share with an empty denominator is NaN."""

    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def n(self) -> int:
        """All images."""
        return sum(self)

    @property
    def sensitivity(self) -> float:
        """Share of the malignant images that are called malignant."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float:
        """Share of the benign images that are called benign."""
        return _share(self.tn, self.tn + self.fp)

    @property
    def ppv(self) -> float:
        """Share of the malignant calls that are right, at the prevalence of these images."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def npv(self) -> float:
        """Share of the benign calls that are right, at the prevalence of these images."""
        return _share(self.tn, self.tn + self.fn)

    @property
    def accuracy(self) -> float:
        """Share of all calls that are right."""
        return _share(self.tp + self.tn, self.n)

    @property
    def f1(self) -> float:
        """Harmonic mean of ppv and sensitivity."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def prevalence(self) -> float:
        """Share of malignant images."""
        return _share(self.tp + self.fn, self.n)


class PredictiveValues(NamedTuple):
    """What a call is worth: share of malignant (ppv) and of benign calls (npv) that are right."""

    ppv: float
    npv: float


class NaturalFrequencies(NamedTuple):
    """Of n people, how many end where. Integers; the four ends add up to n."""

    n: int
    malignant: int
    benign: int
    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int


def confusion(labels: ArrayLike, probabilities: ArrayLike, threshold: float) -> Confusion:
    """Counts when an image is called malignant at or above the threshold; both of shape N."""
    labels, probabilities = checked_probabilities(labels, probabilities)
    called, malignant = probabilities >= threshold, labels == 1
    return Confusion(
        tp=int((called & malignant).sum()),
        fp=int((called & ~malignant).sum()),
        tn=int((~called & ~malignant).sum()),
        fn=int((~called & malignant).sum()),
    )


def threshold_for_sensitivity(
    labels: ArrayLike, probabilities: ArrayLike, sensitivity: float
) -> float:
    """The largest threshold at which at least this share of the malignant images is found.

    Args:
        labels, probabilities: shape N.
        sensitivity: above 0, at most 1.

    Raises:
        InputError: a sensitivity outside that range, or no malignant image.
    """
    labels, probabilities = checked_probabilities(labels, probabilities)
    if not 0 < sensitivity <= 1:
        raise InputError(f"Sensitivity {sensitivity} is outside the range above 0 up to 1.")
    scores = np.sort(probabilities[labels == 1])[::-1]
    if len(scores) == 0:
        raise InputError("A sensitivity needs malignant images; there are none.")
    # 0.95 · 20 must need 19 images, not 20, whatever the last bit of the product is.
    needed = math.ceil(sensitivity * len(scores) - 1e-9)
    return float(scores[needed - 1])


def threshold_for_specificity(
    labels: ArrayLike, probabilities: ArrayLike, specificity: float
) -> float:
    """The smallest threshold at which at least this share of the benign images is cleared.

    Among the probabilities that occur: the one after that of the last benign image to be cleared,
    because an image at the threshold is called malignant; just above that when none is higher.

    Args:
        labels, probabilities: shape N.
        specificity: above 0, at most 1.

    Raises:
        InputError: a specificity outside that range, or no benign image.
    """
    labels, probabilities = checked_probabilities(labels, probabilities)
    if not 0 < specificity <= 1:
        raise InputError(f"Specificity {specificity} is outside the range above 0 up to 1.")
    scores = np.sort(probabilities[labels == 0])
    if len(scores) == 0:
        raise InputError("A specificity needs benign images; there are none.")
    needed = math.ceil(specificity * len(scores) - 1e-9)  # as for the sensitivity
    higher = probabilities[probabilities > scores[needed - 1]]
    return float(higher.min()) if len(higher) else _above(scores[needed - 1])


def choose_threshold(
    labels: ArrayLike,
    probabilities: ArrayLike,
    purpose: str,
    cost_ratio: float | None = None,
) -> float:
    """A threshold for a purpose, chosen among the probabilities that occur.

    To be called on validation images; a threshold chosen on test images flatters them.

    Args:
        labels, probabilities: shape N, both classes present.
        purpose: "sensitivity_95": the largest threshold with sensitivity of at least 0.95;
            "specificity_95": the smallest threshold with specificity of at least 0.95;
            "youden": the largest sensitivity + specificity − 1 (Youden 1950);
            "balanced": the smallest difference of sensitivity and specificity;
            "cost": the smallest cost_ratio · FN + FP, at the prevalence of these images.
            Of equally good thresholds the lowest, which misses the fewest.
        cost_ratio: for "cost", what a missed malignant image costs in false alarms; positive.

    Returns:
        The threshold. It lies above every probability that occurs when nobody may be called
        malignant: for "cost" when that is cheapest, for "specificity_95" when nothing else does.

    Raises:
        InputError: one class only, or no positive cost ratio for "cost".
        UnknownNameError: a purpose not listed above.
    """
    choose("purpose of a threshold", purpose, PURPOSES)
    labels, probabilities = checked_probabilities(labels, probabilities)
    require_both_classes(labels, "A threshold")
    if purpose == "sensitivity_95":
        return threshold_for_sensitivity(labels, probabilities, 0.95)
    if purpose == "specificity_95":
        return threshold_for_specificity(labels, probabilities, 0.95)
    counts = weighted_counts(labels, probabilities, np.ones((1, len(labels))))
    tp, fp = counts.true_positives[0], counts.false_positives[0]
    sensitivity, specificity = tp / tp[-1], 1 - fp / fp[-1]
    if purpose == "youden":
        loss = -(sensitivity + specificity)
    elif purpose == "balanced":
        loss = np.abs(sensitivity - specificity)
    else:
        if cost_ratio is None or not 0 < cost_ratio < math.inf:
            raise InputError(f"Purpose 'cost' needs a positive cost_ratio, not {cost_ratio!r}.")
        loss = cost_ratio * (tp[-1] - tp) + fp
        if cost_ratio * tp[-1] < loss.min():
            return _above(counts.thresholds[0])
    # Thresholds fall, so the last of the best is the lowest; the margin absorbs rounding.
    return float(counts.thresholds[np.flatnonzero(loss <= loss.min() + 1e-12)[-1]])


def predictive_values(
    sensitivity: float, specificity: float, prevalence: float
) -> PredictiveValues:
    """PPV and NPV where a share `prevalence` is malignant (Bayes); NaN where nobody is so called.

    A dataset holds far more malignant cases than a clinic sees; this moves the result there.
    """
    _check_shares(sensitivity=sensitivity, specificity=specificity, prevalence=prevalence)
    tp, fn = sensitivity * prevalence, (1 - sensitivity) * prevalence
    tn, fp = specificity * (1 - prevalence), (1 - specificity) * (1 - prevalence)
    return PredictiveValues(ppv=_share(tp, tp + fp), npv=_share(tn, tn + fn))


def natural_frequencies(
    sensitivity: float, specificity: float, prevalence: float, n: int = 1000
) -> NaturalFrequencies:
    """The same in whole people out of n, each branch rounded so that its parts add up.

    Natural frequencies are understood where conditional probabilities are not (Gigerenzer and
    Hoffrage 1995).
    """
    _check_shares(sensitivity=sensitivity, specificity=specificity, prevalence=prevalence)
    malignant = round(n * prevalence)
    benign = n - malignant
    found, cleared = round(malignant * sensitivity), round(benign * specificity)
    return NaturalFrequencies(
        n=n,
        malignant=malignant,
        benign=benign,
        true_positives=found,
        false_negatives=malignant - found,
        false_positives=benign - cleared,
        true_negatives=cleared,
    )


def wilson_interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Limits of the share k/n (Wilson 1927); stays within 0..1, also at k = 0 and k = n.

    For independent images; NaN, NaN where n is 0.
    """
    if not 0 <= k <= n:
        raise InputError(f"{k} of {n} is not a share; 0 ≤ k ≤ n.")
    if n == 0:
        return math.nan, math.nan
    z = float(norm.ppf((1 + level) / 2))
    centre = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    # Exact at the ends, where rounding leaves 1e-17.
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def _above(probability: float) -> float:
    """The next number, so that an image with this very probability is called benign."""
    return float(np.nextafter(probability, 2))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _check_shares(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value}; allowed: 0..1.")
