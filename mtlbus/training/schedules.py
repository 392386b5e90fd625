"""How the learning rate moves over a run, and how far back the average of the weights looks."""

from __future__ import annotations

import torch

from .recipes import Recipe

STEPWISE = ("one_cycle", "cosine", "steps")  # schedules that move with every step


def make_schedule(recipe: Recipe, optimizer: torch.optim.Optimizer, steps: int):
    """The schedule of a recipe over so many steps; None for a constant rate."""
    schedulers = torch.optim.lr_scheduler
    if recipe.schedule == "one_cycle":
        return schedulers.OneCycleLR(
            optimizer,
            [group["lr"] for group in optimizer.param_groups],
            total_steps=steps,
            cycle_momentum=False,
        )
    if recipe.schedule == "cosine":
        return schedulers.CosineAnnealingLR(optimizer, steps, 0.1 * recipe.learning_rate)
    if recipe.schedule == "steps":
        falls = [round(share * steps) for share in (0.25, 0.5, 0.75, 0.9)]
        return schedulers.MultiStepLR(optimizer, falls, gamma=0.1)
    if recipe.schedule == "plateau":
        return schedulers.ReduceLROnPlateau(
            optimizer, mode="max", factor=0.1, patience=15, min_lr=1e-6
        )
    return None


def decay_for(decay: float, steps: int) -> float:
    """The decay of a moving average that looks back on no more than a tenth of a run.

    Over 840 steps an average with 0.998, which looks back on 500, still holds the beginning.

    Args:
        decay: of the recipe.
        steps: of the whole run.
    """
    return min(decay, 1 - 10 / max(steps, 20))
