"""What can be looked at: phantoms, the visitor's images, and the datasets of this server."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from ...checkpoints import Checkpoint
from ...core.card import Card, Training
from ...core.errors import MtlbusError
from ...data.dataset import Sample
from ...data.phantom import GALLERY, make_phantom
from ...data.phantom_state import PhantomState
from ...evaluation import judged_rows
from ...evaluation.slices import part_names
from ...figures.overlay import contact_print
from .. import case_store, datasets
from ..results import ResultStore

PHANTOMS, MINE = "phantoms", "mine"
_SMALL = 128  # pixels of a phantom that is made for its picture
SIDE = 240  # of a picture
_PICTURES = ResultStore(16 * 1024**2, len)


@dataclass(frozen=True)
class Entry:
    """An image that can be opened.

    Attributes:
        key: its name in the address.
        title: for people.
        kind: "benign", "malignant" or "normal"; "" where it is unknown.
        picture: makes its small picture.
        digest: that its picture is kept by.
        facts: birads, device, histology, size; "" or missing where unknown.
        part: "test" for an image that the network asked about had not seen, "seen" for one that
            took part in its training or in the choice of its threshold; "" where neither is known.
        probability: that network's, of a test image; None where it is not known.
    """

    key: str
    title: str
    kind: str
    picture: Callable[[], bytes] = field(repr=False, compare=False)
    digest: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    part: str = ""
    probability: float | None = None

    def small(self) -> bytes:
        """Its picture as an encoded image; made once.

        Raises:
            InputError: the file cannot be read.
        """
        return _PICTURES.get(("sheet", self.digest), self.picture)


def sources() -> dict[str, str]:
    """Where images come from here, by name, in words."""
    found = {PHANTOMS: "Phantoms"}
    if next(case_store.of_session().cases(), None) is not None:
        found[MINE] = "My images"
    return found | {name: judged_rows.title_of_images(name) for name in datasets.here()}


def entries(source: str, checkpoint: Checkpoint | None) -> list[Entry]:
    """The images of a source, in the order in which people count.

    Args:
        source: a name of `sources`.
        checkpoint: the network whose judgement is asked for; None for none.

    Raises:
        InputError, DataError: the dataset cannot be read.
    """
    if source == PHANTOMS:
        return _phantoms()
    if source == MINE:
        return [
            Entry(
                case.key, case.title, "", lambda case=case: contact_print(case.image.pixels, SIDE),
                case.image.sha256,
            )
            for case in case_store.of_session().cases()
        ]  # fmt: skip
    samples = datasets.samples_of(source)
    found = [_of_sample(source, name, sample) for name, sample in samples.items()]
    return sorted(_with_judgement(found, source, checkpoint), key=lambda one: natural(one.title))


def mixed(keys: Iterable[str]) -> list[str]:
    """Keys in an order that tells nothing about them, the same on every day and for everybody."""
    return sorted(keys, key=lambda key: hashlib.sha256(key.encode()).digest())


def natural(title: str) -> list[tuple[int, int, str]]:
    """Sorts "benign (2)" before "benign (10)"."""
    parts = re.split(r"(\d+)", title.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


@lru_cache(maxsize=1)
def _phantoms() -> list[Entry]:
    """A phantom made small takes a quarter of the time; its speckle differs."""
    return [
        Entry(
            name, entry.title, "malignant" if entry.parameters.malignant else "benign",
            lambda entry=entry: contact_print(make_phantom(entry.parameters, _SMALL).image, SIDE),
            PhantomState(name).key,
        )
        for name, entry in GALLERY.items()
    ]  # fmt: skip


def _of_sample(source: str, name: str, sample: Sample) -> Entry:
    kind = "normal" if sample.normal else datasets.LABELS[sample.label]
    return Entry(
        f"{source}:{name}", name, kind if kind in ("benign", "malignant", "normal") else "",
        lambda: contact_print(sample.pixels().round().astype(np.uint8), SIDE), str(sample.image),
        {fact: value for fact, value in sample.facts.items() if value},
    )  # fmt: skip


def _with_judgement(found: list[Entry], source: str, checkpoint: Checkpoint | None) -> list[Entry]:
    """What a network said of the images that it was judged on; others took part in its training."""
    rows = None if checkpoint is None else _judged(checkpoint)
    if rows is None:
        return found
    rows = rows[rows["dataset"] == source].set_index("image_id")
    sizes = part_names(rows, "size").to_dict()
    card: Card = checkpoint.card
    trained = bool(((card.training or Training()).data or {}).get(source))
    parts, said = rows["part"].to_dict(), rows["probability"].to_dict()
    joined = []
    for one in found:
        part = parts.get(one.title, "train" if trained else "")
        part = "seen" if part in ("train", "validation") else part
        probability = said.get(one.title) if part == "test" else None
        facts = one.facts | ({"size": sizes[one.title]} if sizes.get(one.title) else {})
        known = None if probability is None or pd.isna(probability) else float(probability)
        joined.append(replace(one, part=part, probability=known, facts=facts))
    return joined


def _judged(checkpoint: Checkpoint) -> pd.DataFrame | None:
    try:
        return judged_rows.load_table(checkpoint).rows
    except MtlbusError:
        return None
