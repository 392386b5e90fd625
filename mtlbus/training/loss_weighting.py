"""Weights of the tasks from their losses: fixed, dynamic (DWA) or learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ..core.errors import InputError, choose
from .joined import sum_all


def dynamic_weights(previous: Tensor, before: Tensor, temperature: float = 2.0) -> Tensor:
    """λ_k = K·exp(w_k/T) / Σ_i exp(w_i/T), w_k = L_k(t−1) / L_k(t−2) (Liu et al. 2019, eq. 7).

    Args:
        previous: L(t−1), the mean training losses of the last epoch, K.
        before: L(t−2), of the epoch before it, K.
        temperature: T; large makes the weights even.

    Returns:
        K weights that sum to K.
    """
    ratios = previous / before.clamp_min(torch.finfo(before.dtype).tiny)
    # A loss that was 0 gives a ratio without bound; the cap keeps the softmax finite.
    return len(ratios) * torch.softmax(ratios.clamp_max(1e6) / temperature, dim=0)


class Weighting(nn.Module):
    """How the losses of several tasks become one.

    A module, so that learned weights join the optimiser by `parameters()` and everything survives
    a restart by `state_dict()`.

    Args:
        tasks: names of the losses.

    Attributes:
        values: λ in the order of the tasks, K.
    """

    values: Tensor

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Losses by name to their weighted sum, Σ λ_k·L_k."""
        return (self.values * stacked(self.tasks, losses)).sum()

    def backward(self, losses: Mapping[str, Tensor], parameters: Sequence[nn.Parameter]) -> None:
        """Add the gradients of the sum to those of the parameters, which are all that learn."""
        self(losses).backward()
        own = {id(one) for one in self.parameters()}  # learn from losses, which all processes have
        sum_all(one.grad for one in parameters if id(one) not in own)

    def current(self) -> dict[str, float]:
        """The weights by name."""
        return dict(zip(self.tasks, self.values.tolist(), strict=True))

    def end_epoch(self, means: Mapping[str, float]) -> None:
        """Take the mean unweighted training losses of the epoch that ended."""


class FixedWeights(Weighting):
    """Σ λ_k·L_k with given weights.

    Args:
        tasks: names of the losses.
        weights: λ by name; 1 for a name that is left out.
    """

    def __init__(self, tasks: Sequence[str], weights: Mapping[str, float] | None = None) -> None:
        super().__init__(tasks)
        given = dict(weights or {})
        for name in given:
            choose("task with a weight", name, self.tasks)
        values = torch.tensor([float(given.get(name, 1.0)) for name in self.tasks])
        self.register_buffer("values", values)


class DynamicWeightAverage(Weighting):
    """DWA: a task whose loss falls more slowly than the others' gets more weight.

    The weights are 1 in the first two epochs, then `dynamic_weights` of the two epochs before.

    Args:
        tasks: names of the losses.
        temperature: T; 2 in MTAN's code, not stated by CTAN.
    """

    def __init__(self, tasks: Sequence[str], temperature: float = 2.0) -> None:
        super().__init__(tasks)
        if not temperature > 0:
            raise InputError(f"The temperature of DWA is {temperature}; it must be above 0.")
        self.temperature = temperature
        # L(t−1) and L(t−2); float64, because a weight must not depend on a restart.
        empty = torch.full((2, len(self.tasks)), torch.nan, dtype=torch.float64)
        self.register_buffer("history", empty)

    @property
    def values(self) -> Tensor:
        """λ of the running epoch, K, float32."""
        previous, before = self.history
        if bool(torch.isnan(before).any()):
            return torch.ones(len(self.tasks), device=self.history.device)
        return dynamic_weights(previous, before, self.temperature).float()

    def end_epoch(self, means: Mapping[str, float]) -> None:
        """Take the mean unweighted training losses of the epoch that ended."""
        latest = torch.tensor([float(means[name]) for name in self.tasks], dtype=torch.float64)
        self.history = torch.stack([latest.to(self.history.device), self.history[0]])


class LearnedWeights(Weighting):
    """Σ 0.5/p_k²·L_k + log(1 + p_k²), p learned from 1 (ACSNet's code)."""

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(tasks)
        self.p = nn.Parameter(torch.ones(len(self.tasks)))

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Losses by name to their weighted sum with the penalty on small weights."""
        squares = self.p.square()
        return (0.5 / squares * stacked(self.tasks, losses) + torch.log1p(squares)).sum()

    def current(self) -> dict[str, float]:
        """The factors 0.5/p² by name."""
        return dict(zip(self.tasks, (0.5 / self.p.detach().square()).tolist(), strict=True))


def stacked(tasks: Sequence[str], losses: Mapping[str, Tensor]) -> Tensor:
    """The losses in the order of the tasks, K; every task must be there and no other."""
    if set(losses) != set(tasks):
        raise InputError(
            f"Losses of {', '.join(losses)} do not fit a weighting of {', '.join(tasks)}."
        )
    return torch.stack([losses[name] for name in tasks])
