"""The placebo: the same attribution of a network whose weights mean nothing any more.

A map that looks alike without what was learnt shows the image or the wiring, not the knowledge.
Source: Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018.
"""

from __future__ import annotations

import copy

import torch
from torch import nn


def randomised(model: nn.Module, seed: int = 0) -> nn.Module:
    """A copy whose weights are shuffled within each tensor; nothing learnt is left.

    Shuffling keeps the sizes of the weights, so that signals stay about as large as they were;
    fresh weights would switch off what starts at zero (residual branches, γ).

    Args:
        model: is not changed.
        seed: of the shuffle.
    """
    generator = torch.Generator().manual_seed(seed)
    shuffled = copy.deepcopy(model).eval().requires_grad_(False)
    with torch.no_grad():
        for parameter in shuffled.parameters():
            order = torch.randperm(parameter.numel(), generator=generator)
            values = parameter.flatten()[order.to(parameter.device)]
            parameter.copy_(values.reshape(parameter.shape))
    return shuffled
