"""Whether a network has met an image before: then a right answer is memory, not skill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .case import Case

WORDS = "its call and Dice say nothing about new images"
SENTENCE = f"This image took part in training or validation; {WORDS}."


def in_training(case: Case, card: Mapping[str, Any]) -> bool:
    """Whether an image is of a dataset that a network was trained with, but not of its test fold.

    An image without a fold was in no part: a group with two classes. Nor were images without a
    class in a training without normal images.

    Args:
        case: the image.
        card: of the network's weights.
    """
    if case.label is None and not card.get("trained_with_normals"):
        return False
    training = card.get("training") or {}
    parts = (training.get("data") or {}, training.get("validation") or {})
    if case.fold is None or not any(case.dataset in part for part in parts):
        return False
    return case.fold != training.get("fold")


def sentence(case: Case, card: Mapping[str, Any]) -> str:
    """The caution for one network; "" where the image is new to it, as far as its card knows."""
    return SENTENCE if in_training(case, card) else ""


def sentence_of_several(names: Sequence[str], count: int) -> str:
    """The caution for several networks.

    Args:
        names: of those that the image took part in training.
        count: of all that are asked.
    """
    if not names or count == 1:
        return SENTENCE if names else ""
    whose = f"all {count} networks" if len(names) == count else ", ".join(names)
    return f"This image took part in training or validation of {whose}; there {WORDS}."
