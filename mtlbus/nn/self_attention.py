"""Self-attention of SAGAN (Zhang et al. 2019), with one or two inputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def ratio_of_norms(added: Tensor, base: Tensor, least: Tensor | float = 1e-12) -> Tensor:
    """How large what is added is beside what it is added to, an image at a time.

    Args:
        added, base: B×….
        least: the norm that the base is taken to have at least, a number or B.

    Returns:
        B, float32; without gradient.
    """
    more, under = (part.detach().float().flatten(1).norm(dim=1) for part in (added, base))
    return more / torch.maximum(under, torch.as_tensor(least).to(under))


class SelfAttention(nn.Module):
    """out = γ · (v Aᵀ) + residual, A = softmax over keys of qᵀk; no √d scale.

    Queries and keys are 1×1 convolutions to C/8 channels, values to C channels. With one input
    all of them read the same map (MTL-SA); with two, the caller says which reads which (MTL-COSA,
    decision M4).

    Args:
        channels: C of all inputs.
        reduction: C over the channels of queries and keys.
        gamma: γ at the start; 0 in SAGAN, so that nothing is added until γ has learned to.
    """

    def __init__(self, channels: int, reduction: int = 8, gamma: float = 0.0) -> None:
        super().__init__()
        inner = channels // reduction
        self.query = nn.Conv2d(channels, inner, 1)
        self.key = nn.Conv2d(channels, inner, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.tensor(float(gamma)))

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, residual: Tensor
    ) -> tuple[Tensor, Tensor]:
        """All inputs B×C×H×W.

        Returns:
            The attended map B×C×H×W, and the attention B×N×N over N = H·W cells: row i tells
            where query cell i looks, and sums to 1.
        """
        q = self.query(query).flatten(2)  # B×C/8×N
        k = self.key(key).flatten(2)
        v = self.value(value).flatten(2)  # B×C×N
        attention = torch.softmax(q.transpose(1, 2) @ k, dim=-1)  # B×N×N
        context = (v @ attention.transpose(1, 2)).view_as(residual)
        return self.gamma * context + residual, attention
