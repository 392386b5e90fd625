"""The losses of the two tasks by a recipe; masks are B×H×W and labels B, 1 for malignant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def recipe_losses(
    output: Output,
    masks: Tensor,
    labels: Tensor,
    recipe: Recipe,
    sides: Sequence[Tensor] = (),
    outlined: Tensor | None = None,
    named: Tensor | None = None,
) -> dict[str, Tensor]:
    """The losses "mask" and "class" of the tasks a network answers, before their weighting.

    Each is the mean over the images of which the truth is known, and 0 where it is of none.

    Args:
        output: of the network.
        masks, labels: the truth; a label that is not known is NaN.
        recipe: which losses.
        sides: mask logits of coarser levels, for deep supervision.
        outlined: B bool, whether the mask is known; None: of all images.
        named: class logits of a branch by itself (`side_class`); None for none.
    """
    losses = {}
    if outlined is None:
        outlined = torch.ones(len(masks), dtype=torch.bool, device=masks.device)

    def of_mask(logits: Tensor) -> Tensor:
        return _where_known(outlined, lambda z, g: mask_loss(z, g, recipe), logits, masks)

    if output.mask_logits is not None:
        losses["mask"] = of_mask(output.mask_logits)
    if sides:
        coarse = torch.stack([of_mask(logits) for logits in sides])
        losses["mask"] = losses["mask"] + recipe.side_weight * coarse.mean()
    if MALIGNANCY.name in output.class_logits:

        def of_class(logits: Tensor, known: Tensor) -> Tensor:
            if recipe.class_loss == "focal":
                return focal_loss(logits, known)
            return class_cross_entropy(
                logits, known, recipe.label_smoothing, recipe.positive_weight
            )

        logits = output.class_logits[MALIGNANCY.name]
        losses["class"] = _where_known(labels.isfinite(), of_class, logits, labels)
        if named is not None:
            alone = _where_known(labels.isfinite(), of_class, named, labels)
            losses["class"] = losses["class"] + recipe.side_weight * alone
    return losses


def _where_known(
    known: Tensor, loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, truth: Tensor
) -> Tensor:
    """A mean loss over the images whose truth is known."""
    if not known.all():  # nothing is copied where all is known
        logits, truth = logits[known], truth[known]
    return loss(logits, truth) if len(truth) else logits.float().sum()
