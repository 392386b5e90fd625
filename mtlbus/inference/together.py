"""Several images in one pass of a network, or fewer where the memory of a GPU is too small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ..core.machine import Machine
from ..core.outputs import Output
from .loaded import LoadedNetwork


def ask(
    network: LoadedNetwork, inputs: Sequence[Tensor], maps: bool = False, **given: Tensor
) -> list[Output]:
    """The output of each image; those of a pass are computed together.

    Where the memory of a GPU is too small for all, half as many are asked about at a time, and the
    processor takes over where it is too small for one. `network.note` says so, and it stays so.

    Args:
        network: that is asked; its `at_once` bounds the images of a pass.
        inputs: 1×3×S×S each, on any device.
        maps: also the inner maps, which are views of what a pass computes anyway (measured: at most
            3 % of its time).
        given: what else a network takes, of one image.
    """
    found: list[Output] = []
    while len(found) < len(inputs):
        some = inputs[len(found) : len(found) + network.at_once]
        batch = some[0] if len(some) == 1 else torch.cat(list(some))
        batch = batch.to(network.device).contiguous(memory_format=torch.channels_last)
        try:
            with network.machine.autocast():
                output = network.model(
                    batch,
                    maps=maps,
                    **{name: one.to(network.device) for name, one in given.items()},
                )
        except torch.OutOfMemoryError:
            _ask_for_less(network, len(some))
            continue
        found += [of_one(output, index) for index in range(len(some))]
    return found


def _ask_for_less(network: LoadedNetwork, count: int) -> None:
    """Fewer images at a time, or another device, from now on.

    Raises:
        torch.OutOfMemoryError: that is raised already, where nothing is left to try.
    """
    if count > 1:
        network.at_once = count // 2
        network.note = f"the GPU has too little memory for {count} images: {count // 2} at a time"
    elif network.device.type != "cpu":
        network.machine = Machine(torch.device("cpu"), False, network.machine.workers)
        network.device = network.machine.device
        network.model = network.model.to(network.device)
        network.note = "the GPU has too little memory for one image: the processor computes instead"
    else:
        raise
    torch.cuda.empty_cache()


def of_one(output: Output, index: int) -> Output:
    """The part of an output that is about one image, as of a batch of one."""
    one = slice(index, index + 1)
    masks = output.mask_logits
    return Output(
        None if masks is None else masks[one],
        {name: logits[one] for name, logits in output.class_logits.items()},
        {name: replace(found, tensor=found.tensor[one]) for name, found in output.maps.items()},
        {name: values[one] for name, values in output.pixel_values.items()},
    )
