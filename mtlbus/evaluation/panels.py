"""Panels of trained networks: a checkpoint whose weights are those of its members.

What a panel is worth is counted on the images that all of its members were judged on: their
log-odds are in `predictions.csv`, so the class is judged for any panel at once, thresholds chosen
on the validation part. An outline is not in that table. A panel that was judged itself (`evaluate
PANEL --card`) has a folder of its own, `checkpoints/panels/mtl+hps`, with card and predictions, as
long as its members keep their weights; the outlines of any other come without a figure, and without
a threshold of presence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache, reduce
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.special import expit
from torch import nn

from ..checkpoints import (
    CARD,
    PREDICTIONS,
    Checkpoint,
    checkpoints_folder,
    find_checkpoint,
    list_checkpoints,
    sha256,
)
from ..core.card import Card
from ..core.errors import CheckpointError, DataError, InputError, MtlbusError
from ..core.training_images import TrainingImage
from ..methods import get_spec
from ..methods.panel import PREFIX, Panel, is_panel, members_of
from .card_figures import choose_operating_points, figures_of
from .tables import KEY, prediction_frame, read_predictions

PANELS = "panels"  # the folder, among the checkpoints, of panels that were judged themselves
_SAME = ("group", "label", "birads", "device", "histology")  # of an image, whoever judged it


@dataclass(frozen=True)
class PanelCheckpoint(Checkpoint):
    """Members and what is known of their panel.

    Attributes:
        folder: of its own card and predictions; there is none before it was judged itself.
        members: each with weights; all tested on the same fold.
    """

    members: tuple[Checkpoint, ...] = ()

    @property
    def method(self) -> str:
        """As "panel:mtl+hps"."""
        return PREFIX + "+".join(member.method for member in self.members)

    @property
    def digest(self) -> str:
        """SHA-256 of the digests of its members' weights."""
        return sha256("".join(member.digest for member in self.members).encode())

    @cached_property
    def judged(self) -> bool:
        """Whether it was judged itself, with the weights that its members have now.

        Raises:
            CheckpointError: the card of a member cannot be read.
        """
        if not (self.folder / CARD).is_file():
            return False
        try:
            return Checkpoint(self.folder).digest == self.digest
        except CheckpointError:  # a broken card of the panel; it can be counted without
            return False

    @cached_property
    def card(self) -> Card:
        """Its own, else what follows from the cards and the judged images of the members.

        Raises:
            CheckpointError, DataError: those of a member cannot be read.
            InputError: the members were not trained and tested on the same parts.
        """
        if self.judged:
            return Checkpoint(self.folder).card
        return self.card_of(self.rows(everything=True))

    def card_of(self, frame: pd.DataFrame, readout: bool = False) -> Card:
        """The card that follows from judged images.

        Args:
            frame: rows of the validation and the test part, as of `read_predictions`.
            readout: whether their presence scores are read from features.

        Raises:
            CheckpointError, InputError: as of `card`.
        """
        cards = [member.card for member in self.members]
        spec = get_spec(self.method)
        folds = {card.training.fold if card.training else None for card in cards}
        if len(folds) > 1:
            raise InputError(
                "The networks of a panel are tested on the same fold; these on "
                f"{' and '.join(sorted(map(str, folds)))}."
            )
        chosen: dict[str, Any] = {}
        if spec.classifies:
            chosen = choose_operating_points(
                frame[frame["part"] == "validation"].to_dict("records")
            )
        return Card.from_json(
            {
                "method": spec.name,
                "title": spec.title,
                "variant": "panel",
                "options": {"members": [card.method for card in cards]},
                "weights_sha256": self.digest,
                "parameters": sum(card.parameters for card in cards),
                "training": {"fold": folds.pop(), **self._images_of_parts()},
                "trained_with_normals": all(card.trained_with_normals for card in cards),
                "licences": list(dict.fromkeys(line for card in cards for line in card.licences)),
                "intended_use": cards[0].intended_use,
                "limits": " ".join(dict.fromkeys(card.limits for card in cards)),
                **chosen,
                **figures_of(frame, chosen, readout),
                "spec": asdict(spec),
            },
            f"The panel {spec.name}",
        )

    def _images_of_parts(self) -> dict[str, dict[str, int]]:
        """Images of each data set that any member was trained on, and that any was chosen by."""
        members = [{*member.images} for member in self.members]
        joined = set().union(*members)
        return {
            name: dict(Counter(one.dataset for one in joined if one.part == part))
            for name, part in (("data", "train"), ("validation", "validation"))
        }

    def rows(self, everything: bool = False) -> pd.DataFrame:
        """The images that it was judged on, else those that all members have judged.

        Args:
            everything: normal images, too.

        Returns:
            As `read_predictions`; where it was not judged itself with the mean of the members'
            log-odds and nothing of outlines.

        Raises:
            DataError: there is no such image, or an image is not the same to two of them.
        """
        if self.judged:
            return read_predictions(self.predictions, everything)
        tables = [
            read_predictions(member.predictions, everything).set_index(KEY)
            for member in self.members
        ]
        shared = reduce(lambda left, right: left.intersection(right), (t.index for t in tables))
        if shared.empty:
            raise DataError("The networks of this panel were judged on no image in common.")
        tables = [table.loc[shared] for table in tables]
        known = tables[0][list(_SAME)]
        if not all(known.equals(table[list(_SAME)]) for table in tables[1:]):
            raise DataError("The networks of this panel disagree on what their test images show.")
        logits = pd.concat([table["logit"] for table in tables], axis=1).mean(axis=1)
        joined = known.assign(
            lesion_area=tables[0]["lesion_area"], logit=logits, probability=expit(logits)
        )
        return prediction_frame(joined.reset_index())

    @property
    def images(self) -> tuple[TrainingImage, ...]:
        """The images of the training of the first member; see `part_of` for all."""
        return self.members[0].images

    def part_of(self, pixel_sha256: str) -> str | None:
        """The part of a member's training that an image was in; that of training first."""
        parts = {member.part_of(pixel_sha256) for member in self.members}
        return next((part for part in ("train", "validation", "test") if part in parts), None)

    def load(self) -> nn.Module:
        """The panel with the weights of its members; raises what `Checkpoint.load` does."""
        return Panel({member.method: member.load() for member in self.members}).eval()


