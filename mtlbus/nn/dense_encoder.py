"""DenseNet-121 (Huang et al. 2017) from timm, with a map at every stride."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from .backbones import variant_backbone

_TAPS = ("norm0", "denseblock1", "denseblock2", "denseblock3", "norm5")


class DenseEncoder(nn.Module):
    """Stem, three dense blocks before their transitions, and the normalised fourth.

    Args:
        variant: "paper" (growth 32, blocks of 6, 12, 24, 16 layers) or "compact" (20; 4, 8, 12, 8).
        pretrained: see `timm_model`.
    """

    strides = (2, 4, 8, 16, 32)

    def __init__(self, variant: str, pretrained: bool | str | Path = False) -> None:
        super().__init__()
        self.body = variant_backbone(
            variant,
            pretrained,
            "densenet121",
            {"growth_rate": 20, "block_config": (4, 8, 12, 8)},
            num_classes=0,
        )
        self.channels: tuple[int, ...] = tuple(tap["num_chs"] for tap in self.body.feature_info)

    def forward(self, images: Tensor) -> list[Tensor]:
        """B×3×H×W to 64@128, 256@64, 512@32, 1024@16, 1024@8 (paper, at 256)."""
        maps, x = [], images
        for name, layer in self.body.features.named_children():
            x = layer(x)
            if name in _TAPS:
                maps.append(x)
        return maps
