"""What a run is to do, and what comes of it."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from torch import nn

from ..core.declaration import BREAST, Declaration, asked_of
from ..core.machine import Machine
from ..core.tasks import Task
from .recipes import Recipe

Pretrained = bool | str | dict[str, bool | str]  # of all backbones, of the one, or by name


@dataclass(frozen=True)
class Plan:
    """What is trained on what; two runs with equal plans give equal networks.

    Attributes:
        method, variant, options: as for `create_model`.
        recipe: the settings.
        fold: the test fold, which this room never sees.
        seed: of initial weights, order and augmentation.
        data: dataset name to number of training images, for the record.
        start: SHA-256 of the weights that training starts from; "" for none.
        pretrained: ImageNet weights, as for `create_model`; a start takes their place.
        images: digest of all images, masks, classes and groups; "" where nobody asked.
        declaration: what the images are and what may be asked about them.
        asked: names of its tasks that the network answers; () for all that the method can.
    """

    method: str
    variant: str
    options: dict[str, Any]
    recipe: Recipe
    fold: int
    seed: int
    data: dict[str, int]
    start: str = ""
    pretrained: Pretrained = False
    images: str = ""
    declaration: Declaration = BREAST
    asked: tuple[str, ...] = ()

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the network is built for; () for the method's own, those of breast ultrasound."""
        return asked_of(self.declaration, self.asked)

    def as_json(self) -> str:
        """The plan as text that can be compared."""
        return json.dumps(asdict(self), sort_keys=True)


def stated(text: str) -> dict[str, Any]:
    """A plan as a run wrote it; what it did not know of yet is at its default."""
    usual = {one.name: one.default for one in fields(Plan) if one.default is not MISSING}
    return {**json.loads(json.dumps(usual, default=asdict)), **json.loads(text)}


@dataclass
class Trained:
    """The result of a run.

    Attributes:
        model: with the weights of the chosen epoch, in evaluation mode.
        history: one entry an epoch.
        epoch: the chosen one, counted from 1.
        seconds: of training, over all resumed parts.
        recipe: that was trained; the plan's, but for a batch that was too large for a GPU.
        machine: that it was trained with.
    """

    model: nn.Module
    history: list[dict[str, Any]]
    epoch: int
    seconds: float
    recipe: Recipe
    machine: Machine
