"""For which images what was counted holds: those of the collections it was counted on."""

from __future__ import annotations

from ..core.card import Card, Counts
from ..core.wording import listed
from ..data.case import Case
from ..data.dataset import PHANTOMS, TITLES
from ..evaluation.intervals import figure_words


def collections(card: Card) -> list[str]:
    """The collections of patients' images that a network was trained on, by name."""
    return [TITLES.get(name, name) for name in _images(card) if name != PHANTOMS]


def _images(card: Card) -> Counts:
    """How many images of each collection it was trained on; empty where the card does not say."""
    return (card.training and card.training.data) or {}


def counted_on(card: Card) -> str:
    """ " of BUSI and BUS-BRA"; "" where the card names no collection."""
    found = collections(card)
    return f" of {listed(found)}" if found else ""


def is_from(case: Case, card: Card, part: str | None) -> bool:
    """Whether a case is of a collection that a network knows.

    Args:
        case: the image.
        card: of the network's weights.
        part: of that training in which the image is, if it is in one.
    """
    return part is not None or (case.dataset in _images(card) and case.dataset != PHANTOMS)


def sentence(case: Case, card: Card, part: str | None) -> str:
    """For an image from elsewhere: what the network was counted on, and that this is no such image.

    "" for an image of those collections. Arguments as of `is_from`.
    """
    found = collections(card)
    if not found or is_from(case, card, part):
        return ""
    if case.origin == "phantom":
        return f"This is a phantom. What is said of patients was counted on {listed(found)}."
    return elsewhere(card)


def elsewhere(card: Card) -> str:
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


def external(card: Card) -> list[str]:
    """What tests on other collections gave, a sentence each; empty where there were none."""
    lines = []
    for test in card.external or ():
        figures = ", ".join(
            f"{name} {value if isinstance(value, float | int) else figure_words(value)}"
            for name, value in test.figures.items()
        )
        lines.append(f"{test.name}, {test.n} images, {test.date}: {figures}.")
    return lines
