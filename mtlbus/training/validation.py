"""What the validation part says of a network after an epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from ..core import processes
from ..core.machine import Machine
from ..core.outputs import positive_logit
from ..core.presence import presence_score
from ..data.transforms import normalise
from ..evaluation.task_metrics import image_figures, task_metric
from .batches import Images


@torch.inference_mode()
def validate(
    network: nn.Module,
    images: Images,
    batch_size: int,
    machine: Machine,
    first: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """The metric of each task, presence, and `score`, their mean.

    Each is asked of the images whose truth is known:
    validation_dice of lesions with a mask; validation_auc of malignant over benign, and so on by
    the metric of a task, with the task's name behind it where two have the same;
    validation_presence, where there are normal images, the AUC of lesions over normal images
    by `presence_score`. The share of normal images without an outline would move by a
    twelfth with each of twelve images, and so decide between epochs by itself.

    In the score an error counts as 1 − error / that of the first epoch, so that it is a share of
    one like the others, whatever its unit.

    Args:
        network: with its `spec`; it is left in evaluation mode.
        images: the validation part, at one size.
        batch_size: images a pass, of all processes.
        machine: that the network is on.
        first: what was found after the first epoch; None for this one.
    """
    presences: list[float] = []

    def heard(drawn: torch.Tensor) -> None:
        presences.extend(presence_score(mask) for mask in drawn.sigmoid().numpy())

    figures = task_answers(
        network, images, batch_size, machine, drawn=heard if images.normal.any() else None
    )
    presences = [score for part in processes.gathered(lambda: presences) for score in part]
    found, errors = {}, set()
    measures = [task.measure for task in images.tasks]
    for task in images.tasks:
        known = images.known[task.name] & ~(images.normal & task.of_pixels)
        name = f"validation_{task.measure}"
        name += f".{task.name}" if measures.count(task.measure) > 1 else ""
        if known.any():
            asked = figures[task.name][known]
            found[name] = task_metric(task, asked, _labels(images, task.name, known))
            errors |= {name} if task.less_is_better else set()
    drawing = [task.name for task in images.tasks if task.kind == "pixel_class"]
    if presences:
        outlined = images.known[drawing[0]]
        lesion = outlined & ~images.normal
        if lesion.any() and (outlined & images.normal).any():
            scores = np.array(presences)[outlined.numpy()]
            found["validation_presence"] = float(roc_auc_score(lesion[outlined], scores))
    before = first or found
    counted = [
        1 - value / max(before[name], 1e-12) if name in errors else value
        for name, value in found.items()
    ]
    return {**found, "score": sum(counted) / len(counted)}


@torch.inference_mode()
def task_answers(
    network: nn.Module,
    images: Images,
    batch_size: int,
    machine: Machine,
    drawn: Callable[[torch.Tensor], None] | None = None,
) -> dict[str, torch.Tensor]:
    """What each image says of how its tasks are answered, by task (`image_figures`).

    Args:
        network, images, batch_size, machine: as of `validate`.
        drawn: receives the log-odds of the mask of each batch, B×S×S.
    """
    network.eval()
    spec = network.spec
    figures: dict[str, list[torch.Tensor]] = {task.name: [] for task in images.tasks}
    for batch in images.batches(batch_size):
        inputs = normalise(batch.images.to(machine.device), spec.mean, spec.std)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        with machine.autocast():
            output = network(inputs)
        for task in images.tasks:
            figures[task.name].append(image_figures(task, output, batch.truth[task.name]))
        if drawn is not None and output.mask_logits is not None:
            drawn(positive_logit(output.mask_logits.float()).cpu())
    parts = processes.gathered(lambda: figures)
    return {name: torch.cat([one for part in parts for one in part[name]]) for name in figures}


def _labels(images: Images, name: str, known: torch.Tensor) -> torch.Tensor | None:
    truth = images.truth[name]
    return truth[known] if truth.ndim == 1 else None
