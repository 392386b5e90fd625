"""Focal loss of a two-class answer (Lin et al. 2017), in the form Hybrid-MT-ESTAN means."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from ..core.outputs import positive_logit


def focal_loss(
    class_logits: Tensor, labels: Tensor, alpha: float = 0.5, gamma: float = 2.0
) -> Tensor:
    """−mean of t·α·(1 − p)^γ·log p + (1 − t)·(1 − α)·p^γ·log(1 − p) over the whole batch.

    The paper's equation lacks the (1 − t) and the exponent of the second term; this is the form
    of its laboratory's code. With γ = 0 and α = ½ it is half the cross-entropy.

    Args:
        class_logits: B×1 or B×2.
        labels: B, 1 for malignant.
        alpha: weight of the positive class, 1 − α of the negative one.
        gamma: how fast the weight of a sure answer falls.
    """
    z = positive_logit(class_logits.float())
    positive = alpha * F.logsigmoid(-z).mul(gamma).exp() * F.logsigmoid(z)
    negative = (1 - alpha) * F.logsigmoid(z).mul(gamma).exp() * F.logsigmoid(-z)
    return -(labels * positive + (1 - labels) * negative).mean()
