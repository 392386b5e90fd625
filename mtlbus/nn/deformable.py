"""Modulated deformable convolution (DCNv2) and the spatial attention that ACSNet builds of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.ops import deform_conv2d

TAPS = 9  # of a 3×3 kernel


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
        # The operator knows no bfloat16 on a CPU, and positions need the precision anyway.
        with torch.autocast(features.device.type, enabled=False):
            answer = deform_conv2d(
                features.float(),
                offset.float(),
                self.weight.float(),
                padding=1,
                mask=modulation.float(),
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
