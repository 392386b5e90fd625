"""What somebody looks for among the images, and which of them are it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ...findings import Point
from .collection import Entry

ONLY = {
    "benign": "benign",
    "malignant": "malignant",
    "normal": "normal",
    "unseen": "unseen by the network",
    "wrong": "called wrong",
    "grey": "in the grey zone",
}
FACTS = {"birads": "BI-RADS", "device": "Scanner", "size": "Lesion size", "histology": "Histology"}
TELL_NOTHING = ("device", "size")
"""The facts that a blind reader may choose by."""
_KINDS = ("benign", "malignant", "normal")


@dataclass(frozen=True)
class Wish:
    """What is looked for.

    Attributes:
        text: in the name, the histology or the scanner; case does not count.
        only: names of `ONLY`; several classes mean any of them, everything else means all.
        facts: a value for each fact of `FACTS` that must be as it says.
    """

    text: str = ""
    only: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)

    def among(self, entries: Iterable[Entry], point: Point | None) -> list[Entry]:
        """The images that are it, in their order; `point` says what a wrong or unsure call is."""
        return [one for one in entries if self._is_met_by(one, point)]

    def _is_met_by(self, one: Entry, point: Point | None) -> bool:
        words = " ".join((one.title, *one.facts.values())).casefold()
        if self.text.casefold().strip() not in words:
            return False
        kinds = [kind for kind in _KINDS if kind in self.only]
        if kinds and one.kind not in kinds:
            return False
        if "unseen" in self.only and one.part != "test":
            return False
        if "wrong" in self.only and not is_wrong(one, point):
            return False
        if "grey" in self.only and not is_unsure(one, point):
            return False
        return all(one.facts.get(fact, "") == value for fact, value in self.facts.items())


def is_wrong(one: Entry, point: Point | None) -> bool:
    """Whether the network calls a benign lesion malignant, or the other way round."""
    if point is None or one.probability is None or one.kind not in ("benign", "malignant"):
        return False
    return point.call(one.probability) != one.kind


def is_unsure(one: Entry, point: Point | None) -> bool:
    """Whether its probability lies in the grey zone."""
    return point is not None and one.probability is not None and bool(point.unsure(one.probability))


def needs_judgement(only: Iterable[str]) -> bool:
    """Whether a network must have been judged on the images."""
    return any(name not in _KINDS for name in only)
