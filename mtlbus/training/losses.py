"""The loss of each task by a recipe, before they are weighed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ..core.outputs import Output
from ..core.tasks import Task
from .focal import focal_loss
from .recipes import Recipe
from .task_losses import class_cross_entropy, dice_loss, pixel_cross_entropy, value_error

PIXEL_LOSSES = {  # what a task that names its loss changes in the recipe
    "combo": {"cross_entropy_weight": 0.7, "dice_weight": 0.3, "dice_smooth": 1e-5},  # CTAN, C11
    "cross_entropy": {"cross_entropy_weight": 1.0, "dice_weight": 0.0},
    "dice": {"cross_entropy_weight": 0.0, "dice_weight": 1.0},
}


def loss_weight(task: Task, recipe: Recipe) -> float:
    """The weight of a task where weights are fixed."""
    weights = {"pixel_class": recipe.mask_weight, "image_class": recipe.class_weight}
    return weights.get(task.kind, 1.0)


def mask_loss(mask_logits: Tensor, masks: Tensor, recipe: Recipe) -> Tensor:
    """Weighted sum of pixel cross-entropy and soft Dice.

    The Dice of an image whose mask is empty is 1 − s / (Σp + s) (decision A2): it has next to no
    gradient until hardly anything is outlined. Cross-entropy teaches such an image; a recipe that
    sums Dice over each image and has no cross-entropy of its own takes it for these images alone.
    Over the whole batch Dice needs no help: what is outlined on one image lowers that of all.
    """
    loss = recipe.cross_entropy_weight * pixel_cross_entropy(mask_logits, masks)
    if recipe.dice_weight > 0:
        dice = dice_loss(mask_logits, masks, recipe.dice_smooth, recipe.dice_over, recipe.dice_form)
        if recipe.cross_entropy_weight == 0 and recipe.dice_over == "image":
            empty = ~masks.flatten(1).bool().any(1)
            if empty.any():
                alone = pixel_cross_entropy(mask_logits[empty], masks[empty])
                dice = dice + empty.float().mean() * alone
        loss = loss + recipe.dice_weight * dice
    return loss


def class_loss(class_logits: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
    """Focal loss or cross-entropy of the class of an image; the focal one is of two classes."""
    if recipe.class_loss == "focal" and class_logits.shape[1] <= 2:
        return focal_loss(class_logits, labels)
    return class_cross_entropy(class_logits, labels, recipe.label_smoothing, recipe.positive_weight)


def task_losses(
    tasks: Sequence[Task],
    output: Output,
    truth: Mapping[str, Tensor],
    known: Mapping[str, Tensor],
    recipe: Recipe,
    sides: Sequence[Tensor] = (),
    named: Tensor | None = None,
) -> dict[str, Tensor]:
    """The losses of the tasks by name, before their weighting.

    Each is the mean over the images of which the truth is known, and 0 where it is of none.

    Args:
        tasks: what the network answers.
        output: of the network.
        truth, known: as of `batches.Batch`.
        recipe: which losses, where a task names none of its own.
        sides: mask logits of coarser levels, for deep supervision.
        named: class logits of a branch by itself (`side_class`); None for none.
    """
    losses = {}
    for task in tasks:
        answer, loss = _asked(task, output, recipe)
        true, told = truth[task.name], known[task.name]
        found = _where_known(told, loss, answer, true)
        if sides and task.kind == "pixel_class":
            coarse = torch.stack([_where_known(told, loss, logits, true) for logits in sides])
            found = found + recipe.side_weight * coarse.mean()
        if named is not None and task.kind == "image_class":
            found = found + recipe.side_weight * _where_known(told, loss, named, true)
        losses[task.name] = found
    return losses


def _asked(
    task: Task, output: Output, recipe: Recipe
) -> tuple[Tensor, Callable[[Tensor, Tensor], Tensor]]:
    """A task's answer, and the loss of answer and truth."""
    if task.kind == "pixel_class":
        if output.mask_logits is None:
            raise ValueError(f"The output has no mask for {task.name}.")
        chosen = replace(recipe, **PIXEL_LOSSES[task.loss]) if task.loss else recipe
        return output.mask_logits, lambda logits, masks: mask_loss(logits, masks, chosen)
    if task.kind == "pixel_regression":
        power = 2 if task.loss == "squared_error" else 1
        return output.pixel_values[task.name], lambda values, true: value_error(
            values, true, task.span, power
        )
    own = replace(recipe, class_loss=task.loss) if task.loss else recipe
    return output.class_logits[task.name], lambda logits, labels: class_loss(logits, labels, own)


def _where_known(
    known: Tensor, loss: Callable[[Tensor, Tensor], Tensor], answer: Tensor, truth: Tensor
) -> Tensor:
    """A mean loss over the images whose truth is known."""
    if not known.all():  # nothing is copied where all is known
        answer, truth = answer[known], truth[known]
    return loss(answer, truth) if len(truth) else answer.float().sum()
