"""VGG-16 (Simonyan and Zisserman 2015), from timm."""

from __future__ import annotations

from pathlib import Path

from timm.models.vgg import VGG
from torch import Tensor, nn

from .backbones import refuse_weights, timm_model

_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions
_COMPACT_SHARE = 4


def vgg_levels(features: nn.Sequential, images: Tensor) -> list[Tensor]:
    """What each of the five blocks hands on, at strides 2 to 32."""
    levels, x = [], images
    for layer in features:
        x = layer(x)
        if isinstance(layer, nn.MaxPool2d):
            levels.append(x)
    return levels


def vgg16(variant: str, pretrained: bool | str | Path = False, classes: int = 2) -> nn.Module:
    """VGG-16 with `features` (stride 32) and the fully connected `pre_logits` and `head`.

    Args:
        variant: "paper", or "compact": a quarter of the channels, fully connected layers of 256
            and 4,096 instead of twice 4,096.
        pretrained: see `timm_model`.
        classes: outputs of the last layer.
    """
    if variant == "paper":
        return timm_model("vgg16", pretrained, num_classes=classes, drop_rate=0.5)
    refuse_weights(pretrained)
    layers: list[int | str] = []
    for channels, convolutions in _BLOCKS:
        layers += [channels // _COMPACT_SHARE] * convolutions + ["M"]
    return VGG(layers, num_classes=classes, mlp_ratio=1 / 16, drop_rate=0.5)
