"""From an image to the answers of any declared tasks, in the image's own grid."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ..checkpoints import Checkpoint
from ..core.declaration import BREAST
from ..core.errors import InputError
from ..core.machine import Machine
from ..core.outputs import Map, Output
from ..core.spec import Spec
from ..core.tasks import Task
from ..data.transforms import Frame, restore
from .loaded import LoadedNetwork, Pictured, Prepared, single
from .predictor import MASK_THRESHOLD, Predictor
from .together import ask


@dataclass(frozen=True)
class Answer:
    """What a network says about one task.

    Attributes:
        task: the question.
        classes: of pixels, H×W uint8 numbers, or K×H×W bool of classes that overlap.
        values: of pixels, H×W float32 in the unit of the task.
        probabilities: of the classes of an image, by name.
    """

    task: Task
    classes: np.ndarray | None = None
    values: np.ndarray | None = None
    probabilities: dict[str, float] = field(default_factory=dict)

    def planes(self) -> dict[str, np.ndarray]:
        """Where each foreground class of the pixels is, H×W bool; empty for other tasks."""
        if self.classes is None:
            return {}
        if self.task.overlapping:
            return dict(zip(self.task.classes, self.classes, strict=True))
        return {
            name: self.classes == number
            for number, name in enumerate(self.task.foreground, start=1)
        }

    def numbers(self) -> dict[str, Any]:
        """Ready for JSON: pixels by class; mean, least and most of values; the class called."""
        if self.classes is not None:
            return {"pixels": {name: int(plane.sum()) for name, plane in self.planes().items()}}
        if self.values is not None:
            summary = {"mean": self.values.mean(), "low": self.values.min()}
            summary |= {"high": self.values.max()}
            return {"unit": self.task.unit, **{k: round(float(v), 4) for k, v in summary.items()}}
        rounded = {name: round(value, 4) for name, value in self.probabilities.items()}
        return {"says": self.called, "probabilities": rounded}

    @property
    def called(self) -> str:
        """The most probable class of the image."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])


@dataclass(frozen=True)
class TaskPrediction:
    """What one network says about one image.

    Attributes:
        method: registry name.
        weights_sha256, image_sha256: what it was computed from.
        frame: the image's place in the network's square.
        size: side of the square, pixels.
        answers: by the name of the task, on the image's grid.
        maps: inner maps with the batch dimension removed, on the CPU; empty unless asked for.
        seconds: duration of each stage.
    """

    method: str
    weights_sha256: str
    image_sha256: str
    frame: Frame
    size: int
    answers: dict[str, Answer]
    maps: dict[str, Map] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def planes(self) -> dict[str, np.ndarray]:
        """Where each foreground class of pixels was found, H×W bool by name."""
        return {k: plane for one in self.answers.values() for k, plane in one.planes().items()}


class TaskPredictor(LoadedNetwork):
    """A trained network with its declaration, ready to answer.

    Args:
        checkpoint: of any declaration, that of breast ultrasound among them.
        machine: as of `LoadedNetwork`.
    """

    @torch.inference_mode()
    def predict(self, image: Pictured | Prepared, maps: bool = False) -> TaskPrediction:
        """The answers to all tasks.

        Args:
            image: of the form of the declaration, or made ready by `prepare` to share it.
            maps: return the inner maps too.

        Raises:
            CheckpointError: the network answers with something that is no number.
        """
        prepared = image if isinstance(image, Prepared) else self.prepare(image)
        started = time.perf_counter()
        (output,) = ask(self, [self.inputs(prepared)], maps)
        between = time.perf_counter()
        tasks = cast(Spec, self.model.spec).tasks
        answers = {task.name: self._answer(task, output, prepared.frame) for task in tasks}
        seconds = {
            "preprocess": prepared.seconds,
            "forward": between - started,
            "restore": time.perf_counter() - between,
        }
        return TaskPrediction(
            self.checkpoint.method, self.checkpoint.digest, prepared.image_sha256, prepared.frame,
            self.size, answers, single(output.maps), seconds,
        )  # fmt: skip

    def _answer(self, task: Task, output: Output, frame: Frame) -> Answer:
        if task.kind == "image_class":
            logits = self.checked(output.class_logits[task.name])[0]
            chances = torch.cat([logits.new_zeros(1), logits]) if len(logits) == 1 else logits
            found = zip(task.classes, chances.softmax(0).tolist(), strict=True)
            return Answer(task, probabilities=dict(found))
        if task.kind == "pixel_regression":
            values = self.checked(output.pixel_values[task.name])[0, 0]
            return Answer(task, values=restore(values, frame).numpy())
        logits = self.checked(cast(Tensor, output.mask_logits))[0]
        if task.overlapping:
            return Answer(task, (restore(logits.sigmoid(), frame) > MASK_THRESHOLD).numpy())
        if len(logits) == 1:
            inside = restore(logits[0].sigmoid(), frame) > MASK_THRESHOLD
            return Answer(task, inside.numpy().astype(np.uint8))
        classes = restore(logits.softmax(0), frame).argmax(0)
        return Answer(task, classes.numpy().astype(np.uint8))


def open_networks(
    checkpoints: Sequence[Checkpoint], machine: Machine | str | None = None
) -> list[Predictor] | list[TaskPredictor]:
    """Networks that answer the same questions, ready to be asked.

    Args:
        checkpoints: of the networks.
        machine: as of `LoadedNetwork`.

    Raises:
        InputError: they answer different ones.
        CheckpointError: the weights cannot be used.
    """
    if len({found.declaration for found in checkpoints}) > 1:
        raise InputError("Networks of several declarations answer different questions: ask apart.")
    if all(found.declaration == BREAST for found in checkpoints):
        return [Predictor(found, machine) for found in checkpoints]
    return [TaskPredictor(found, machine) for found in checkpoints]
