"""Trained weights on their device, with what an image has to become for them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ..checkpoints import Checkpoint
from ..core.errors import CheckpointError, InputError
from ..core.machine import Machine
from ..core.outputs import Map
from ..core.spec import Fit
from ..data.transforms import Frame, normalise, square_image


class Pictured(Protocol):
    """An image of any form with the digest of what it was read from."""

    @property
    def pixels(self) -> np.ndarray: ...

    @property
    def sha256(self) -> str: ...


@dataclass(frozen=True)
class Prepared:
    """An image made ready once for any number of networks.

    Attributes:
        image_sha256: of the image it was made of; the image itself need not live on.
        frame: its place in the square.
        grey: 1×1×size×size float32 in 0..1; of an image in colour 1×3×size×size.
        seconds: duration of the preprocessing.
    """

    image_sha256: str
    frame: Frame
    grey: Tensor
    seconds: float


def prepare(image: Pictured, size: int = 256, fit: Fit = "pad") -> Prepared:
    """Make an image square, as `Frame` says, and scale it to `size`."""
    started = time.perf_counter()
    grey = square_image(image.pixels, size, fit)[None]
    height, width = image.pixels.shape[:2]
    frame = Frame(height, width, fit)
    return Prepared(image.sha256, frame, grey, time.perf_counter() - started)


class LoadedNetwork:
    """A network that is ready to be asked; safe to share between threads.

    Args:
        checkpoint: of the weights; preprocessing is read from its card.
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

    def prepare(self, image: Pictured) -> Prepared:
        """An image as this network wants it."""
        return prepare(image, self.size, self.fit)

    def inputs(self, prepared: Prepared) -> Tensor:
        """The network's input, 1×3×size×size, on its device."""
        given, wanted = (prepared.grey.shape[-1], prepared.frame.fit), (self.size, self.fit)
        if given != wanted:
            raise InputError(
                f"The image was prepared at {given[0]} px ({given[1]}), "
                f"{self.checkpoint.method} needs {wanted[0]} px ({wanted[1]})."
            )
        inputs = normalise(prepared.grey.to(self.device), self.mean, self.std)
        return inputs.contiguous(memory_format=torch.channels_last)

    def checked(self, answer: Tensor) -> Tensor:
        """An answer on the CPU, in float32.

        Raises:
            CheckpointError: it is something that is no number.
        """
        answer = answer.float().cpu()
        if not answer.isfinite().all():
            raise CheckpointError(
                f"{self.checkpoint.method} answers with something that is no number: its weights "
                "or this machine's arithmetic are broken. Choose another network, or restore the "
                "weights."
            )
        return answer


def single(maps: dict[str, Map]) -> dict[str, Map]:
    """The maps of a batch of one without their batch dimension, on the CPU, in float32."""
    return {
        name: replace(found, tensor=found.tensor[0].float().cpu().clone())
        for name, found in maps.items()
    }
