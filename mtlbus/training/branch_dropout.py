"""Two encoders that meet are made to answer alone now and then, so that neither falls silent.

Beside a convolutional encoder that begins with ImageNet weights, a Swin branch of random weights is
not needed to fit the training images, gets next to no gradient, and no answer hears it. For some
images of a batch what one of the two says is left out where they meet (ModDrop: Neverova et al.
2016, "ModDrop: adaptive multi-modal gesture recognition"). It happens in training alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..nn.estan_decoder import Bottleneck


class BranchDropout:
    """Leaves one encoder out of the bottleneck of a hybrid, for a share of the images each.

    Args:
        network: with a `Bottleneck` of two encoders; it is listened to until `stop`.
        share: of the images that lose the convolutional encoder there, and of those that lose the
            other one, 0 to 0.5. The convolutional skips of the decoder stay.
    """

    def __init__(self, network: nn.Module, share: float) -> None:
        self.bottleneck: Bottleneck = network.bottleneck
        self.share = share
        self._drawn = torch.empty(0)
        self._hooks = (
            self.bottleneck.up.register_forward_pre_hook(self._meeting),
            self.bottleneck.register_forward_hook(self._beside),
        )

    def _meeting(self, up: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor] | None:
        if not up.training:
            return None
        (joined,) = inputs
        self._drawn = torch.rand(len(joined), 1, 1, 1).to(joined.device)
        own, other = self._heard(joined.dtype)
        first = self.bottleneck.own_channels
        return (torch.cat([joined[:, :first] * own, joined[:, first:] * other], dim=1),)

    def _beside(self, bottleneck: nn.Module, inputs: Any, output: Tensor) -> Tensor | None:
        if not bottleneck.training:
            return None
        own, _ = self._heard(output.dtype)
        met = bottleneck.up.out_channels
        return torch.cat([output[:, :met], output[:, met:] * own], dim=1)

    def _heard(self, kind: torch.dtype) -> tuple[Tensor, Tensor]:
        """1 where the convolutional and where the other encoder is heard, 0 elsewhere; B×1×1×1."""
        return (self._drawn >= self.share).to(kind), (self._drawn < 1 - self.share).to(kind)

    def stop(self) -> None:
        """Let go of the network."""
        for hook in self._hooks:
            hook.remove()
