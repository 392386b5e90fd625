"""A branch that is slower than its neighbour names the class by itself, while it is trained.

Beside a convolutional encoder that begins with ImageNet weights a Swin branch of random weights has
nothing to add, gets next to no gradient, and ends with the same features for every image. A linear
head on its pooled features teaches it what the class looks like. It exists in training alone.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class SideClass(nn.Module):
    """GAP and one logit of malignant on the deepest features of a branch.

    Args:
        network: whose specification names such a branch; it is listened to until `stop`.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        branch = network.get_submodule(network.spec.side_class)
        self.head = nn.Linear(branch.swin.channels[-1], 1)
        self._heard: list[Tensor] = []
        self._hook = branch.register_forward_hook(self._hear)

    def _hear(self, branch: nn.Module, inputs: Any, output: Any) -> None:
        self._heard[:] = [output.deepest]

    def forward(self) -> Tensor:
        """Logits B×1 of the pass that just went through."""
        (features,) = self._heard
        self._heard.clear()
        return self.head(features.mean(dim=(2, 3)))

    def stop(self) -> None:
        """Let go of the network."""
        self._hook.remove()
