"""What an attribution explains of a network for any tasks: one number of one answer, as text.

stage:II            log-odds of class II of an image over all others
organs:spinal cord  log-odds of a class, summed over the pixels that the network calls so
dose                the mean value over the image, in the unit of the task
dose:spinal cord    the mean value over the pixels that the network calls spinal cord
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ..core.errors import InputError, choose
from ..core.outputs import Output
from ..core.tasks import Task
from ..data.transforms import Frame, square_mask
from .targets import visible_part


@dataclass(frozen=True)
class TaskTarget:
    """One number of the answers; the same questions as to `targets.Target`.

    Attributes:
        task: which answer.
        answer: a class of it; of values the class of another task inside of which they are meant,
            "" for the whole image.
    """

    task: Task
    answer: str = ""

    def __str__(self) -> str:
        return f"{self.task.name}:{self.answer}" if self.answer else self.task.name

    @property
    def poles(self) -> tuple[str, str]:
        """What a negative and what a positive share argue for."""
        return ("against", "for")

    @property
    def unit(self) -> str:
        """The unit of the target."""
        return self.task.unit if self.task.kind == "pixel_regression" else "log-odds"

    @property
    def words(self) -> str:
        """The target in plain words."""
        if self.task.kind == "image_class":
            return f"log-odds of {self.answer} ({self.task.name})"
        if self.task.kind == "pixel_class":
            return f"log-odds of {self.answer}, summed over what is called so"
        where = f"inside what is called {self.answer}" if self.answer else "over the image"
        return f"mean {self.task.name} {where}"

    def value(self, output: Output, region: Tensor | None) -> Tensor:
        """The number itself for each image of a batch, in the graph; shape B.

        Args:
            output: of the network.
            region: size×size, 1 inside, of `task_region`; None for a class of the image.
        """
        if region is None:
            return self._log_odds(output.class_logits[self.task.name].float())
        if self.task.kind == "pixel_class":
            plane = self._log_odds(cast(Tensor, output.mask_logits).float())
            return (plane * region.to(plane)).sum(dim=(1, 2))
        values = output.pixel_values[self.task.name][:, 0].float()
        return (values * region.to(values)).sum(dim=(1, 2)) / region.sum()

    def _log_odds(self, logits: Tensor) -> Tensor:
        """Of the class over all others, B×K×… to B×…; of one logit or overlapping ones itself."""
        number = self.task.classes.index(self.answer)
        if self.task.overlapping:
            return logits[:, number]
        if logits.shape[1] == 1:
            return logits[:, 0] if number else -logits[:, 0]
        others = [k for k in range(logits.shape[1]) if k != number]
        return logits[:, number] - logits[:, others].logsumexp(dim=1)


def task_targets(tasks: Sequence[Task]) -> list[TaskTarget]:
    """All that can be explained of some tasks; first what the paper's question is about.

    Classes of an image, foreground classes of pixels, values as a whole and inside each class.
    """
    inside = [name for task in tasks if task.kind == "pixel_class" for name in task.foreground]
    found = []
    for task in tasks:
        if task.kind == "pixel_regression":
            found += [TaskTarget(task), *(TaskTarget(task, name) for name in inside)]
        else:
            names = task.foreground if task.of_pixels else task.classes
            found += [TaskTarget(task, name) for name in names]
    return found


def first_target(tasks: Sequence[Task], planes: Mapping[str, np.ndarray]) -> TaskTarget:
    """What is explained where nothing is named: the first of which something is there.

    Args:
        tasks: of the network.
        planes: where it finds each class, H×W bool by name; where it finds none, the first of all.
    """
    targets = task_targets(tasks)
    there = (one for one in targets if one.answer not in planes or planes[one.answer].any())
    return next(there, targets[0])


def read_task_target(text: str, tasks: Sequence[Task]) -> TaskTarget:
    """The target that a text names; "" is the first.

    Raises:
        UnknownNameError: these tasks have none of this name; the message says which they have.
    """
    known = {str(target): target for target in task_targets(tasks)}
    return (
        known[choose("target of this network", text.strip(), known)]
        if text
        else next(iter(known.values()))
    )


def task_region(
    target: TaskTarget, frame: Frame, size: int, planes: Mapping[str, np.ndarray]
) -> Tensor | None:
    """The pixels that a target is about, size×size float of 0 and 1; None for a class of an image.

    Args:
        target: says which.
        frame: of the image in the network's square.
        size: side of the square, pixels.
        planes: where the network finds each class, H×W bool on the image's grid.

    Raises:
        InputError: it finds none of this class.
    """
    if target.task.kind == "image_class":
        return None
    plane = visible_part(frame, size)
    if target.answer:
        plane = plane & square_mask(planes[target.answer], size, frame.fit).numpy()
    if not plane.any():
        raise InputError(
            f"The network calls nothing {target.answer} here, so there is nothing to explain of "
            "it. Choose another target."
        )
    return torch.from_numpy(plane).float()
