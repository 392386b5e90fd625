"""Decoders that climb from the bottleneck back to the image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv_bn_relu(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    """k×k convolution ("same"), batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def upsample_to(x: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear interpolation of B×C×h×w to the given height and width."""
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


class ConcatDecoder(nn.Module):
    """The U-shape of MTL-COSA (section 2.1): U_4 = [up(C5), C4], …, U_1; 3×3 conv; bilinear ×2.

    Decision M1 (`fuse`): "conv" puts one 3×3 conv-BN-ReLU after each concatenation, "literal"
    only concatenates, as the text says (U_1 then has thousands of channels).

    Args:
        encoder_channels: channels of C1..C5.
        widths: channels of U_4, U_3, U_2, U_1 for fuse="conv".
        classes: channels of the mask logits.
        fuse: "conv" or "literal".
    """

    def __init__(
        self,
        encoder_channels: Sequence[int],
        widths: Sequence[int],
        classes: int = 2,
        fuse: str = "conv",
    ) -> None:
        super().__init__()
        below = encoder_channels[-1]
        fusers = []
        for skip, width in zip(reversed(encoder_channels[:-1]), widths, strict=True):
            joined = below + skip
            fusers.append(conv_bn_relu(joined, width) if fuse == "conv" else nn.Identity())
            below = width if fuse == "conv" else joined
        self.fusers = nn.ModuleList(fusers)
        self.classifier = nn.Conv2d(below, classes, 3, padding=1)

    def forward(self, features: Sequence[Tensor], size: Sequence[int]) -> Tensor:
        """[C1 … C5] to mask logits B×classes×size."""
        x = features[-1]
        for skip, fuser in zip(reversed(features[:-1]), self.fusers, strict=True):
            x = fuser(torch.cat([upsample_to(x, skip.shape[-2:]), skip], dim=1))
        return upsample_to(self.classifier(x), size)
