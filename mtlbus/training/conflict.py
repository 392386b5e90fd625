"""Does one task hurt the other? The angle between their gradients on the weights they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from .joined import sum_all

BATCHES = 4  # of an epoch, at its start; each costs one more pass backward


def gradient_cosine(
    losses: Mapping[str, Tensor], parameters: Sequence[nn.Parameter]
) -> float | None:
    """The cosine of the angle between the gradients of two tasks: −1 against, 1 along.

    Only parameters that both losses reach count; what belongs to one task has no conflict.

    Args:
        losses: of the tasks; the graph is kept.
        parameters: of the network.

    Returns:
        None unless there are two losses with weights in common and gradients that are not 0.
    """
    if len(losses) != 2 or not all(loss.requires_grad for loss in losses.values()):
        return None
    first, second = (
        torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
        for loss in losses.values()
    )
    sum_all([*first, *second])
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    product, squares = 0.0, [0.0, 0.0]
    for a, b in both:
        product += float((a * b).sum())
        squares[0] += float(a.square().sum())
        squares[1] += float(b.square().sum())
    norm = (squares[0] * squares[1]) ** 0.5
    return product / norm if norm > 0 else None
