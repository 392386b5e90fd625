"""One step of several processes: that of one process on all their images together.

Each process computes its share of the batch. Answers are put together before there is a loss, so
every loss is that of the whole batch, also one that is no mean over images (Dice over a batch, what
is known of some images alone), and the gradients of the shares add up to its gradient. Batch
normalisation takes its mean and variance over the whole batch. A wrapper that averages the
gradients of losses of its own, as DDP does, would minimise something else.

In a run of one process nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from ..core import processes
from ..core.outputs import Output


class _Together(Function):
    """The shares of all processes, one after the other; each learns from its own share."""

    @staticmethod
    def forward(context: Any, share: Tensor) -> Tensor:
        context.length = len(share)
        parts = [torch.empty_like(share) for _ in range(processes.count())]
        torch.distributed.all_gather(parts, share.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        first = processes.rank() * context.length
        return gradients[0][first : first + context.length]


class _Sum(Function):
    """The sum over all processes; what depends on it does so in each of them."""

    @staticmethod
    def forward(context: Any, share: Tensor) -> Tensor:
        return summed(share.clone())

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        return summed(gradients[0].clone())


def summed(tensor: Tensor) -> Tensor:
    """A tensor, which becomes the sum of those of all processes."""
    if processes.count() > 1:
        torch.distributed.all_reduce(tensor)
    return tensor


def together(share: Tensor) -> Tensor:
    """b×… of this process to B×… of all, of floats or of bytes; gradients go to the own share."""
    if processes.count() == 1:
        return share
    if not share.is_floating_point():
        return _Together.apply(share.to(torch.uint8)).to(share.dtype)
    return _Together.apply(share.float())


def together_named(shares: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`together` of each."""
    return {name: together(share) for name, share in shares.items()}


def together_known(shares: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """`together` of what is kept on the CPU, through the device that processes speak over."""
    if processes.count() == 1:
        return dict(shares)
    return {name: together(share.to(device)).cpu() for name, share in shares.items()}


def together_output(output: Output) -> Output:
    """The answers of all processes; inner maps stay apart."""
    masks = output.mask_logits
    return replace(
        output,
        mask_logits=None if masks is None else together(masks),
        class_logits=together_named(output.class_logits),
        pixel_values=together_named(output.pixel_values),
    )


def sum_all(gradients: Iterable[Tensor | None]) -> None:
    """`summed` of many at once; None stays."""
    if processes.count() == 1:
        return
    found = [gradient for gradient in gradients if gradient is not None]
    whole = summed(torch.cat([gradient.float().flatten() for gradient in found]))
    for gradient, part in zip(found, whole.split([one.numel() for one in found]), strict=True):
        gradient.copy_(part.view(gradient.shape))


def joined_statistics() -> AbstractContextManager[Any]:
    """The context in which batch normalisation knows the images of all processes."""
    return nullcontext() if processes.count() == 1 else _JoinedStatistics()


class _JoinedStatistics(TorchFunctionMode):
    """Puts `_batch_norm` in the place of PyTorch's, whose own for several processes needs a GPU and
    another module for each layer."""

    def __torch_function__(
        self, function: Callable, types: Any, arguments: tuple = (), named: dict | None = None
    ) -> Any:
        joined = _batch_norm if function is functional.batch_norm else function
        return joined(*arguments, **(named or {}))


def _batch_norm(
    features: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`functional.batch_norm`, in training with mean and variance over the images of all processes.

    Args:
        features: b×C×…, as many images in each process; the others as there.
    """
    if not training:
        return functional.batch_norm(features, running_mean, running_var, weight, bias, eps=eps)
    axes = [0, *range(2, features.ndim)]
    shape = [1, -1, *[1] * (features.ndim - 2)]
    number = features.numel() // features.shape[1] * processes.count()
    values = features.float()
    mean = _Sum.apply(values.sum(axes)) / number
    centred = values - mean.view(shape)
    variance = _Sum.apply(centred.square().sum(axes)) / number
    if running_mean is not None and running_var is not None:
        with torch.no_grad():
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(variance * (number / max(number - 1, 1)), momentum)
    scaled = centred * (variance + eps).rsqrt().view(shape)
    if weight is not None:
        scaled = scaled * weight.view(shape)
    if bias is not None:
        scaled = scaled + bias.view(shape)
    return scaled.to(features.dtype)
