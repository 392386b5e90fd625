"""Anatomy-Aware Attention (AAA): a gate drawn along rows and columns, as breast tissue lies.

Source: Hybrid-MT-ESTAN, section 2.2, eqs 5 to 7. Decisions H3 to H5 are options.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.errors import choose

COMBINE = ("concat", "sum")
KERNELS = ("series", "parallel", "depthwise")
GATE_CHANNELS = ("all", "one")


class RowColumnConv(nn.Module):
    """A: a 9×1 and a 1×9 convolution, nothing between them (decision H5).

    Args:
        inputs, outputs: channels.
        kernels: "series" (9×1, then 1×9), "parallel" (their sum) or "depthwise" (in series, each
            channel on its own).
        length: of the kernels.
    """

    def __init__(self, inputs: int, outputs: int, kernels: str = "series", length: int = 9) -> None:
        super().__init__()
        self.parallel = kernels == "parallel"
        if kernels == "depthwise" and inputs != outputs:
            raise ValueError("Depthwise kernels keep the number of channels.")
        groups = inputs if kernels == "depthwise" else 1
        middle = outputs if self.parallel else inputs
        half = length // 2
        self.column = nn.Conv2d(inputs, middle, (length, 1), padding=(half, 0), groups=groups)
        second = inputs if self.parallel else middle
        self.row = nn.Conv2d(second, outputs, (1, length), padding=(0, half), groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """B×inputs×H×W to B×outputs×H×W."""
        if self.parallel:
            return self.column(x) + self.row(x)
        return self.row(self.column(x))


class AnatomyAwareAttention(nn.Module):
    """O = y · σ(A(U(max-pool(y) ⊕ avg-pool(y)))), eqs 6 and 7.

    Args:
        channels: of the features y.
        combine: decision H3, "concat" (the text) or "sum" (eq. 6).
        kernels: decision H5, see `RowColumnConv`.
        gate_channels: decision H5, "all" (a gate for each channel) or "one" (for each place).
    """

    def __init__(
        self,
        channels: int,
        combine: str = "concat",
        kernels: str = "series",
        gate_channels: str = "all",
    ) -> None:
        super().__init__()
        self.combine = choose("value of aaa_combine (H3)", combine, COMBINE)
        choose("value of aaa_kernels (H5)", kernels, KERNELS)
        choose("value of aaa_gate_channels (H5)", gate_channels, GATE_CHANNELS)
        pooled = 2 * channels if combine == "concat" else channels
        self.upsample = nn.ConvTranspose2d(pooled, channels, 2, stride=2)  # U (H4)
        if gate_channels == "all":
            self.strips: nn.Module = RowColumnConv(channels, channels, kernels)
        elif kernels == "depthwise":
            strips = RowColumnConv(channels, channels, kernels)
            self.strips = nn.Sequential(strips, nn.Conv2d(channels, 1, 1))
        else:
            self.strips = RowColumnConv(channels, 1, kernels)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """y, B×C×H×W.

        Returns:
            O, B×C×H×W, and the gate B×C×H×W (B×1×H×W with gate_channels="one") in 0..1.
        """
        # A last odd row or column makes a cell of its own, which is cut off again below.
        largest = F.max_pool2d(features, 2, ceil_mode=True)
        average = F.avg_pool2d(features, 2, ceil_mode=True, count_include_pad=False)
        if self.combine == "concat":
            context = torch.cat([largest, average], dim=1)  # 2C×H/2×W/2
        else:
            context = largest + average
        context = self.upsample(context)[..., : features.shape[-2], : features.shape[-1]]  # B
        gate = torch.sigmoid(self.strips(context))  # σ(A(B))
        return features * gate, gate
