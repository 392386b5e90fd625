"""Trained weights on their device, with what an image has to become for them."""

from __future__ import annotations

import torch

from ..checkpoints import Checkpoint


class LoadedNetwork:
    """A network that is ready to be asked.

    Args:
        checkpoint: of the weights.
        device: None for the GPU where there is one.

    Attributes:
        size, fit, mean, std: of its square, as the card has them.
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device | str | None = None) -> None:
        self.checkpoint = checkpoint
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        model = checkpoint.load().requires_grad_(False)
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
        spec = checkpoint.card.spec
        self.size, self.fit = spec.input_size, spec.fit
        self.mean, self.std = spec.mean, spec.std
