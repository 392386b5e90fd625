"""What a network is asked: a class per pixel, a number per pixel, or a class per image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TaskKind = Literal["pixel_class", "pixel_regression", "image_class"]


@dataclass(frozen=True)
class Task:
    """One question to the network.

    Attributes:
        name: identifier, the key of `Output.class_logits` for an image class.
        kind: class per pixel, value per pixel, or class per image.
        classes: the class names in the order of the logits; empty for a regression.
    """

    name: str
    kind: TaskKind
    classes: tuple[str, ...] = ()


SEGMENTATION = Task("segmentation", "pixel_class", ("background", "tumour"))
MALIGNANCY = Task("malignancy", "image_class", ("benign", "malignant"))
