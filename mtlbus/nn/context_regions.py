"""Context-Oriented Self-Attention (COSA): background, tumour and margin, each attended alone.

Source: MTL-COSA, section 2.2. Decisions M2 to M4 are options of `ContextOrientedAttention`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.errors import choose
from .self_attention import SelfAttention, ratio_of_norms

REGIONS = ("background", "tumour", "margin")

_SOBEL_X = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


def split_regions(mask: Tensor) -> Tensor:
    """Split a binary mask into background X, tumour Y and margin Z (Fig. 2).

    The Sobel magnitude of a binary mask is two pixels wide at its contour; dilating it with a
    5×5 square makes a margin of six pixels, three on each side. Borders are replicated, so that
    the edge of the image is no contour.

    Args:
        mask: B×H×W, true inside the tumour.

    Returns:
        B×3×H×W in {0, 1}; the three maps are disjoint and sum to 1 everywhere.
    """
    inside = mask.float().unsqueeze(1)
    kernels = torch.stack([_SOBEL_X, _SOBEL_X.T]).unsqueeze(1).to(inside)
    gradient = F.conv2d(F.pad(inside, (1, 1, 1, 1), mode="replicate"), kernels)
    contour = (gradient != 0).any(dim=1, keepdim=True)
    margin = _dilated(contour).to(inside.dtype)
    tumour = inside * (1 - margin)
    return torch.cat([(1 - inside) * (1 - margin), tumour, margin], dim=1)


def _dilated(contour: Tensor) -> Tensor:
    """The dilation by a 5×5 square, B×1×H×W bool: down, then across, by 1, 2 and 1 steps."""
    spread = F.pad(contour, (2, 2, 2, 2))
    for along in (2, 3):
        for step in (1, 2, 1):
            count = spread.shape[along] - step
            spread = spread.narrow(along, 0, count) | spread.narrow(along, step, count)
    return spread


def resize_regions(regions: Tensor, size: tuple[int, int], mode: str = "area") -> Tensor:
    """Bring the regions to the bottleneck's grid (decision M3).

    "area" averages, so the three weights of a cell still sum to 1; "max" keeps a region in every
    cell it touches; "nearest" samples one pixel a cell and keeps little of thin margins.

    Args:
        regions: B×3×H×W.
        size: rows and columns of the grid.
        mode: "area", "max" or "nearest".

    Returns:
        B×3×rows×columns.
    """
    if mode == "area":
        return F.adaptive_avg_pool2d(regions, size)
    if mode == "max":
        return F.adaptive_max_pool2d(regions, size)
    return F.interpolate(regions, size=size, mode="nearest")


class RegionFeatures(NamedTuple):
    """What COSA computes on the way, all B×3×….

    Attributes:
        vector: F_W, B×C, the weighted feature that the classifier reads.
        weighted: P_R before pooling, B×3×C×h×w, scaled so that its sum over cells is P_R.
        regions: X, Y, Z at full resolution, B×3×H×W.
        weights: X, Y, Z on the bottleneck's grid, B×3×h×w.
        attention: B×3×N×N, rows sum to 1.
        added: norm of what attention adds over that of C_R, B×3. A region that the image does not
            have is taken for a thousandth of C5.
    """

    vector: Tensor
    weighted: Tensor
    regions: Tensor
    weights: Tensor
    attention: Tensor
    added: Tensor


class ContextOrientedAttention(nn.Module):
    """COSA: C_R = R · C5, S_R = attention(C_R, C5), P_R = GAP(S_R), F_W = Σ_R w_R P_R + b.

    Args:
        channels: channels of C5.
        resize: decision M3, "area", "max" or "nearest".
        attention: decision M4, "separate" (one module a region) or "shared".
        source: decision M4, "regional_query_key" (q, k from C_R, v from C5) or
            "regional_query" (q from C_R; k, v from C5). The residual is C_R in both.
        pooling: "mean" over all cells (paper) or "masked", weighted by the region.
        gamma: γ of each attention at the start.
    """

    def __init__(
        self,
        channels: int,
        resize: str = "area",
        attention: str = "separate",
        source: str = "regional_query_key",
        pooling: str = "mean",
        gamma: float = 0.0,
    ) -> None:
        super().__init__()
        self.resize = choose("value of region_resize (M3)", resize, ("area", "max", "nearest"))
        choose("value of region_attention (M4)", attention, ("separate", "shared"))
        self.source = choose(
            "value of attention_source (M4)", source, ("regional_query_key", "regional_query")
        )
        self.pooling = choose("value of region_pooling", pooling, ("mean", "masked"))
        modules = 1 if attention == "shared" else len(REGIONS)
        self.attention = nn.ModuleList(SelfAttention(channels, gamma=gamma) for _ in range(modules))
        self.mix = nn.Conv1d(len(REGIONS), 1, kernel_size=1)  # w_X, w_Y, w_Z and b
        nn.init.constant_(self.mix.weight, 1.0)
        nn.init.zeros_(self.mix.bias)

    def forward(self, bottleneck: Tensor, mask: Tensor) -> RegionFeatures:
        """Attend within each region.

        Args:
            bottleneck: C5, B×C×h×w.
            mask: B×H×W, true inside the tumour; an empty mask makes everything background.
        """
        regions = split_regions(mask).to(bottleneck.dtype)
        weights = resize_regions(regions, tuple(bottleneck.shape[-2:]), self.resize)
        least = 1e-3 * bottleneck.detach().float().flatten(1).norm(dim=1)
        attended, attentions, added = [], [], []
        for index in range(len(REGIONS)):
            module = self.attention[index % len(self.attention)]
            region = weights[:, index : index + 1]
            regional = region * bottleneck  # C_R
            key = regional if self.source == "regional_query_key" else bottleneck
            features, attention = module(regional, key, bottleneck, residual=regional)
            attended.append(self._share_of_mean(features, region))
            attentions.append(attention)
            added.append(ratio_of_norms(features - regional, regional, least))
        weighted = torch.stack(attended, dim=1)
        pooled = weighted.sum(dim=(3, 4))  # P_X, P_Y, P_Z: B×3×C
        vector = self.mix(pooled).squeeze(1)
        stacked = (torch.stack(found, dim=1) for found in (attentions, added))
        return RegionFeatures(vector, weighted, regions, weights, *stacked)

    def _share_of_mean(self, features: Tensor, region: Tensor) -> Tensor:
        """Scale S_R so that its sum over the cells is the pooled vector P_R."""
        if self.pooling == "mean":
            return features / (features.shape[-2] * features.shape[-1])
        total = region.sum(dim=(2, 3), keepdim=True).clamp_min(1e-6)
        return features * region / total
