"""How long a run will take, once it has taken some steps."""

from __future__ import annotations

import time

import torch

from .recipes import Recipe

WARM_UP, MEASURED = 2, 6  # steps: of an epoch that are slower than the rest, and that are timed
JUDGED = 1 / 3  # of the time of a step, for as many images: a forward instead of three


class Forecast:
    """Times the first steps at an input size.

    Args:
        recipe: of the run.
        training, validation: images of each part.
        device: that is waited for.
    """

    def __init__(
        self, recipe: Recipe, training: int, validation: int, device: torch.device
    ) -> None:
        self.recipe, self.device = recipe, device
        self.steps = max(training // recipe.batch_size, 1)
        self.judged = validation / recipe.batch_size
        self._since: float | None = None
        self._told: set[int] = set()
        self._begun = -1

    def after_step(self, epoch: int, step: int) -> str:
        """What is left, in words, once at each size and long enough after a start; else "".

        Args:
            epoch: counted from 0.
            step: that has just been taken, counted from 1; an epoch that goes on begins later.
        """
        size = self.recipe.size_at(epoch)
        if size in self._told:
            return ""
        if self._begun < 0:
            self._begun = step
        if step == self._begun + WARM_UP - 1:
            self._since = self._now()
        if step != self._begun + WARM_UP + MEASURED - 1 or self._since is None:
            return ""
        self._told.add(size)
        self._begun = -1
        each = (self._now() - self._since) / MEASURED
        return f"about {in_words(self.left(each, epoch, step))} to go"

    def left(self, each: float, epoch: int, step: int) -> float:
        """Seconds from now to the end of the last epoch.

        Args:
            each: seconds a step at the size of this epoch; they grow with the number of pixels.
            epoch: that runs, counted from 0.
            step: steps of it that are done.
        """
        size = self.recipe.size_at(epoch)
        total = (max(self.steps - step, 0) + JUDGED * self.judged) * each
        for later in range(epoch + 1, self.recipe.epochs):
            share = (self.recipe.size_at(later) / size) ** 2
            total += share * (self.steps + JUDGED * self.judged) * each
        return total

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()


def in_words(seconds: float) -> str:
    """ "40 seconds", "12 minutes", "3.5 hours"."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
