"""The one number of each kind of task (CTAN, section 2.3), and the gain Δ over single-task models.

Dice (%) for a class per pixel, mean absolute error for a number per pixel, accuracy (%) or AUROC
(%) for a class per image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from ..core.errors import choose
from ..core.outputs import Output, positive_logit
from ..core.tasks import Task
from .comparisons import relative_performance


def lower_is_better(task: Task) -> bool:
    """Whether the task's number is an error; l = 0 in eq. 3."""
    return task.kind == "pixel_regression"


@torch.inference_mode()
def task_metric(
    task: Task, output: Output, target: Tensor, image_metric: str = "accuracy"
) -> float:
    """How well one task is answered on a set of images.

    Args:
        task: which answer of the output.
        output: logits and values of all images of the set.
        target: N×H×W class numbers (pixel class) or values (pixel regression), or N class
            numbers (image class).
        image_metric: of an image class: "accuracy", or "auroc" for one with two classes.

    Returns:
        Dice in percent, mean over images and over the foreground classes (both empty counts as
        100, decision D2); mean absolute error in the unit of the target; accuracy or AUROC in
        percent.
    """
    choose("value of image_metric", image_metric, ("accuracy", "auroc"))
    if task.kind == "pixel_class":
        return 100 * _mean_dice(cast(Tensor, output.mask_logits), target)
    if task.kind == "pixel_regression":
        return float((output.pixel_values[task.name].squeeze(1) - target).abs().mean())
    logits = output.class_logits[task.name].float()
    if image_metric == "auroc":
        return 100 * float(roc_auc_score(target.cpu(), positive_logit(logits).cpu()))
    return 100 * float((_called(logits) == target).float().mean())


def task_gains(
    tasks: Sequence[Task], single: Mapping[str, float], multi: Mapping[str, float]
) -> dict[str, float]:
    """Δ of each task in percent of its single-task number (eq. 3), and their "mean".

    Args:
        tasks: names and kinds.
        single, multi: metric by task name, of the single-task and the multi-task networks.
    """
    gains = {
        task.name: relative_performance(
            [single[task.name]], [multi[task.name]], [lower_is_better(task)]
        )
        for task in tasks
    }
    return {**gains, "mean": float(np.mean(list(gains.values())))}


def _called(logits: Tensor) -> Tensor:
    """The class of N×K or N×K×H×W logits; one channel is a sigmoid."""
    return (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(dim=1)


def _mean_dice(mask_logits: Tensor, masks: Tensor) -> float:
    called, values = _called(mask_logits), []
    for label in range(1, max(mask_logits.shape[1], 2)):
        p, g = (called == label).flatten(1), (masks == label).flatten(1)
        sizes = p.sum(1) + g.sum(1)
        dice = 2 * (p & g).sum(1) / sizes.clamp_min(1)
        values.append(torch.where(sizes > 0, dice, torch.ones_like(dice)))
    return float(torch.stack(values).mean())
