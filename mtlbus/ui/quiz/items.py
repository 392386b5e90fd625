"""The cases of a round: phantoms that nobody has seen, or images of the server's datasets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from ...core.errors import DataError
from ...data.phantom import make_phantom, random_parameters
from ...data.phantom_state import grey_image
from ...evaluation import judged_rows
from .. import datasets, services
from ..browse import collection
from ..case import Case
from .rooms import Item

PHANTOMS = "phantoms"
_SEEDS = range(1_000_000, 2_000_000)  # beyond those of any training
_ABOUT = "A case of Beat the network."


def sources() -> dict[str, str]:
    """Where cases can come from, by name, in words."""
    return {PHANTOMS: "Phantoms"} | {
        name: judged_rows.title_of_images(name)
        for name in datasets.offered()
        if name in datasets.of_breast()
    }


def draw(source: str, count: int, methods: Sequence[str]) -> list[Item]:
    """So many cases at random, of both classes; those that no network was trained on first.

    Raises:
        DataError, InputError: the dataset cannot be read, or has too few images.
    """
    dice = random.SystemRandom()
    labels = [0, 1, *(dice.randrange(2) for _ in range(count - 2))][:count]
    dice.shuffle(labels)
    if source == PHANTOMS:
        return [Item(f"{PHANTOMS}:{dice.choice(_SEEDS)}", label) for label in labels]
    new, met = _of_dataset(source, methods)
    items: list[Item] = []
    for label in labels:
        left = new[label] or met[label]
        if not left:
            raise DataError(
                f"{judged_rows.title_of_images(source)} has too few images of both classes for a "
                f"round of {count}. Ask for fewer, or take phantoms."
            )
        key = left.pop(dice.randrange(len(left)))
        items.append(Item(key, label, seen=left is met[label]))
    return items


def _of_dataset(source: str, methods: Sequence[str]) -> tuple[dict[int, list[str]], ...]:
    """The keys of a dataset's images by class: those new to all networks, and the others."""
    seen: set[str] = set()
    for method in methods:
        entries = collection.entries(source, services.checkpoint(method))
        seen |= {one.key for one in entries if one.part == "seen"}
    found: tuple[dict[int, list[str]], ...] = ({0: [], 1: []}, {0: [], 1: []})
    for one in collection.entries(source, None):
        if one.kind in ("benign", "malignant"):
            found[one.key in seen][int(one.kind == "malignant")].append(one.key)
    return found


def open_item(item: Item, number: int) -> Case:
    """The case of an item with its truth, under a title that tells nothing.

    Args:
        item: of a room.
        number: its place in the round, from 0 on.

    Raises:
        DataError, InputError: the image is not there any more.
    """
    source, _, name = item.key.partition(":")
    found = (
        _phantom(int(name), item.label) if source == PHANTOMS else datasets.case_of(source, name)
    )
    return replace(found, title=f"Case {number + 1}", about=_ABOUT)


@lru_cache(maxsize=64)
def _phantom(seed: int, label: int) -> Case:
    phantom = make_phantom(random_parameters(seed, bool(label)))
    image = grey_image(phantom, "case")
    return Case(f"{PHANTOMS}:{seed}", "", image, phantom.mask, label, "phantom", _ABOUT)
