"""The bottleneck, the four Up Blocks and the dense head of MT-ESTAN.

Source: Hybrid-MT-ESTAN, section 2.3: an Up Block is three convolutions and one upsampling of size
and stride 2, which the lab's network makes a transposed convolution.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .estan import Features, MTESTANEncoder, conv_relu


def transposed(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """T2: kernel 2, stride 2, linear; B×inputs×H×W to B×outputs×2H×2W."""
    return nn.ConvTranspose2d(inputs, outputs, 2, stride=2)


class Bottleneck(nn.Module):
    """up6 = cat(T2(cat(c5, a5, other)), n5, c4): what the mask grows from and the class pools.

    Args:
        encoder: for its channels.
        width: channels after T2.
        other: channels of a second encoder's last stage, concatenated here (decision H6); 0 for
            MT-ESTAN alone.
        normalise: batch normalisation of each encoder before they are concatenated (H6), so that
            neither drowns the other.
    """

    def __init__(
        self, encoder: MTESTANEncoder, width: int, other: int = 0, normalise: bool = False
    ) -> None:
        super().__init__()
        resnet = encoder.resnet
        self.own_channels = resnet.channels[4] + resnet.tap_channels[4]
        self.scales = None
        if normalise:
            self.scales = nn.ModuleList([nn.BatchNorm2d(self.own_channels), nn.BatchNorm2d(other)])
        self.up = transposed(self.own_channels + other, width)
        self.channels = width + encoder.widths[4] + resnet.channels[3]

    def forward(self, cnn: Features, other: Tensor | None = None) -> Tensor:
        """The features, and B×other×H/32×W/32, to up6, B×channels×H/16×W/16."""
        deepest = [torch.cat([cnn.c[4], cnn.a[4]], dim=1)] + ([] if other is None else [other])
        if self.scales is not None:
            deepest = [scale(x) for scale, x in zip(self.scales, deepest, strict=True)]
        return torch.cat([self.up(torch.cat(deepest, dim=1)), cnn.n[4], cnn.c[3]], dim=1)


class UpBlock(nn.Module):
    """conv, cat a, T2, cat n, conv, conv; Up4 also takes T2(a) before its last convolution.

    Args:
        inputs: channels that come in, the skip c included.
        tap, branch: channels of a and of n.
        width: of every convolution.
        second: kernel of the second convolution.
        lift: whether T2(a) joins before the third.
    """

    def __init__(
        self, inputs: int, tap: int, branch: int, width: int, second: int = 1, lift: bool = False
    ) -> None:
        super().__init__()
        self.first = conv_relu(inputs, width, 3)
        self.up = transposed(width + tap, width)
        self.second = conv_relu(width + branch, width, second)
        self.lift = transposed(tap, width) if lift else None
        self.third = conv_relu(2 * width if lift else width, width, 3)

    def forward(self, x: Tensor, tap: Tensor, branch: Tensor) -> Tensor:
        """B×inputs×H×W, a at the same size, n at twice the size, to B×width×2H×2W."""
        x = self.up(torch.cat([self.first(x), tap], dim=1))
        x = self.second(torch.cat([x, branch], dim=1))
        if self.lift is not None:
            x = torch.cat([x, self.lift(tap)], dim=1)
        return self.third(x)


class MTESTANDecoder(nn.Module):
    """Up1 … Up4 from up6 to the mask.

    Args:
        encoder: for its channels.
        bottleneck: channels of up6.
        widths: of Up1 … Up4.
        classes: channels of the mask logits.
    """

    def __init__(
        self,
        encoder: MTESTANEncoder,
        bottleneck: int,
        widths: Sequence[int],
        classes: int = 1,
    ) -> None:
        super().__init__()
        c, a = encoder.resnet.channels, encoder.resnet.tap_channels
        n, (w1, w2, w3, w4) = encoder.widths, widths
        self.up1 = UpBlock(bottleneck, a[3], n[3], w1)  # c4 is in up6 already
        self.up2 = UpBlock(w1 + c[2], a[2], n[2], w2)
        self.up3 = UpBlock(w2 + c[1], a[1], n[1], w3)
        self.up4 = UpBlock(w3 + c[0], a[0], n[0], w4, second=5, lift=True)
        self.classifier = nn.Conv2d(w4, classes, 1)

    def forward(self, up6: Tensor, cnn: Features) -> Tensor:
        """up6 and the features to mask logits B×classes×H×W."""
        h1 = self.up1(up6, cnn.a[3], cnn.n[3])
        h2 = self.up2(torch.cat([h1, cnn.c[2]], dim=1), cnn.a[2], cnn.n[2])
        h3 = self.up3(torch.cat([h2, cnn.c[1]], dim=1), cnn.a[1], cnn.n[1])
        h4 = self.up4(torch.cat([h3, cnn.c[0]], dim=1), cnn.a[0], cnn.n[0])
        return self.classifier(h4)


class DenseHead(nn.Module):
    """Global average pooling, dense layers with ReLU, dropout, one logit (decision H7).

    Args:
        channels: of the pooled features.
        widths: of the dense layers.
        dropout_after: number of dense layers before the dropout.
        dropout: its rate.
    """

    def __init__(
        self, channels: int, widths: Sequence[int], dropout_after: int, dropout: float = 0.5
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index, width in enumerate(widths, start=1):
            layers += [nn.Linear(channels, width), nn.ReLU(inplace=True)]
            if index == dropout_after:
                layers.append(nn.Dropout(dropout))
            channels = width
        self.layers = nn.Sequential(*layers, nn.Linear(channels, 1))

    def forward(self, features: Tensor) -> Tensor:
        """B×C×H×W to logits B×1."""
        return self.layers(features.mean(dim=(2, 3)))