def find_network(name: str | Path, root: str | Path | None = None) -> Checkpoint:
    """Trained weights: of a method that ships, in a folder, or a panel of methods that ship.

    Args:
        name: as "mtl_cosa", a folder, or "panel:mtl_cosa+hps".
        root: folder of the checkpoints; None for that in `MTLBUS_CHECKPOINTS`, or that ships.

    Raises:
        CheckpointError, InputError, UnknownNameError: there is none; one line says why.
    """
    root = Path(root or checkpoints_folder())
    if not is_panel(str(name)):
        return find_checkpoint(name, root)
    shipped = list_checkpoints(root)
    names = members_of(str(name), list(shipped))
    members = tuple((shipped[one].folder, shipped[one].digest) for one in names)
    folder = root / PANELS / "+".join(names)
    files = [folder / CARD, folder / PREDICTIONS, *(shipped[one].predictions for one in names)]
    return _panel(folder, members, tuple(map(_stamp, files)))


def list_panels(root: str | Path | None = None) -> list[str]:
    """The names of the panels that were judged themselves, with the weights that are there now.

    Args:
        root: folder of the checkpoints; None as of `find_network`.
    """
    root = Path(root or checkpoints_folder())
    found = []
    for card in sorted(root.glob(f"{PANELS}/*/{CARD}")):
        try:
            panel = find_network(PREFIX + card.parent.name, root)
            if isinstance(panel, PanelCheckpoint) and panel.judged:
                found.append(panel.method)
        except MtlbusError:  # a member is gone or broken
            continue
    return found


@lru_cache(maxsize=16)
def _panel(
    folder: Path, members: tuple[tuple[Path, str], ...], _stamps: tuple[int, ...]
) -> PanelCheckpoint:
    """Kept, since its card is counted anew from the images of its members: about two seconds."""
    return PanelCheckpoint(folder, tuple(Checkpoint(where) for where, _ in members))


def stamps(checkpoint: Checkpoint) -> tuple[int, ...]:
    """Times that change with the judged images of a network, or of a panel and its members."""
    members = checkpoint.members if isinstance(checkpoint, PanelCheckpoint) else ()
    return tuple(_stamp(one.predictions) for one in (checkpoint, *members))


def _stamp(file: Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0


def judged_images(checkpoint: Checkpoint, everything: bool = False) -> tuple[pd.DataFrame, str]:
    """The judged images of a network or of a panel, and a digest that changes with them.

    Args:
        checkpoint: whose.
        everything: normal images, too.

    Returns:
        Rows as of `read_predictions`, and the SHA-256 of the table, or of the members' digests.

    Raises:
        DataError: they are missing or damaged.
    """
    if isinstance(checkpoint, PanelCheckpoint) and not checkpoint.judged:
        digests = [judged_images(member)[1] for member in checkpoint.members]
        return checkpoint.rows(everything), sha256("".join(digests).encode())
    rows = read_predictions(checkpoint.predictions, everything)
    return rows, sha256(checkpoint.predictions.read_bytes())
