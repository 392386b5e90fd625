"""What a network is asked: a class per pixel, a number per pixel, or a class per image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from pydantic import ConfigDict, with_config

TaskKind = Literal["pixel_class", "pixel_regression", "image_class"]
Better = Literal["", "more", "less"]

METRICS: dict[TaskKind, tuple[str, ...]] = {
    "pixel_class": ("dice",),
    "pixel_regression": ("mae",),
    "image_class": ("auc", "accuracy", "balanced_accuracy"),
}
"""The one number of a kind of task; "mae" in the unit of the values, the others shares of one."""
LOSSES: dict[TaskKind, tuple[str, ...]] = {
    "pixel_class": ("combo", "cross_entropy", "dice"),
    "pixel_regression": ("absolute_error", "squared_error"),
    "image_class": ("cross_entropy", "focal"),
}

NOTHING_ELSE = ConfigDict(extra="forbid", allow_inf_nan=False)  # of what is read from JSON


@with_config(NOTHING_ELSE)
@dataclass(frozen=True)
class Task:
    """One question to the network.

    Attributes:
        name: identifier, the key of `Output.class_logits` for an image class.
        kind: class per pixel, value per pixel, or class per image.
        classes: the class names in the order of the logits; empty for a regression. Of pixel
            classes that exclude each other the first is the background.
        overlapping: of pixel classes: a pixel may have several, or none; each is a sigmoid.
        unit: of values.
        span: a round number of the unit that values reach: the network's channel is multiplied by
            it and the loss divided, so that a dose in Gy learns as fast as a class.
        scale: what one grey level of a PNG of values stands for, in the unit.
        loss: of `LOSSES`; "" is that of the recipe.
        metric: of `METRICS`; "" is the first one, for more than two image classes the accuracy.
        better: which way the metric is better; it follows from the metric and may be left out.
        colours: of the classes but the background, or of the values low to high, as "#rrggbb".
    """

    name: str
    kind: TaskKind
    classes: tuple[str, ...] = ()
    overlapping: bool = False
    unit: str = ""
    span: float = 1.0
    scale: float = 1.0
    loss: str = ""
    metric: str = ""
    better: Better = ""
    colours: tuple[str, ...] = ()

    @property
    def of_pixels(self) -> bool:
        """Whether its answer is a map."""
        return self.kind != "image_class"

    @property
    def foreground(self) -> tuple[str, ...]:
        """The classes without the background."""
        exclusive = self.kind == "pixel_class" and not self.overlapping
        return self.classes[1:] if exclusive else self.classes

    @property
    def channels(self) -> int:
        """Logits or values a place: of two exclusive pixel classes one sigmoid (decision C11)."""
        if self.kind == "pixel_class" and not self.overlapping:
            return len(self.classes) if len(self.classes) > 2 else 1
        return len(self.classes) or 1

    @property
    def measure(self) -> str:
        """Its metric, chosen where the task names none."""
        if self.metric:
            return self.metric
        many = self.kind == "image_class" and len(self.classes) > 2
        return "accuracy" if many else METRICS[self.kind][0]

    @property
    def less_is_better(self) -> bool:
        """Whether its metric is an error; l = 0 in eq. 3 of CTAN."""
        return self.measure == "mae"

    def as_dict(self) -> dict[str, Any]:
        """What it says beyond the defaults, and always name, kind and classes; JSON-ready."""
        usual = asdict(Task(self.name, self.kind))
        said = {name: value for name, value in asdict(self).items() if value != usual[name]}
        return {"name": self.name, "kind": self.kind, "classes": self.classes, **said}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The task that `as_dict` wrote; what another version said beyond it is passed over."""
        known = {field.name for field in fields(cls)} & document.keys()
        found: dict[str, Any] = {name: document[name] for name in known}
        listed = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
        return cls(**{**found, **listed})


SEGMENTATION = Task("segmentation", "pixel_class", ("background", "tumour"))
MALIGNANCY = Task("malignancy", "image_class", ("benign", "malignant"))
