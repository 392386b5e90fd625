"""Heads that turn features into class logits."""

from __future__ import annotations

from torch import Tensor, nn


class PooledHead(nn.Module):
    """Global average pooling and one linear layer (decision B1 of the MTL baseline)."""

    def __init__(self, channels: int, classes: int = 2) -> None:
        super().__init__()
        self.classifier = nn.Linear(channels, classes)

    def forward(self, features: Tensor) -> Tensor:
        """B×C×H×W to logits B×classes."""
        return self.classifier(features.mean(dim=(2, 3)))
