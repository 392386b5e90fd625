"""Gates that weigh whole levels and whole channels (ACSNet, sections 4.1 of its public code)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv_norm_relu(inputs: int, outputs: int, groups: int) -> nn.Sequential:
    """3×3 convolution, group normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.GroupNorm(groups, outputs),
        nn.ReLU(inplace=True),
    )


class LevelGate(nn.Module):
    """How much of an encoder level passes to the decoder: y = f((a + b)·x).

    Two maps are drawn from x; a is the mean of the first, b the maximum of the second, so a and b
    are numbers of the image, each in 0..1. f is a 3×3 convolution with C/4 groups of
    normalisation and ReLU.

    Args:
        channels: C, a multiple of 16.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 8
        self.score = nn.Sequential(
            conv_norm_relu(channels, inner, inner // 2), nn.Conv2d(inner, 2, 3, padding=1)
        )
        self.refine = conv_norm_relu(channels, channels, channels // 4)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """B×C×H×W.

        Returns:
            y, B×C×H×W; the numbers (a, b), B×2; and the two maps behind them, B×2×H×W in 0..1.
        """
        maps = torch.sigmoid(self.score(features))
        a = maps[:, 0].mean(dim=(1, 2))
        b = maps[:, 1].amax(dim=(1, 2))
        passed = (a + b)[:, None, None, None] * features
        return self.refine(passed), torch.stack([a, b], dim=1), maps


class ChannelAttention(nn.Module):
    """ReLU(x·w), w = σ(W₂ ReLU(W₁ [mean(x), max(x)])): a weight for each channel.

    Args:
        channels: C, a multiple of 16.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Linear(2 * channels, channels // 16),
            nn.ReLU(inplace=True),
            nn.Linear(channels // 16, channels),
            nn.Sigmoid(),
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """B×C×H×W.

        Returns:
            The weighted features B×C×H×W and the weights B×C×1×1 in 0..1.
        """
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        weights = self.weigh(pooled)[:, :, None, None]
        return torch.relu(features * weights), weights
