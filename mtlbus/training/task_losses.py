"""The losses of each kind of task: Dice, cross-entropies, the error of values.

Masks are the classes of pixels: B×H×W numbers, or B×K×H×W of 0 and 1 where classes overlap and each
is a sigmoid. Nothing here knows what the classes are of.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..core.errors import choose
from ..core.outputs import positive_logit


def foreground(mask_logits: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Probabilities and truth of the foreground classes, both B×F×H×W.

    Args:
        mask_logits: B×K×H×W; K = 1 is the sigmoid of the one foreground class, K > 1 the softmax
            of background and K − 1 of them, or a sigmoid each where they overlap.
        masks: B×H×W, the class of each pixel from 0, whole numbers; B×K×H×W of classes that
            overlap.
    """
    if masks.ndim == 4:
        return mask_logits.float().sigmoid(), masks.float()
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
    if masks.ndim == 4:
        return F.binary_cross_entropy_with_logits(mask_logits.float(), masks.float())
    if mask_logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(mask_logits[:, 0].float(), masks.float())
    return F.cross_entropy(mask_logits.float(), masks.long())


def class_cross_entropy(
    class_logits: Tensor, labels: Tensor, smoothing: float = 0.0, positive_weight: float = 1.0
) -> Tensor:
    """Mean cross-entropy of the class of an image.

    Args:
        class_logits: B×1 or B×2 of two classes, which is a sigmoid; B×C of more, a softmax.
        labels: B, the number of the class.
        smoothing: this share of the target is spread over all classes alike.
        positive_weight: of the second of two classes (malignant images).
    """
    if class_logits.shape[1] > 2:
        return F.cross_entropy(class_logits.float(), labels.long(), label_smoothing=smoothing)
    targets = labels * (1 - smoothing) + smoothing / 2
    weight = torch.tensor(positive_weight, device=labels.device)
    logits = positive_logit(class_logits.float())
    return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight)


def value_error(values: Tensor, truth: Tensor, span: float = 1.0, power: int = 1) -> Tensor:
    """Mean (|value − truth| / span)^power of B×1×H×W and B×H×W, over all pixels that count.

    Args:
        values, truth: in the unit of the truth (dose: Gy); NaN in the truth does not count.
        span: see `Task.span`.
        power: 1 for the absolute error (CTAN, Table 1), 2 for the squared one.
    """
    counts = truth.isfinite()
    errors = (values.squeeze(1).float() - truth.nan_to_num()).abs() / span
    return (errors.pow(power) * counts).sum() / counts.sum().clamp_min(1)
