"""Modulated deformable convolution (DCNv2) and the spatial attention that ACSNet builds of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TAPS = 9  # of a 3×3 kernel


def deform_conv3x3(features: Tensor, offset: Tensor, weight: Tensor, modulation: Tensor) -> Tensor:
    """Modulated deformable convolution, 3×3 with padding 1, by sampling and one product.

    The same numbers as `torchvision.ops.deform_conv2d`, which takes five times as long to
    train and twice as long to answer on a CPU.

    Args:
        features: B×C×H×W.
        offset: B×18×H×W, cells (dy, dx) of each of the nine samples, row by row.
        weight: O×C×3×3.
        modulation: B×9×H×W.

    Returns:
        B×O×H×W.
    """
    batch, channels, height, width = features.shape
    moved = offset.view(batch, TAPS, 2, height, width)
    tap = torch.arange(-1, 2, device=features.device, dtype=features.dtype)
    rows = torch.arange(height, device=features.device).view(height, 1)
    columns = torch.arange(width, device=features.device)
    y = rows + tap.repeat_interleave(3).view(TAPS, 1, 1) + moved[:, :, 0]
    x = columns + tap.repeat(3).view(TAPS, 1, 1) + moved[:, :, 1]
    # Cell i has its centre at (2i + 1) / n − 1; what lies outside counts as zero.
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    sampled = F.grid_sample(
        features, grid.view(batch, TAPS * height, width, 2), align_corners=False
    ).view(batch, channels, TAPS, height, width)
    weighed = (sampled * modulation[:, None]).view(batch, channels * TAPS, height * width)
    # Image by image: `weight @ weighed` would turn all samples around first.
    kernel = weight.flatten(1).expand(batch, -1, -1)
    return torch.bmm(kernel, weighed).unflatten(-1, (height, width))


class ModulatedDeformableConv(nn.Module):
    """3×3 convolution whose nine samples move by offsets and count by weights in 0..1.

    Decision A1: both predictors start at zero, weights and biases, so that at first nothing moves
    and every sample counts one half; the convolution has no bias.

    Args:
        inputs, outputs: channels.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        self.offset = nn.Conv2d(inputs, 2 * TAPS, 3, padding=1)
        self.modulation = nn.Conv2d(inputs, TAPS, 3, padding=1)
        for predictor in (self.offset, self.modulation):
            nn.init.zeros_(predictor.weight)
            nn.init.zeros_(predictor.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """B×inputs×H×W.

        Returns:
            B×outputs×H×W; the offsets B×18×H×W in cells (dy, dx of each sample, row by row); the
            modulation B×9×H×W in 0..1.
        """
        offset = self.offset(features)
        modulation = torch.sigmoid(self.modulation(features))
        # Positions need the precision of the weights; under autocast the product runs in half.
        exact = self.weight.dtype
        answer = deform_conv3x3(
            features.to(exact), offset.to(exact), self.weight, modulation.to(exact)
        )
        return answer, offset, modulation


class DeformableAttention(NamedTuple):
    """What the module computes.

    Attributes:
        features: B×C×H×W.
        mean, largest: the two spatial gates, B×1×H×W in 0..1.
        offset, modulation: of the first deformable convolution, B×18×H×W and B×9×H×W.
    """

    features: Tensor
    mean: Tensor
    largest: Tensor
    offset: Tensor
    modulation: Tensor


class DeformableSpatialAttention(nn.Module):
    """DSAModule of ACSNet: two spatial gates on a deformable convolution, joined by another.

    c₁ = D₁(x); gates from its mean and its maximum over channels; D₂([m_mean·c₁, m_max·c₁]).

    Args:
        channels: C, a multiple of 4.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ModulatedDeformableConv(channels, channels)
        self.first_norm = nn.GroupNorm(channels // 4, channels)
        self.gate_of_mean = nn.Conv2d(1, 1, 3, padding=1)
        self.gate_of_largest = nn.Conv2d(1, 1, 3, padding=1)
        self.second = ModulatedDeformableConv(2 * channels, channels)
        self.second_norm = nn.GroupNorm(channels // 4, channels)

    def forward(self, features: Tensor) -> DeformableAttention:
        """B×C×H×W to B×C×H×W and the maps on the way."""
        answer, offset, modulation = self.first(features)
        c1 = torch.relu(self.first_norm(answer))
        mean = torch.sigmoid(self.gate_of_mean(c1.mean(dim=1, keepdim=True)))
        largest = torch.sigmoid(self.gate_of_largest(c1.amax(dim=1, keepdim=True)))
        joined, _, _ = self.second(torch.cat([mean * c1, largest * c1], dim=1))
        joined = torch.relu(self.second_norm(joined))
        return DeformableAttention(joined, mean, largest, offset, modulation)
