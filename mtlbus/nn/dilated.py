"""Dilated feature enhancement (DFE) of a skip connection, decision R2 of ResFormer-MTL, which is
re-imagined from the abstract."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def dilated_conv(channels: int, dilation: int) -> nn.Sequential:
    """3×3 convolution ("same") with a dilation, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    )


class DilatedFeatureEnhancement(nn.Module):
    """x + W·[f_1(x), f_2(x), f_3(x)], f_i a 3×3 convolution-BN-ReLU with its own dilation.

    Args:
        channels: of the input and of every branch.
        dilations: of the branches; the receptive field of a branch is 2d + 1 cells.
    """

    def __init__(self, channels: int, dilations: Sequence[int] = (1, 3, 5)) -> None:
        super().__init__()
        self.dilations = tuple(dilations)
        self.branches = nn.ModuleList(
            dilated_conv(channels, dilation) for dilation in self.dilations
        )
        self.fuse = nn.Conv2d(len(self.dilations) * channels, channels, 1)

    def forward(self, features: Tensor) -> tuple[Tensor, list[Tensor]]:
        """B×C×H×W.

        Returns:
            The enhanced features B×C×H×W, and what each branch answers, each B×C×H×W.
        """
        answers = [branch(features) for branch in self.branches]
        return features + self.fuse(torch.cat(answers, dim=1)), answers
