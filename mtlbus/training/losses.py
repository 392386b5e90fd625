"""Losses on logits. Masks and labels are B×H×W and B, 1 for tumour and malignant."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from ..core.outputs import positive_logit


def mask_cross_entropy(mask_logits: Tensor, masks: Tensor) -> Tensor:
    """Mean pixel cross-entropy; the same for one sigmoid channel and two softmax channels."""
    return F.binary_cross_entropy_with_logits(positive_logit(mask_logits.float()), masks)


def soft_dice_loss(mask_logits: Tensor, masks: Tensor, smooth: float = 1.0) -> Tensor:
    """1 − (2Σpg + s) / (Σp + Σg + s), sums per image, mean over the batch."""
    p = positive_logit(mask_logits.float()).sigmoid().flatten(1)
    g = masks.flatten(1)
    overlap = 2 * (p * g).sum(1) + smooth
    return (1 - overlap / (p.sum(1) + g.sum(1) + smooth)).mean()


def class_cross_entropy(class_logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy of the class, targets moved by `smoothing`/2 towards one half."""
    targets = labels * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(positive_logit(class_logits.float()), targets)
