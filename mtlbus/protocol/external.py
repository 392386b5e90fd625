"""External tests: a card says how a network does on images from elsewhere, where that was counted.

An entry of `card.external` is {name, n, figures, date}, figures by the words they are shown
with, each {value, low, high}. It is written only when no image of the
test took part in the training, its validation or its own test, whatever the file is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ..checkpoints import Checkpoint
from ..core.errors import DataError, InputError
from ..core.quantities import heads
from ..data.dataset import Dataset
from .renewal import write_card

FIGURES = heads("auc", "sensitivity", "specificity", "dice")
PRESENCE = {
    ("normal", "outlined"): "normal images outlined",
    ("normal", "malignant"): "normal images called malignant",
    ("lesion", "missed"): "lesions without an outline",
}


def require_external(checkpoint: Checkpoint, name: str, datasets: Sequence[Dataset]) -> None:
    """Refuse what is no external test.

    Args:
        checkpoint: what is to be judged.
        name: of the test, as the card will show it.
        datasets: its images.

    Raises:
        InputError: the name is empty, too long or there already, or the checkpoint has no list of
            its images, so that nobody can tell.
        DataError: some of the images took part.
    """
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise InputError("The name of an external test has 1 to 80 printable characters.")
    if name in {entry.name for entry in checkpoint.card.external or ()}:
        raise InputError(
            f"The card of {checkpoint.method} has an external test {name!r} already. Give another "
            "name."
        )
    if not checkpoint.images:
        raise InputError(
            f"{checkpoint.folder} has no list of the images it was trained on, so nobody can tell "
            "whether a test is external."
        )
    parts = [
        checkpoint.part_of(sample.grey().pixel_sha256)
        for dataset in datasets
        for sample in dataset.samples
    ]
    if met := [part for part in parts if part is not None]:
        counted = ", ".join(f"{met.count(part)} {part}" for part in sorted(set(met)))
        raise DataError(
            f"{len(met)} of {len(parts)} images took part in the training of {checkpoint.method} "
            f"({counted}): no external test. Nothing was written."
        )


def write_external(
    checkpoint: Checkpoint, name: str, document: Mapping[str, Any]
) -> dict[str, Any]:
    """Append an external test to the card and return its entry.

    Args:
        checkpoint: what was judged.
        name: of the test; allowed by `require_external`.
        document: as `judging.figures` gives it.
    """
    pooled, presence = document["pooled"], document["presence"] or {}
    figures = {words: pooled.get(figure) for figure, words in FIGURES.items()}
    for (kind, rate), words in PRESENCE.items():
        figures[words] = presence.get(kind, {}).get(rate)
    entry = {
        "name": name,
        "n": pooled["n"] + presence.get("normal", {}).get("n", 0),
        "figures": {words: figure for words, figure in figures.items() if figure is not None},
        "date": date.today().isoformat(),
    }
    before = checkpoint.card.to_json().get("external") or []
    write_card(checkpoint, {"external": [*before, entry]})
    return entry
