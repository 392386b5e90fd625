"""ViT-B/16 (Dosovitskiy et al. 2021) from timm, for any input size."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from timm.layers import resample_abs_pos_embed
from torch import Tensor, nn

from .backbones import variant_backbone

PAPER_NAME = "vit_base_patch16_224"


class TokenFeatures(NamedTuple):
    """What the transformer says.

    Attributes:
        class_token: B×C, normalised.
        patches: B×C×h×w, the patch tokens after the last block, normalised.
        entering: B×C×h×w, the patch tokens that enter the last block. The class token hears of
            the patches for the last time there, so its gradient reaches these and not `patches`.
        early: B×C×h×w, the patch tokens after a third of the blocks.
    """

    class_token: Tensor
    patches: Tensor
    entering: Tensor
    early: Tensor


class VisionTransformerEncoder(nn.Module):
    """Patches of 16×16, a class token, and positions interpolated to the input's grid.

    Args:
        variant: "paper" (768 wide, 12 blocks, 12 heads) or "compact" (192, `compact_depth`, 3).
        pretrained: see `timm_model`.
        compact_depth: blocks of the compact variant.
    """

    stride = 16

    def __init__(
        self, variant: str, pretrained: bool | str | Path = False, compact_depth: int = 8
    ) -> None:
        super().__init__()
        self.body = variant_backbone(
            variant,
            pretrained,
            PAPER_NAME,
            {"embed_dim": 192, "depth": compact_depth, "num_heads": 3},
            num_classes=0,
            dynamic_img_size=True,
        )
        self.channels: int = self.body.num_features

    def forward(self, images: Tensor) -> TokenFeatures:
        """B×3×H×W, H and W multiples of 16, to tokens on a grid of H/16×W/16."""
        body = self.body
        patches = body.patch_embed(images)  # B×h×w×C
        batch, rows, columns, _ = patches.shape
        positions = resample_abs_pos_embed(
            body.pos_embed, [rows, columns], num_prefix_tokens=body.num_prefix_tokens
        )
        prefix = body.cls_token.expand(batch, -1, -1)
        tokens = torch.cat([prefix, patches.flatten(1, 2)], dim=1) + positions
        *blocks, last = body.blocks
        for number, block in enumerate(blocks):
            tokens = block(tokens)
            if number == len(blocks) // 3:
                early = _as_map(tokens[:, 1:], rows, columns)
        # The map is taken out and put back, so that it lies on the way to the logit (Grad-CAM).
        entering = _as_map(tokens[:, 1:], rows, columns)
        tokens = torch.cat([tokens[:, :1], entering.flatten(2).transpose(1, 2)], dim=1)
        tokens = body.norm(last(tokens))
        patches = _as_map(tokens[:, 1:], rows, columns)
        return TokenFeatures(tokens[:, 0], patches, entering, early)


def _as_map(tokens: Tensor, rows: int, columns: int) -> Tensor:
    """B×N×C to B×C×rows×columns."""
    return tokens.transpose(1, 2).unflatten(2, (rows, columns))
