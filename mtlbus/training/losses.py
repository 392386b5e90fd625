"""The losses of the two tasks by a recipe; masks are B×H×W and labels B, 1 for malignant."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ..core.outputs import Output, positive_logit
from ..core.tasks import MALIGNANCY
from .focal import focal_loss
from .recipes import Recipe
from .task_losses import dice_loss, pixel_cross_entropy


def class_cross_entropy(
    class_logits: Tensor, labels: Tensor, smoothing: float = 0.0, positive_weight: float = 1.0
) -> Tensor:
    """Mean cross-entropy of the class.

    Args:
        class_logits: B×1 or B×2.
        labels: B, 1 for malignant.
        smoothing: targets move by half of it towards one half.
        positive_weight: of the malignant images.
    """
    targets = labels * (1 - smoothing) + smoothing / 2
    weight = torch.tensor(positive_weight, device=labels.device)
    logits = positive_logit(class_logits.float())
    return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight)


def mask_loss(mask_logits: Tensor, masks: Tensor, recipe: Recipe) -> Tensor:
    """Weighted sum of pixel cross-entropy and soft Dice."""
    loss = recipe.cross_entropy_weight * pixel_cross_entropy(mask_logits, masks)
    if recipe.dice_weight > 0:
        dice = dice_loss(mask_logits, masks, recipe.dice_smooth, recipe.dice_over)
        loss = loss + recipe.dice_weight * dice
    return loss


def recipe_losses(
    output: Output,
    masks: Tensor,
    labels: Tensor,
    recipe: Recipe,
    sides: Sequence[Tensor] = (),
) -> dict[str, Tensor]:
    """The losses "mask" and "class" of the tasks a network answers, before their weighting.

    Args:
        output: of the network.
        masks, labels: the truth.
        recipe: which losses.
        sides: mask logits of coarser levels, for deep supervision.
    """
    losses = {}
    if output.mask_logits is not None:
        losses["mask"] = mask_loss(output.mask_logits, masks, recipe)
    if sides:
        coarse = torch.stack([mask_loss(logits, masks, recipe) for logits in sides])
        losses["mask"] = losses["mask"] + recipe.side_weight * coarse.mean()
    if MALIGNANCY.name in output.class_logits:
        logits = output.class_logits[MALIGNANCY.name]
        if recipe.class_loss == "focal":
            losses["class"] = focal_loss(logits, labels)
        else:
            losses["class"] = class_cross_entropy(
                logits, labels, recipe.label_smoothing, recipe.positive_weight
            )
    return losses
