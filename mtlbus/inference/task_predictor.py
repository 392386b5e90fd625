"""From an image to the answers of any declared tasks, in the image's own grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ..checkpoints import Checkpoint
from ..core.errors import CheckpointError
from ..core.machine import Machine
from ..core.outputs import Output
from ..core.spec import Spec
from ..core.tasks import Task
from ..data.transforms import Frame, normalise, restore, square_image
from .loaded import LoadedNetwork

MASK_THRESHOLD = 0.5


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
        called = max(self.probabilities, key=lambda name: self.probabilities[name])
        rounded = {name: round(value, 4) for name, value in self.probabilities.items()}
        return {"says": called, "probabilities": rounded}


class TaskPredictor(LoadedNetwork):
    """A trained network with its declaration, ready to answer.

    Args:
        checkpoint: of any declaration, that of breast ultrasound among them.
        machine: as of `LoadedNetwork`.
    """

    def __init__(self, checkpoint: Checkpoint, machine: Machine | str | None = None) -> None:
        super().__init__(checkpoint, machine)
        self.form = checkpoint.declaration.image

    @torch.inference_mode()
    def answer(self, pixels: np.ndarray) -> dict[str, Answer]:
        """The answers to all tasks by name.

        Args:
            pixels: of the form of the declaration, as `intake.read_picture` gives them.

        Raises:
            CheckpointError: the network answers with something that is no number.
        """
        square = square_image(pixels, self.size, self.fit)[None]
        inputs = normalise(square.to(self.device), self.mean, self.std)
        with self.machine.autocast():
            output = self.model(inputs.contiguous(memory_format=torch.channels_last))
        height, width = pixels.shape[:2]
        frame, tasks = Frame(height, width, self.fit), cast(Spec, self.model.spec).tasks
        return {task.name: self._answer(task, output, frame) for task in tasks}

    def _answer(self, task: Task, output: Output, frame: Frame) -> Answer:
        if task.kind == "image_class":
            logits = self._checked(output.class_logits[task.name])[0]
            chances = torch.cat([logits.new_zeros(1), logits]) if len(logits) == 1 else logits
            found = zip(task.classes, chances.softmax(0).tolist(), strict=True)
            return Answer(task, probabilities=dict(found))
        if task.kind == "pixel_regression":
            values = self._checked(output.pixel_values[task.name])[0, 0]
            return Answer(task, values=restore(values, frame).numpy())
        logits = self._checked(cast(Tensor, output.mask_logits))[0]
        if task.overlapping:
            return Answer(task, (restore(logits.sigmoid(), frame) > MASK_THRESHOLD).numpy())
        if len(logits) == 1:
            inside = restore(logits[0].sigmoid(), frame) > MASK_THRESHOLD
            return Answer(task, inside.numpy().astype(np.uint8))
        classes = restore(logits.softmax(0), frame).argmax(0)
        return Answer(task, classes.numpy().astype(np.uint8))

    def _checked(self, answer: Tensor) -> Tensor:
        """On the CPU, in float32, and finite."""
        answer = answer.float().cpu()
        if not answer.isfinite().all():
            raise CheckpointError(
                f"{self.checkpoint.method} answers with something that is no number: its weights "
                "or this machine's arithmetic are broken. Restore the weights."
            )
        return answer
