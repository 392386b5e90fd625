"""Operating points: from which probability a network says malignant, and what that is worth.

Only figures that a card states are said, in natural frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core.card import Card, Figure, Figures, OperatingPoint
from ..core.wording import LABELS, percent
from .scope import counted_on

NAMES = {
    "balanced": "balanced",
    "sensitivity_95": "sensitive",
    "specificity_95": "specific",
    "youden": "best sum of both rates",
    "cost": "least cost",
}
_RATES = ("sensitivity", "specificity")
_AIMS = {  # in our own words: those of a card may be anyone's
    "balanced": "Chosen so that both rates are as alike as possible.",
    "youden": "Chosen for the largest sum of both rates.",
    "cost": "Chosen for the least cost of wrong calls.",
}
_ONE_RATE = {
    "sensitivity_95": ("sensitivity", "95 of 100 cancers are called malignant"),
    "specificity_95": ("specificity", "95 of 100 benign lesions are called benign"),
}


@dataclass(frozen=True)
class Point:
    """An operating point of a card.

    Attributes:
        key: its name on the card ("sensitivity_95").
        threshold: probability from which the call is malignant.
        entry: all that the card says about it.
        zone: probabilities between the points of 95 % sensitivity and of 95 % specificity, where a
            cautious and a strict reader differ; None where the card has no such two.
    """

    key: str
    threshold: float
    entry: OperatingPoint
    zone: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        """For people."""
        return NAMES.get(self.key, self.key)

    def call(self, probability: float) -> str:
        """ "malignant" at or above the threshold, else "benign"."""
        return LABELS[int(probability >= self.threshold)]  # numpy.bool is no index

    def unsure(self, probability: float) -> str:
        """That a probability lies in the grey zone, in words; "" where it does not."""
        if self.zone is None or not self.zone[0] <= probability < self.zone[1]:
            return ""
        low, high = map(percent, self.zone)
        return (
            f"In the grey zone ({low} to {high}): a reader who must not miss a cancer and a reader "
            "who must not raise a false alarm would decide differently."
        )


def operating_points(card: Card) -> dict[str, Point]:
    """The operating points of a card; the default one first."""
    entries = card.operating_points or {}
    zone = None
    if _ONE_RATE.keys() <= entries.keys():
        low, high = (entries[name].threshold for name in _ONE_RATE)
        zone = (low, high) if low < high else None
    ordered = sorted(entries.items(), key=lambda item: item[0] != card.default_operating_point)
    return {name: Point(name, entry.threshold, entry, zone) for name, entry in ordered}


def aim(point: Point) -> str:
    """What a point was chosen for, on which images, and what came of it on the test images.

    "" where the card does not say.
    """
    validation, test = map(_shares, (point.entry.validation, point.entry.test))
    chosen = f"on {_images(point.entry.validation, 'validation')}"
    reached = f"on {_images(point.entry.test, 'test')}"
    if point.key in _ONE_RATE:
        rate, wanted = _ONE_RATE[point.key]
        line = f"Chosen so that {wanted} {chosen}"
        return f"{line}; {reached} it was {_count(test[rate])}." if rate in test else f"{line}."
    if point.key == "balanced" and validation.keys() == set(_RATES):
        first, second = (_count(validation[rate]) for rate in _RATES)
        line = f"Chosen so that both rates are alike {chosen} ({first} and {second} of 100)"
        if test.keys() == set(_RATES):
            line += f"; {reached} they were {' and '.join(_count(test[r]) for r in _RATES)}"
        return f"{line}."
    return _AIMS.get(point.key, "") if point.entry.purpose else ""


def rates(point: Point) -> list[str]:
    """How often the call is right, in natural frequencies; of test images where they were judged.

    Without them the validation images tell, on which the threshold was chosen.
    """
    figures = point.entry.test or {}
    if "sensitivity" not in figures:
        figures = point.entry.validation or {}
    lines = []
    for rate, sentence in (
        ("sensitivity", "Of 100 malignant lesions it calls {} malignant and misses {}{}."),
        ("specificity", "Of 100 benign lesions it calls {} benign and raises {} false alarms{}."),
    ):
        found = _interval(figures.get(rate))
        if found is not None:
            value, ends = found
            lines.append(sentence.format(_count(value), 100 - round(100 * value), ends))
    return lines


def origin_of_rates(card: Card, point: Point) -> str:
    """On which images `rates` were counted; "" where the card does not say."""
    if "sensitivity" in (test := point.entry.test or {}) and test.get("n"):
        return f"Counted on {test['n']} test images{counted_on(card)} that were not trained on."
    validation = point.entry.validation or {}
    if "sensitivity" in validation and validation.get("n"):
        return (
            f"Counted on {validation['n']} validation images, on which the threshold was chosen, "
            "so this is optimistic."
        )
    return ""


def track_record(card: Card) -> tuple[int, int, int] | None:
    """Of 100 cancers found, of 100 benign lesions cleared, and the number of test images.

    At the default point; None where the card does not say.
    """
    point = next(iter(operating_points(card).values()), None)
    test = (point.entry.test or {}) if point else {}
    shares, n = _shares(test), test.get("n")
    if not isinstance(n, int) or not n or shares.keys() != set(_RATES):
        return None
    return round(100 * shares["sensitivity"]), round(100 * shares["specificity"]), n


def _images(figures: Figures | None, part: str) -> str:
    count = (figures or {}).get("n")
    return f"the {count} {part} images" if count else f"the {part} images"


def _shares(figures: Figures | None) -> dict[str, float]:
    """The rates that are known, 0..1."""
    found = {rate: _interval((figures or {}).get(rate)) for rate in _RATES}
    return {rate: value[0] for rate, value in found.items() if value is not None}


def _interval(entry: Figure | float | None) -> tuple[float, str] | None:
    """A rate and its interval in words; None where it is unknown."""
    if entry is None or isinstance(entry, float | int):
        return None if entry is None else (entry, "")
    value, low, high = entry["value"], entry.get("low"), entry.get("high")
    if value is None:
        return None
    if low is None or high is None:
        return value, ""
    return value, f" (95 % interval: {_count(low)} to {_count(high)} right)"


def _count(share: float) -> str:
    return str(round(100 * share))
