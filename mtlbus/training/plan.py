"""What a run is to do, and what comes of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from ..core.tasks import Task
from .recipes import Recipe


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
        tasks: what the network is built for; () for the method's own, those of breast ultrasound.
    """

    method: str
    variant: str
    options: dict[str, Any]
    recipe: Recipe
    fold: int
    seed: int
    data: dict[str, int]
    start: str = ""
    pretrained: bool | str = False
    images: str = ""
    tasks: tuple[Task, ...] = ()

    def as_json(self) -> str:
        """The plan as text that can be compared."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass
class Trained:
    """The result of a run.

    Attributes:
        model: with the weights of the chosen epoch, in evaluation mode.
        history: one entry an epoch.
        epoch: the chosen one, counted from 1.
        seconds: of training, over all resumed parts.
    """

    model: nn.Module
    history: list[dict[str, Any]]
    epoch: int
    seconds: float
