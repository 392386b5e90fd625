"""The one number of each kind of task (CTAN, section 2.3).

Dice for classes per pixel and accuracy, balanced accuracy or AUC for a class per image, as shares
of one; the mean absolute error for a number per pixel, in its unit. First an image at a time
(`image_figures`), so that images can be drawn with repeats; then the number (`task_metric`).
"""

from __future__ import annotations

from typing import cast

import torch
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from torch import Tensor

from ..core.outputs import Output, positive_logit
from ..core.tasks import Task


@torch.inference_mode()
def image_figures(task: Task, output: Output, truth: Tensor) -> Tensor:
    """What each image says about how a task is answered, on the CPU.

    Args:
        task: which answer of the output.
        output: logits and values of a batch.
        truth: as of `training.batches.Batch`.

    Returns:
        Of classes per pixel Dice B×F by foreground class, NaN where the image neither has it nor
        got it: an organ that is not there and not drawn says nothing. Of values B×1, the mean
        absolute error over the pixels that count, NaN where none does. Of a class per image its
        logits, B×C.
    """
    if task.kind == "pixel_class":
        return _dice(cast(Tensor, output.mask_logits).float().cpu(), truth.cpu())
    if task.kind == "pixel_regression":
        values, true = output.pixel_values[task.name].squeeze(1).float().cpu(), truth.cpu()
        counts = true.isfinite()
        sums = ((values - true.nan_to_num()).abs() * counts).flatten(1).sum(1)
        return (sums / counts.flatten(1).sum(1))[:, None]
    return output.class_logits[task.name].cpu()


def task_metric(task: Task, figures: Tensor, labels: Tensor | None = None) -> float:
    """The metric of a task over images.

    Args:
        task: whose `measure` it is.
        figures: of `image_figures`, all images of the set.
        labels: of a class per image the numbers of the classes, N.

    Returns:
        The mean over images, then over foreground classes; NaN where no image says anything.
    """
    if task.of_pixels:
        found = [of_one[of_one.isfinite()] for of_one in figures.unbind(1)]
        means = [float(of_one.mean()) for of_one in found if len(of_one)]
        return sum(means) / len(means) if means else float("nan")
    assert labels is not None
    if task.measure == "auc":
        return float(roc_auc_score(labels, positive_logit(figures).float()))
    called = called_class(figures)
    if task.measure == "balanced_accuracy":
        return float(balanced_accuracy_score(labels, called))
    return float((called == labels).float().mean())


def called_class(logits: Tensor) -> Tensor:
    """The class of N×K or N×K×H×W logits; one channel is a sigmoid."""
    return (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(dim=1)


def called_planes(logits: Tensor, overlapping: bool) -> Tensor:
    """Where each foreground class was found, B×F×H×W bool, of B×K×H×W logits."""
    if overlapping or logits.shape[1] == 1:
        return logits > 0
    if logits.shape[1] == 2:
        return positive_logit(logits)[:, None] > 0
    called = logits.argmax(dim=1)
    return torch.stack([called == label for label in range(1, logits.shape[1])], dim=1)


def _dice(logits: Tensor, masks: Tensor) -> Tensor:
    p = called_planes(logits, masks.ndim == 4).flatten(2).float()
    if masks.ndim == 4:
        g = masks.flatten(2)
    else:
        g = torch.stack([(masks == n).flatten(1).float() for n in range(1, p.shape[1] + 1)], dim=1)
    sizes = p.sum(2) + g.sum(2)
    return torch.where(sizes > 0, 2 * (p * g).sum(2) / sizes.clamp_min(1), torch.nan)
