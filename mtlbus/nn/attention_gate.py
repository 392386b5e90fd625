"""The additive attention gate of Attention U-Net (Oktay et al. 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .decoders import upsample_to


class AttentionGate(nn.Module):
    """α = σ(ψ(ReLU(θ(x) + φ(g)))), one number a cell, and x·α.

    θ halves the skip's grid (2×2, stride 2), which is the grid of the gating signal one level
    below; α is interpolated back to the skip's grid.

    Args:
        skip: channels of x.
        gating: channels of g.
        inner: channels of the sum; half of the skip's by default.
    """

    def __init__(self, skip: int, gating: int, inner: int | None = None) -> None:
        super().__init__()
        inner = inner or max(skip // 2, 1)
        self.theta = nn.Conv2d(skip, inner, 2, stride=2, bias=False)
        self.phi = nn.Conv2d(gating, inner, 1)
        self.psi = nn.Conv2d(inner, 1, 1)

    def forward(self, x: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        """Gate a skip connection.

        Args:
            x: B×skip×H×W.
            g: B×gating×H/2×W/2.

        Returns:
            x·α, B×skip×H×W, and α, B×1×H×W in 0..1.
        """
        alpha = torch.sigmoid(self.psi(torch.relu(self.theta(x) + self.phi(g))))
        alpha = upsample_to(alpha, x.shape[-2:])
        return x * alpha, alpha
