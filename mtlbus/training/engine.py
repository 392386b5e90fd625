"""The training loop: one recipe, one seed, one validation part that chooses the epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..core import processes
from ..core.errors import DataError, InputError
from ..core.files import require_room
from ..core.machine import Machine
from ..core.tasks import Task
from ..data.dataset import Sample
from ..methods import get_spec
from .batches import Images
from .epoch import train_epoch
from .forecast import Forecast
from .parts import learned_from, require_known, told
from .plan import Plan, Trained
from .run import STATE, Run
from .validation import validate

SAVE_EVERY = 600.0  # seconds of an epoch after which its state is written
ASK_EVERY = 32  # steps after which several processes ask each other whether it is time

Report = Callable[[str], None]


def train(
    plan: Plan,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    out: Path,
    resume: bool = False,
    report: Report = lambda line: None,
    start: nn.Module | None = None,
    machine: Machine | None = None,
) -> Trained:
    """Train a network and return it with the weights of the chosen epoch.

    A batch for which the memory of a GPU is too small is halved before the first epoch has ended,
    and said; the card then has the recipe that was trained.

    Args:
        plan: what to train.
        training, validation: samples with a class, a mask or both; no group may be in both.
        out: folder for the state of the run, and for images that do not fit into memory.
        resume: continue from the state in `out` if there is one.
        report: receives a line of progress.
        start: the same network or a part of it, trained before on the same parts; None for
            the weights of the plan.
        machine: what it is trained with; None for the best there is.

    Raises:
        DataError: a part is empty, lacks a class or all truth of a task, or the parts share a
            group.
        InputError: `out` holds another run, or holds one and `resume` is not asked for; the batch
            cannot be shared out among the processes, or does not fit at all.
        OutputError: there is no room for the state of the run.
    """
    machine = machine or Machine.of(training=True)
    while True:
        try:
            return _train(plan, training, validation, Path(out), resume, report, start, machine)
        except torch.OutOfMemoryError:
            plan = _halved(plan, Path(out), report)
            torch.cuda.empty_cache()


def _halved(plan: Plan, out: Path, report: Report) -> Plan:
    """The plan with half the batch.

    Raises:
        InputError: it cannot be halved any more, or the run has begun.
    """
    size = plan.recipe.batch_size
    half = size // 2
    said = f"the GPU has too little memory for batches of {size} images"
    if half < 2 or processes.count() > 1 or (out / STATE).exists():
        raise InputError(
            f"At {plan.recipe.stages[-1][1]} px {said}. Give a smaller --batch-size or --size in a "
            "new --out, or --device cpu, where a step takes far longer."
        )
    report(f"{said}: begun again with {half}. To resume it, give --batch-size {half}")
    return replace(plan, recipe=replace(plan.recipe, batch_size=half))


def require_parts(
    tasks: Sequence[Task], training: Sequence[Sample], validation: Sequence[Sample]
) -> None:
    """Refuse parts that cannot teach these tasks or choose, before anything is read.

    Raises:
        DataError: a part is empty, lacks a class or all truth of a task, or the parts share a
            group.
    """
    shared = {sample.group for sample in training} & {sample.group for sample in validation}
    if shared:
        raise DataError(f"{len(shared)} groups are in training and validation, e.g. {min(shared)}.")
    for name, part in (("training", training), ("validation", validation)):
        for task in tasks:
            require_known(task, part, name)


def _train(
    plan: Plan,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    out: Path,
    resume: bool,
    report: Report,
    start: nn.Module | None,
    machine: Machine,
) -> Trained:
    recipe, tasks, state = plan.recipe, plan.tasks or get_spec(plan.method).tasks, out / STATE
    require_parts(tasks, training, validation)
    if min(recipe.batch_size, len(training)) % processes.count():
        raise InputError(
            f"A batch of {min(recipe.batch_size, len(training))} images cannot be shared out among "
            f"{processes.count()} processes. Give a --batch-size that is a multiple of it."
        )
    if processes.by_first(state.exists) and not resume:
        raise InputError(f"{str(out)!r} holds a run already. Add --resume, or choose another.")
    per_epoch = max(len(training) // recipe.batch_size, 1)
    run = Run(plan, per_epoch * recipe.epochs, machine, start)
    if state.exists():
        run.restore(state)
        steps = f" and {run.within.step} steps" if run.within else ""
        report(f"resumed after epoch {len(run.history)} of {recipe.epochs}{steps}")
    # The old state lies beside the new one until that is whole.
    require_room(out, 2 * run.bytes_of_state, "two states of the run")
    for name, part in (("training", training), ("validation", validation)):
        report(f"{name}: {told(part, tasks)}")
    forecast = Forecast(recipe, len(training), len(validation), machine.device)
    loaded_size = None
    for epoch in range(len(run.history), recipe.epochs):
        size = recipe.size_at(epoch)
        if size != loaded_size:
            report(f"reading {len(training) + len(validation)} images at {size} px")
            learned = learned_from(tasks, recipe)
            train_images = Images(training, size, learned, recipe.fit, machine.workers, out)
            validation_images = Images(validation, size, tasks, recipe.fit, machine.workers, out)
            if loaded_size is None:
                for line in (*train_images.problems, *validation_images.problems):
                    report(line)
            loaded_size = size
        clock = _Clock(run, state)

        def after_step(epoch: int = epoch, clock: _Clock = clock) -> None:
            clock.after_step()
            if line := forecast.after_step(epoch, run.within.step):
                report(line)

        entry: dict[str, Any] = {"epoch": epoch + 1, "size": size}
        entry |= train_epoch(run, train_images, epoch, after_step)
        first = run.history[0] if run.history else None
        entry |= validate(run.judged, validation_images, recipe.batch_size, machine, first)
        clock.stop()
        run.finish_epoch(entry)
        run.save(state)
        figures = "  ".join(
            f"{name} {value:.4f}" for name, value in entry.items() if isinstance(value, float)
        )
        report(f"epoch {epoch + 1}/{recipe.epochs}  {size} px  {figures}")
    run.stop()
    model = run.model
    model.load_state_dict(run.best_state)
    return Trained(model.eval(), run.history, run.best_epoch, run.seconds, recipe, machine)


class _Clock:
    """Counts the time of an epoch, and saves its state within it when it is long."""

    def __init__(self, run: Run, state: Path) -> None:
        self.run, self.state = run, state
        self._counted = self._saved = time.monotonic()

    def stop(self) -> None:
        """Add the time since the last time to that of the run."""
        now = time.monotonic()
        self.run.seconds += now - self._counted
        self._counted = now

    def after_step(self) -> None:
        """Save if it is time; all processes do, or none."""
        within = self.run.within
        several = processes.count() > 1
        if within is None or (several and within.step % ASK_EVERY):
            return
        if processes.by_first(lambda: time.monotonic() - self._saved >= SAVE_EVERY):
            within.chance = processes.gathered(lambda: within.chance[-1])
            self.stop()
            self.run.save(self.state)
            self._saved = time.monotonic()
