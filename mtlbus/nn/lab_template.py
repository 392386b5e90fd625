"""Head and decoder that the authors' lab puts on any backbone in its public benchmark."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .decoders import conv_bn_relu


class LabHead(nn.Module):
    """Global average pooling → 512 → dropout 0.3 → 64 → 1; ReLU between, He initialisation."""

    def __init__(self, channels: int, hidden: tuple[int, int] = (512, 64)) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(channels, hidden[0]),
            nn.ReLU(inplace=True),
            nn.Dropout(0.3),
            nn.Linear(hidden[0], hidden[1]),
            nn.ReLU(inplace=True),
            nn.Linear(hidden[1], 1),
        )
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor) -> Tensor:
        """B×C×H×W to one logit, B×1."""
        return self.layers(features.mean(dim=(2, 3)))


class LabDecoder(nn.Module):
    """Four times: T2 (transposed 2×2, stride 2), concatenate the skip, two 3×3 conv-BN-ReLU.

    It starts from the map of stride 16, not from the bottleneck; the last skip is the image.

    Args:
        channels: of the maps of strides 2, 4, 8 and 16.
        widths: after each step, at strides 8, 4, 2 and 1.
    """

    def __init__(self, channels: Sequence[int], widths: Sequence[int] = (128, 64, 32, 16)) -> None:
        super().__init__()
        below = channels[-1]
        self.upsamplers, self.blocks = nn.ModuleList(), nn.ModuleList()
        for skip, width in zip((*reversed(channels[:-1]), 3), widths, strict=True):
            self.upsamplers.append(nn.ConvTranspose2d(below, width, 2, stride=2))
            self.blocks.append(
                nn.Sequential(conv_bn_relu(width + skip, width), conv_bn_relu(width, width))
            )
            below = width
        self.classifier = nn.Conv2d(below, 1, 1)

    def forward(self, images: Tensor, features: Sequence[Tensor]) -> Tensor:
        """Decode.

        Args:
            images: B×3×H×W, H and W multiples of 16.
            features: maps of strides 2, 4, 8 and 16.

        Returns:
            Mask logits, B×1×H×W.
        """
        x = features[-1]
        skips = (*reversed(features[:-1]), images)
        for skip, upsample, block in zip(skips, self.upsamplers, self.blocks, strict=True):
            x = block(torch.cat([upsample(x), skip], dim=1))
        return self.classifier(x)
