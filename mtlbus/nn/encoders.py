"""The encoder of a variant: the paper's ResNet, or one of two small ones for `compact`."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from ..core.errors import choose
from .backbones import resnet_encoder
from .lite_encoder import LiteEncoder, StagedLite
from .staged_resnet import StagedResNet

LITE, NARROW = "lite0", "narrow"
COMPACT_ENCODERS = (LITE, NARROW)

Weights = bool | str | Path


def level_encoder(
    variant: str, compact_encoder: str, pretrained: Weights = False, paper_depth: int = 101
) -> nn.Module:
    """An encoder with the levels C1 to C5 at strides 2 to 32, and `channels` (decision E1).

    Args:
        variant: "paper" or "compact".
        compact_encoder: "lite0" (EfficientNet-Lite0) or "narrow" (ResNet-18, no ImageNet
            weights); the paper variant is a ResNet in any case.
        pretrained: see `timm_model`; True for lite0 are the weights of `lite_encoder.PACKAGE`.
        paper_depth: of the paper's ResNet.
    """
    choose("value of compact_encoder (E1)", compact_encoder, COMPACT_ENCODERS)
    if variant == "paper" or compact_encoder == NARROW:
        return resnet_encoder(variant, paper_depth, pretrained)
    return LiteEncoder(pretrained)


def staged_encoder(
    variant: str,
    compact_encoder: str,
    pretrained: Weights = False,
    shared_features: str = "last_block",
    stem: str = "conv7x7",
) -> nn.Module:
    """An encoder whose four stages come before and after their last block (decision E1).

    Args:
        variant, compact_encoder, pretrained: as of `level_encoder`.
        shared_features: decision C1.
        stem: decision C2; the stem of lite0 is a 3×3 convolution already.
    """
    choose("value of compact_encoder (E1)", compact_encoder, COMPACT_ENCODERS)
    choose("value of shared_features (C1)", shared_features, ("last_block", "extra_convs"))
    choose("value of stem (C2)", stem, ("conv7x7", "conv3x3"))
    if variant == "paper" or compact_encoder == NARROW:
        return StagedResNet(variant, pretrained, shared_features, stem)
    return StagedLite(pretrained, shared_features)
