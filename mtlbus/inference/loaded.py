"""Trained weights on their device, with what an image has to become for them."""

from __future__ import annotations

import torch

from ..checkpoints import Checkpoint
from ..core.machine import Machine


class LoadedNetwork:
    """A network that is ready to be asked.

    Args:
        checkpoint: of the weights.
        machine: what it is asked with; the name of a device for float32 on it, None for the GPU
            where there is one.

    Attributes:
        size, fit, mean, std: of its square, as the card has them.
        at_once: images of a pass, at most; less than was asked for where memory was too small.
        note: what was given up for want of memory (`together`); "" as a rule.
    """

    def __init__(self, checkpoint: Checkpoint, machine: Machine | str | None = None) -> None:
        self.checkpoint = checkpoint
        self.machine = machine if isinstance(machine, Machine) else Machine.of(machine)
        self.device = self.machine.device
        self.at_once, self.note = 2**16, ""
        model = checkpoint.load().requires_grad_(False)
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
        spec = checkpoint.card.spec
        self.size, self.fit = spec.input_size, spec.fit
        self.mean, self.std = spec.mean, spec.std
