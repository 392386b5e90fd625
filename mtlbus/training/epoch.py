"""One pass over the training part, a step at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from ..core import processes
from ..core.errors import InputError
from ..core.tasks import SEGMENTATION
from ..data.transforms import normalise
from .batches import Batch, Images
from .conflict import BATCHES as CONFLICT_BATCHES
from .conflict import gradient_cosine
from .joined import joined_statistics, together, together_known, together_named, together_output
from .losses import task_losses
from .run import Run, Within
from .schedules import STEPWISE

CHECKED = 20  # steps on a GPU between two looks at the loss, each of which waits for the device


def train_epoch(
    run: Run, images: Images, epoch: int, after_step: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """One pass over the training part; one that was interrupted goes on with `run.within`.

    Args:
        run: what learns.
        images: the training part, at one size.
        epoch: counted from 0.
        after_step: is called after each step; `run` can be saved then.

    Returns:
        The mean losses, the weights that are not fixed, and with two tasks the mean cosine
        between their gradients on what they share, over the first batches.

    Raises:
        InputError: a loss is no number any more.
    """
    recipe = run.plan.recipe
    run.model.train()
    seed = run.plan.seed * 100_003 + epoch
    generator = torch.Generator().manual_seed(seed)
    run.within = within = run.within or Within()
    with torch.random.fork_rng():
        torch.manual_seed(seed + 7_919 * processes.rank())  # dropout
        before = within.chance[processes.rank()] if within.chance else {}
        _go_on_with(before, run.machine.device)
        drawn = images.batches(
            recipe.batch_size, recipe.augmentation, generator, recipe.windows,
            run.machine.device, within.step, before.get("order"),
        )  # fmt: skip
        for batch in drawn:
            _step(run, batch, epoch, within)
            within.step += 1
            within.chance = [_chance(batch, run.machine.device)]
            after_step()
    counts = within.counts
    means = {name: float(total) / max(counts[name], 1) for name, total in within.sums.items()}
    if not all(math.isfinite(mean) for mean in means.values()):
        raise _no_number(epoch, sum(means.values()))
    weights = run.weighting.current()
    run.weighting.end_epoch(means)
    found = {f"{name}_loss": mean for name, mean in means.items()}
    if recipe.weighting != "fixed":
        found |= {f"{name}_weight": weight for name, weight in weights.items()}
    if within.cosines:
        found["gradient_cosine"] = sum(within.cosines) / len(within.cosines)
    return found


def _step(run: Run, batch: Batch, epoch: int, within: Within) -> None:
    """Forward, losses, backward, and what moves with every step."""
    recipe, spec, device = run.plan.recipe, run.model.spec, run.machine.device
    inputs = normalise(batch.images, spec.mean, spec.std)
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    teach = epoch < getattr(run.model, "truth_epochs", 0)
    extra = {"given_mask": batch.truth[SEGMENTATION.name]} if teach else {}
    with run.machine.autocast(), joined_statistics():
        output = run.model(inputs, **extra)
        sides = run.sides(inputs.shape[-2:]) if run.sides is not None else ()
        named = run.side_class() if run.side_class is not None else None
    truth, known = together_named(batch.truth), together_known(batch.known, device)
    terms = task_losses(
        run.tasks, together_output(output), truth, known, recipe,
        [together(side) for side in sides], None if named is None else together(named),
    )  # fmt: skip
    total = run.weighting(terms)
    looks = device.type == "cpu" or within.step % CHECKED == 0
    if looks and not torch.isfinite(total):
        raise _no_number(epoch, float(total))
    if within.step < CONFLICT_BATCHES:
        cosine = gradient_cosine(terms, list(run.model.parameters()))
        within.cosines += [] if cosine is None else [cosine]
    run.optimizer.zero_grad(set_to_none=True)
    run.weighting.backward(terms, [one for part in run.learning for one in part.parameters()])
    if recipe.transformer_limit > 0 and run.transformer:
        nn.utils.clip_grad_norm_(run.transformer, recipe.transformer_limit)
    if recipe.gradient_limit > 0:
        nn.utils.clip_grad_norm_(run.model.parameters(), recipe.gradient_limit)
    run.optimizer.step()
    if recipe.schedule in STEPWISE:
        run.schedule.step()
    if run.average is not None:
        run.average.update_parameters(run.model)
    for name, term in terms.items():
        number = int(known[name].sum())
        whole = term.detach().double() * number
        within.sums[name] = within.sums[name] + whole if name in within.sums else whole
        within.counts[name] = within.counts.get(name, 0) + number


def _no_number(epoch: int, loss: float) -> InputError:
    return InputError(
        f"The loss of epoch {epoch + 1} is {loss}. Lower the learning rate of the recipe."
    )


def _chance(batch: Batch, device: torch.device) -> dict[str, torch.Tensor]:
    """The states of all generators of this process after a step."""
    found = {"dropout": torch.get_rng_state()}
    if batch.chance is not None:
        found["order"] = batch.chance
    if device.type == "cuda":
        found["device"] = torch.cuda.get_rng_state(device)
    return found


def _go_on_with(chance: dict[str, torch.Tensor], device: torch.device) -> None:
    if "dropout" in chance:
        torch.set_rng_state(chance["dropout"])
    if "device" in chance:
        torch.cuda.set_rng_state(chance["device"], device)
