"""For which images what was counted holds: those of the collections it was counted on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.wording import listed
from ..data.case import Case
from ..evaluation.intervals import figure_words

TITLES = {"busi": "BUSI", "busbra": "BUS-BRA"}
PHANTOM = "phantom"


def collections(card: Mapping[str, Any]) -> list[str]:
    """The collections of patients' images that a network was trained on, by name."""
    data = (card.get("training") or {}).get("data") or {}
    return [TITLES.get(name, name) for name in data if name != PHANTOM]


def counted_on(card: Mapping[str, Any]) -> str:
    """ " of BUSI and BUS-BRA"; "" where the card names no collection."""
    found = collections(card)
    return f" of {listed(found)}" if found else ""


def is_from(case: Case, card: Mapping[str, Any], part: str | None) -> bool:
    """Whether a case is of a collection that a network knows.

    Args:
        case: the image.
        card: of the network's weights.
        part: of that training in which the image is, if it is in one.
    """
    data = (card.get("training") or {}).get("data") or {}
    return part is not None or (case.dataset in data and case.dataset != PHANTOM)


def sentence(case: Case, card: Mapping[str, Any], part: str | None) -> str:
    """For an image from elsewhere: what the network was counted on, and that this is no such image.

    "" for an image of those collections. Arguments as of `is_from`.
    """
    found = collections(card)
    if not found or is_from(case, card, part):
        return ""
    if case.origin == "phantom":
        return f"This is a phantom. What is said of patients was counted on {listed(found)}."
    return elsewhere(card)


def elsewhere(card: Mapping[str, Any]) -> str:
    """On which collections a network was counted, and what is known of images from elsewhere."""
    found, outside = collections(card), external(card)
    if not found:
        return ""
    if outside:
        return f"Trained and counted on {listed(found)}. Elsewhere: {' '.join(outside)}"
    return (
        f"Trained and counted on {listed(found)} only. None from elsewhere were measured; networks "
        "do worse on such images, so expect worse."
    )


def external(card: Mapping[str, Any]) -> list[str]:
    """What tests on other collections gave, a sentence each; empty where there were none."""
    lines = []
    for entry in card.get("external") or ():
        figures = ", ".join(
            f"{name} {figure_words(value)}" if isinstance(value, Mapping) else f"{name} {value}"
            for name, value in entry["figures"].items()
        )
        lines.append(f"{entry['name']}, {entry['n']} images, {entry['date']}: {figures}.")
    return lines
