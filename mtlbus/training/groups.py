"""Which parameters learn at which rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from ..nn.self_attention import SelfAttention
from ..nn.swin import transformer_parameters
from .recipes import Recipe


def parameter_groups(parts: Sequence[nn.Module], recipe: Recipe) -> list[dict[str, Any]]:
    """All that learns, each parameter once: Swin parts and γ at rates of their own.

    Beside a convolutional branch that learns at once, a Swin branch at the same rate ended with
    equal features for all images, and no answer heard it. γ, which begins at 0, is one number that
    a step moves by no more than any other weight, so attention stayed silent in a short training;
    it does not decay, as decay would draw it back to 0.

    Args:
        parts: the network first, then what exists in training alone.
        recipe: `learning_rate`, `transformer_rate` and `gamma_rate` are read.

    Returns:
        Groups for an optimiser; those that would be as the first are part of it.
    """
    apart: list[dict[str, Any]] = []
    if recipe.transformer_rate != 1:
        rate = recipe.learning_rate * recipe.transformer_rate
        apart.append({"params": transformer_parameters(parts[0]), "lr": rate})
    if recipe.gamma_rate != 1:
        rate = recipe.learning_rate * recipe.gamma_rate
        gammas = [part.gamma for part in parts[0].modules() if isinstance(part, SelfAttention)]
        apart.append({"params": gammas, "lr": rate, "weight_decay": 0.0})
    taken = {id(parameter) for group in apart for parameter in group["params"]}
    rest = [one for part in parts for one in part.parameters() if id(one) not in taken]
    first = {"params": rest, "lr": recipe.learning_rate}
    return [first, *(group for group in apart if group["params"])]
