"""Whether a network has met an image before: then a right answer is memory, not skill."""

from __future__ import annotations

from collections.abc import Sequence

from ..checkpoints import Checkpoint
from ..core.wording import listed
from ..data.case import Case

SENTENCES = {
    "train": "This network was trained on this image: its call and Dice say nothing about new "
    "images.",
    "validation": "The epoch and the thresholds of this network were chosen on this image: its "
    "call and Dice say little about new images.",
}


def part_of(case: Case, checkpoint: Checkpoint) -> str | None:
    """The part of a training in which an image was, known by its pixels; None where in none.

    Of what was cut out of an image, that image is asked.
    """
    return checkpoint.part_of(case.as_it_came.image.pixel_sha256)


def sentence(case: Case, checkpoint: Checkpoint) -> str:
    """The caution for one network; "" where the image is new to it."""
    return SENTENCES.get(part_of(case, checkpoint) or "", "")


def sentence_of_several(names: Sequence[str], count: int) -> str:
    """The caution for several networks; "" where the image is new to all.

    Args:
        names: of those that were trained or chosen on it.
        count: of all that are asked.
    """
    if not names:
        return ""
    whose = f"all {count} networks" if len(names) == count > 1 else listed([*names])
    return (
        f"This image took part in training or validation of {whose}; there the call and Dice say "
        "nothing about new images."
    )
