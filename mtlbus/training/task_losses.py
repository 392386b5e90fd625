"""Losses by the kind of task (CTAN, Table 1), and the Dice losses of the papers.

A class per pixel takes cross-entropy and Dice, a number per pixel the absolute error, a class per
image cross-entropy; nothing here knows about breast ultrasound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor
from torch.nn import functional as F

from ..core.errors import choose
from ..core.outputs import Output
from ..core.tasks import Task

DICE_WEIGHT, CROSS_ENTROPY_WEIGHT = 0.3, 0.7  # combo loss of CTAN


def foreground(mask_logits: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Probabilities and truth of the foreground classes, both B×F×H×W.

    Args:
        mask_logits: B×K×H×W; K = 1 is the sigmoid of the one foreground class, K > 1 the softmax
            of background and K − 1 of them.
        masks: B×H×W, the class of each pixel from 0, whole numbers.
    """
    if mask_logits.shape[1] == 1:
        return mask_logits.float().sigmoid(), masks.float().unsqueeze(1)
    truth = F.one_hot(masks.long(), mask_logits.shape[1]).movedim(-1, 1).float()
    return mask_logits.float().softmax(dim=1)[:, 1:], truth[:, 1:]


def dice_loss(
    mask_logits: Tensor,
    masks: Tensor,
    smooth: float = 1e-5,
    over: str = "image",
    form: str = "standard",
) -> Tensor:
    """1 − (2Σpg + s) / (Σp + Σg + s), mean over the foreground classes.

    Args:
        mask_logits, masks: as of `foreground`.
        smooth: s; 1e-5 in CTAN (C11) and ACSNet, 1 in MT-ESTAN.
        over: sums over each "image", then the mean (CTAN, ACSNet), or over the whole "batch"
            (MT-ESTAN).
        form: "standard", or "official": 1 − 2(Σpg + s) / (Σp + Σg + s) as in ACSNet's code,
            which is −1 for an empty mask that is left empty (decision A2).
    """
    choose("value of over", over, ("image", "batch"))
    choose("value of form (A2)", form, ("standard", "official"))
    p, g = foreground(mask_logits, masks)
    axes = (2, 3) if over == "image" else (0, 2, 3)
    factor = 1 if form == "standard" else 2
    overlap = 2 * (p * g).sum(axes) + factor * smooth
    return (1 - overlap / (p.sum(axes) + g.sum(axes) + smooth)).mean()


def pixel_cross_entropy(mask_logits: Tensor, masks: Tensor) -> Tensor:
    """Mean pixel cross-entropy; mask_logits and masks as of `foreground`."""
    if mask_logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(mask_logits[:, 0].float(), masks.float())
    return F.cross_entropy(mask_logits.float(), masks.long())


def combo_loss(
    mask_logits: Tensor,
    masks: Tensor,
    dice_weight: float = DICE_WEIGHT,
    cross_entropy_weight: float = CROSS_ENTROPY_WEIGHT,
) -> Tensor:
    """0.3·Dice + 0.7·cross-entropy (CTAN, Table 1; decision C11)."""
    dice = dice_loss(mask_logits, masks)
    return dice_weight * dice + cross_entropy_weight * pixel_cross_entropy(mask_logits, masks)


def image_cross_entropy(class_logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of B×C logits and B class numbers; C = 1 is a sigmoid."""
    if class_logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(class_logits[:, 0].float(), labels.float())
    return F.cross_entropy(class_logits.float(), labels.long())


def mean_absolute_error(values: Tensor, truth: Tensor) -> Tensor:
    """Mean |value − truth| of B×1×H×W and B×H×W, in the unit of the truth (dose: Gy)."""
    return (values.squeeze(1).float() - truth.float()).abs().mean()


def task_loss(task: Task, output: Output, target: Tensor) -> Tensor:
    """The loss of one task, by its kind.

    Args:
        task: which answer of the output.
        output: of a network built for the task.
        target: B×H×W class numbers (pixel class) or values (pixel regression), or B class
            numbers (image class).
    """
    if task.kind == "pixel_class":
        if output.mask_logits is None:
            raise ValueError(f"The output has no mask for {task.name}.")
        return combo_loss(output.mask_logits, target)
    if task.kind == "pixel_regression":
        return mean_absolute_error(output.pixel_values[task.name], target)
    return image_cross_entropy(output.class_logits[task.name], target)


def task_losses(
    tasks: Sequence[Task], output: Output, targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The losses of all tasks by name, unweighted: what a weighting of `weighting.py` takes."""
    return {task.name: task_loss(task, output, targets[task.name]) for task in tasks}
