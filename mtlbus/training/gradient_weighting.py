"""Weights of the tasks from their own gradients, new at every step: PCGrad, CAGrad, GradNorm.

Each takes a pass backward a task. A weight holds on what the tasks share; what belongs to one task
learns from its own loss alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ..core.errors import InputError
from .joined import sum_all
from .loss_weighting import Weighting, stacked

Gradients = Sequence[tuple[Tensor | None, ...]]


class GradientWeights(Weighting, ABC):
    """λ from the Gramian of the tasks' gradients at this step; how, the classes below say.

    Args:
        tasks: names of the losses.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(tasks)
        if len(self.tasks) < 2:
            raise InputError("Weights from gradients need two tasks. Use --weighting fixed.")
        self.register_buffer("values", torch.ones(len(self.tasks)))

    def backward(self, losses: Mapping[str, Tensor], parameters: Sequence[nn.Parameter]) -> None:
        """Weigh the tasks anew and add their gradients to those of the parameters.

        Args:
            losses: by name.
            parameters: all that learns.
        """
        values = stacked(self.tasks, losses).detach()
        gradients = [
            torch.autograd.grad(losses[name], parameters, retain_graph=True, allow_unused=True)
            for name in self.tasks
        ]
        sum_all(gradient for found in gradients for gradient in found)
        self.values = self.weigh(gramian(gradients), values).to(self.values)
        for parameter, *found in zip(parameters, *gradients, strict=True):
            shared = all(gradient is not None for gradient in found)
            for weight, gradient in zip(self.values, found, strict=True):
                if gradient is not None:
                    added = weight * gradient if shared else gradient
                    parameter.grad = added if parameter.grad is None else parameter.grad + added

    @abstractmethod
    def weigh(self, products: Tensor, losses: Tensor) -> Tensor:
        """The weights, K, from the Gramian K×K and the losses K."""


class PCGrad(GradientWeights):
    """A task's gradient loses what points against the other's (Yu et al. 2020); by TorchJD."""

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(tasks)
        self._weigh = _of_torchjd("PCGradWeighting")

    def weigh(self, products: Tensor, losses: Tensor) -> Tensor:
        """λ_k ≥ 1; 1 where no two tasks point against each other."""
        return self._weigh(products)


class CAGrad(GradientWeights):
    """The step near the mean that helps the worst-off task most (Liu et al. 2021); by TorchJD.

    Args:
        tasks: names of the losses.
        radius: c, how far from the mean as a share of its length; 0.4 in the paper.
    """

    def __init__(self, tasks: Sequence[str], radius: float = 0.4) -> None:
        super().__init__(tasks)
        self._weigh = _of_torchjd("CAGradWeighting", c=radius)

    def weigh(self, products: Tensor, losses: Tensor) -> Tensor:
        """The weights of the mean, times K, so that they are 1 where the radius is 0."""
        return len(self.tasks) * self._weigh(products)


class GradNorm(GradientWeights):
    """Tasks that learn more slowly get longer gradients (Chen et al. 2018, eqs 1 and 2).

    Args:
        tasks: names of the losses.
        asymmetry: α; 1.5 in the paper's main comparison.
        rate: of the weights. A step is taken relative to the mean length of the gradients, which
            the paper leaves to Adam.
    """

    def __init__(self, tasks: Sequence[str], asymmetry: float = 1.5, rate: float = 0.025) -> None:
        super().__init__(tasks)
        self.asymmetry, self.rate = asymmetry, rate
        self.register_buffer("first", torch.full((len(self.tasks),), torch.nan))

    def weigh(self, products: Tensor, losses: Tensor) -> Tensor:
        """K weights that sum to K, each at least 0.01 before they are scaled to it."""
        if bool(self.first.isnan().any()):
            self.first = losses.to(self.first)
        lengths = products.diagonal().clamp_min(0).sqrt()
        ratios = losses / self.first.clamp_min(torch.finfo(losses.dtype).tiny)
        wanted = (self.values * lengths).mean() * (ratios / ratios.mean()) ** self.asymmetry
        slope = (self.values * lengths - wanted).sign() * lengths / lengths.mean().clamp_min(1e-12)
        weights = (self.values - self.rate * slope).clamp_min(0.01)
        return len(weights) * weights / weights.sum()


def gramian(gradients: Gradients) -> Tensor:
    """The inner products of the tasks' gradients over the parameters that all of them reach, K×K.

    Args:
        gradients: a task's, by parameter; None where its loss does not reach.
    """
    count = len(gradients)
    products = torch.zeros(count, count)
    for found in zip(*gradients, strict=True):
        if any(gradient is None for gradient in found):
            continue
        flat = torch.stack([gradient.float().flatten() for gradient in found])
        products += (flat @ flat.T).cpu()
    return products


def _of_torchjd(name: str, **options: float) -> nn.Module:
    """A weighting of TorchJD.

    Raises:
        InputError: the package, or one that it needs, is not installed.
    """
    try:
        from torchjd import aggregation

        return getattr(aggregation, name)(**options)
    except ImportError as error:
        raise InputError(
            f"This weighting needs the package torchjd ({str(error).splitlines()[0]}). Install it: "
            "pip install 'torchjd[cagrad]==0.18.0'"
        ) from error
