"""A ResNet that returns each stage twice: before and after its last block.

Attention masks of MTAN and CTAN are computed from the first and applied to the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn

from ..core.errors import choose
from .backbones import COMPACT_CHANNELS, variant_backbone
from .decoders import conv_bn_relu


class Stage(NamedTuple):
    """One stage of the shared encoder, both B×C×H×W, each with its own C.

    Attributes:
        before: U of CTAN, b of MTAN: what the masks are computed from.
        last: P of CTAN, t of MTAN: what the masks gate; also the input of the next stage.
    """

    before: Tensor
    last: Tensor


class StagedEncoder(nn.Module):
    """An encoder of four stages, each in two: U, and P that is computed from it.

    Attributes:
        stem: what comes before the stages.
        channels: of P in the four stages.
    """

    strides = (4, 8, 16, 32)
    stem: nn.Module
    channels: tuple[int, ...]

    def divide(self, stages: Sequence[nn.Sequential], shared_features: str) -> None:
        """Take the stages; decision C1 as of `StagedResNet`."""
        if shared_features == "last_block":
            self.before = nn.ModuleList(stage[:-1] for stage in stages)
            self.last = nn.ModuleList(stage[-1] for stage in stages)
        else:
            self.before = nn.ModuleList(stages)
            self.last = nn.ModuleList(
                nn.Sequential(conv_bn_relu(width, width), conv_bn_relu(width, width))
                for width in self.channels
            )

    def forward(self, images: Tensor) -> list[Stage]:
        """B×3×H×W, H and W multiples of 32, to the four stages at strides 4, 8, 16, 32."""
        x, found = self.stem(images), []
        for before, last in zip(self.before, self.last, strict=True):
            u = before(x)
            x = last(u)
            found.append(Stage(u, x))
        return found


class StagedResNet(StagedEncoder):
    """ResNet-50, or a narrow ResNet-18 for `compact`, without its head.

    Args:
        variant: "paper" or "compact".
        pretrained: see `timm_model`; paper variant only.
        shared_features: decision C1. "last_block": U is the stage without its last block, P that
            block. "extra_convs": U is the whole stage, P two new 3×3 conv-BN-ReLU on it.
        stem: decision C2. "conv7x7" as published, or "conv3x3"; both end at stride 4.

    Attributes:
        before_channels, channels: of U and of P in the four stages, which are equal here.
    """

    def __init__(
        self,
        variant: str,
        pretrained: bool | str | Path = False,
        shared_features: str = "last_block",
        stem: str = "conv7x7",
    ) -> None:
        super().__init__()
        choose("value of shared_features (C1)", shared_features, ("last_block", "extra_convs"))
        choose("value of stem (C2)", stem, ("conv7x7", "conv3x3"))
        body = variant_backbone(
            variant, pretrained, "resnet50", {"channels": COMPACT_CHANNELS}, "resnet18"
        )
        self.channels: tuple[int, ...] = tuple(level["num_chs"] for level in body.feature_info[1:])
        self.before_channels = self.channels
        self.stem = nn.Sequential(body.conv1, body.bn1, body.act1, body.maxpool)
        if stem == "conv3x3":
            width = body.conv1.out_channels
            self.stem[0] = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)
        stages = (body.layer1, body.layer2, body.layer3, body.layer4)
        self.divide(stages, shared_features)
