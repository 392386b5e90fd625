"""The training loop: one recipe, one seed, one validation part that chooses the epoch.

Chance in epoch e depends only on (seed, e), and the state is written atomically after every
epoch, so a killed run that is resumed gives the same losses as one that was never interrupted.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..core.errors import DataError, InputError, MtlbusError
from ..core.files import write_atomically
from ..core.tasks import SEGMENTATION, Task
from ..data.dataset import Sample
from ..data.transforms import normalise
from ..methods import create_model, get_spec
from ..nn.swin import transformer_parameters
from .batches import Images
from .branch_dropout import BranchDropout
from .conflict import BATCHES as CONFLICT_BATCHES
from .conflict import gradient_cosine
from .groups import parameter_groups
from .losses import loss_weight, task_losses
from .parts import learned_from, require_known, told
from .plan import Plan, Trained, stated
from .precision import autocast, best_device, quicken_depthwise
from .schedules import STEPWISE, decay_for, make_schedule
from .side_class import SideClass
from .side_masks import SideMasks
from .validation import validate
from .weighting import make_weighting

STATE = "training.pt"


class Run:
    """One training run: network, average, optimiser, schedule, history."""

    def __init__(
        self, plan: Plan, steps: int, device: torch.device, start: nn.Module | None = None
    ) -> None:
        self.plan, self.device = plan, device
        recipe = plan.recipe
        with torch.random.fork_rng():
            torch.manual_seed(plan.seed)
            model = create_model(
                plan.method, plan.variant, pretrained=plan.pretrained, tasks=plan.tasks or None,
                **plan.options,
            )  # fmt: skip
        if start is not None:
            model.load_state_dict(model.state_dict() | start.state_dict())
        self.model = model.to(device, memory_format=torch.channels_last)
        if device.type == "cpu":
            quicken_depthwise(self.model)
        self.average = None
        if recipe.average_decay > 0:
            self.average = AveragedModel(
                self.model,
                multi_avg_fn=get_ema_multi_avg_fn(decay_for(recipe.average_decay, steps)),
                use_buffers=True,
            )
        self.transformer = transformer_parameters(self.model)
        self.branches = None
        if recipe.branch_dropout > 0:
            self.branches = BranchDropout(self.model, recipe.branch_dropout)
        self.sides = self.side_class = None
        if recipe.side_weight > 0:
            with torch.random.fork_rng():
                torch.manual_seed(plan.seed)
                self.sides = SideMasks(self.model).to(device)
                if self.model.spec.side_class:
                    self.side_class = SideClass(self.model).to(device)
        weights = {task.name: loss_weight(task, recipe) for task in self.tasks}
        fixed = {"weights": weights} if recipe.weighting == "fixed" else {}
        self.weighting = make_weighting(recipe.weighting, [*weights], **fixed).to(device)
        kinds = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}
        self.optimizer = kinds[recipe.optimizer](
            parameter_groups(self._trained(), recipe),
            lr=recipe.learning_rate,
            betas=recipe.betas,
            weight_decay=recipe.weight_decay,
        )
        self.schedule = make_schedule(recipe, self.optimizer, steps)
        self.history: list[dict[str, Any]] = []
        self.best_score, self.best_epoch = float("-inf"), 0
        self.best_state: dict[str, Tensor] = {}
        self.seconds = 0.0

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the network answers."""
        return self.model.spec.tasks

    def _trained(self) -> list[nn.Module]:
        """Everything that learns; side masks are not kept."""
        parts = [self.model, self.weighting, self.sides, self.side_class]
        return [part for part in parts if part is not None]

    @property
    def judged(self) -> nn.Module:
        """The network that is validated and kept: the average where there is one."""
        return self.average.module if self.average is not None else self.model

    def train_epoch(self, images: Images, epoch: int) -> dict[str, float]:
        """One pass over the training part.

        Returns:
            The mean losses, the weights that are not fixed, and with two tasks the mean cosine
            between their gradients on what they share, over the first batches.
        """
        recipe, spec = self.plan.recipe, self.model.spec
        self.model.train()
        generator = torch.Generator().manual_seed(self.plan.seed * 100_003 + epoch)
        sums: dict[str, float] = {}
        counts: dict[str, int] = {}
        cosines: list[float] = []
        parameters = list(self.model.parameters())
        everything = [one for part in self._trained() for one in part.parameters()]
        teach = epoch < getattr(self.model, "truth_epochs", 0)
        with torch.random.fork_rng():
            torch.manual_seed(self.plan.seed * 100_003 + epoch)  # dropout
            drawn = images.batches(
                recipe.batch_size, recipe.augmentation, generator, recipe.windows
            )
            for step, batch in enumerate(drawn):
                known = {name: int(told.sum()) for name, told in batch.known.items()}
                batch = batch.to(self.device)
                inputs = normalise(batch.images, spec.mean, spec.std)
                inputs = inputs.contiguous(memory_format=torch.channels_last)
                extra = {"given_mask": batch.truth[SEGMENTATION.name]} if teach else {}
                with autocast(self.device):
                    output = self.model(inputs, **extra)
                    sides = self.sides(inputs.shape[-2:]) if self.sides is not None else ()
                    named = self.side_class() if self.side_class is not None else None
                terms = task_losses(
                    self.tasks, output, batch.truth, batch.known, recipe, sides, named
                )
                total = self.weighting(terms)
                if not torch.isfinite(total):
                    raise InputError(
                        f"The loss of epoch {epoch + 1} is {float(total)}. "
                        "Lower the learning rate of the recipe."
                    )
                if step < CONFLICT_BATCHES:
                    cosine = gradient_cosine(terms, parameters)
                    cosines += [] if cosine is None else [cosine]
                self.optimizer.zero_grad(set_to_none=True)
                self.weighting.backward(terms, everything)
                if recipe.transformer_limit > 0 and self.transformer:
                    nn.utils.clip_grad_norm_(self.transformer, recipe.transformer_limit)
                if recipe.gradient_limit > 0:
                    nn.utils.clip_grad_norm_(self.model.parameters(), recipe.gradient_limit)
                self.optimizer.step()
                if recipe.schedule in STEPWISE:
                    self.schedule.step()
                if self.average is not None:
                    self.average.update_parameters(self.model)
                for name, term in terms.items():
                    sums[name] = sums.get(name, 0.0) + float(term.detach()) * known[name]
                    counts[name] = counts.get(name, 0) + known[name]
        means = {name: total / max(counts[name], 1) for name, total in sums.items()}
        weights = self.weighting.current()
        self.weighting.end_epoch(means)
        found = {f"{name}_loss": mean for name, mean in means.items()}
        if recipe.weighting != "fixed":
            found |= {f"{name}_weight": weight for name, weight in weights.items()}
        if cosines:
            found["gradient_cosine"] = sum(cosines) / len(cosines)
        return found

    def finish_epoch(self, entry: dict[str, Any]) -> None:
        """Record an epoch and keep its weights if it is the choice so far.

        Scores of different input sizes cannot be compared, so the choice starts anew whenever
        the size changes; the kept epoch is one of the last stage.
        """
        if self.plan.recipe.schedule == "plateau":
            self.schedule.step(entry["score"])
        new_size = not self.history or self.history[-1]["size"] != entry["size"]
        self.history.append(entry)
        better = entry["score"] > self.best_score or self.plan.recipe.select == "last"
        if new_size or better:
            self.best_score, self.best_epoch = entry["score"], entry["epoch"]
            self.best_state = {
                name: tensor.detach().cpu().clone()
                for name, tensor in self.judged.state_dict().items()
            }

    def save(self, path: Path) -> None:
        """Write the whole state atomically."""
        buffer = io.BytesIO()
        torch.save(
            {
                "plan": self.plan.as_json(),
                "model": self.model.state_dict(),
                "average": self.average.state_dict() if self.average is not None else None,
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict() if self.schedule is not None else None,
                "weighting": self.weighting.state_dict(),
                "sides": self.sides.state_dict() if self.sides is not None else None,
                "side_class": self.side_class.state_dict() if self.side_class is not None else None,
                "history": json.dumps(self.history),
                "best": (self.best_score, self.best_epoch, self.best_state),
                "seconds": self.seconds,
            },
            buffer,
        )
        write_atomically(path, buffer.getvalue())

    def restore(self, path: Path) -> None:
        """Read the state back.

        Raises:
            InputError: the state belongs to another plan, or to other images.
        """
        state = torch.load(path, map_location=self.device, weights_only=True)
        before, wanted = stated(state["plan"]), json.loads(self.plan.as_json())
        if not before["images"]:  # written before the images were noted
            before["images"] = wanted["images"]
        other = [name for name, value in wanted.items() if before[name] != value]
        if other == ["images"]:
            raise InputError(
                f"{path} was written on other images, masks, classes or groups than were given "
                "now. Resume with the same data, or choose another --out."
            )
        if other:
            raise InputError(
                f"{path} was written with other settings ({', '.join(other)}). "
                "Resume with the same command, or choose another --out."
            )
        self.model.load_state_dict(state["model"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        self.weighting.load_state_dict(state["weighting"])
        if self.sides is not None:
            self.sides.load_state_dict(state["sides"])
        if self.side_class is not None:
            self.side_class.load_state_dict(state["side_class"])
        self.history = json.loads(state["history"])
        self.best_score, self.best_epoch, self.best_state = state["best"]
        self.seconds = state["seconds"]


def train(
    plan: Plan,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    out: Path,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
    start: nn.Module | None = None,
) -> Trained:
    """Train a network and return it with the weights of the chosen epoch.

    Args:
        plan: what to train.
        training, validation: samples with a class, a mask or both; no group may be in both.
        out: folder for the state of the run.
        resume: continue from the state in `out` if there is one.
        report: receives a line of progress.
        start: the same network or a part of it, trained before on the same parts; None for
            the weights of the plan.

    Raises:
        DataError: a part is empty, lacks a class or all truth of a task, or the parts share a
            group.
        InputError: `out` holds another run, or holds one and `resume` is not asked for.
    """
    shared = {sample.group for sample in training} & {sample.group for sample in validation}
    if shared:
        raise DataError(f"{len(shared)} groups are in training and validation, e.g. {min(shared)}.")
    tasks = plan.tasks or get_spec(plan.method).tasks
    for name, part in (("training", training), ("validation", validation)):
        for task in tasks:
            require_known(task, part, name)
    state = Path(out) / STATE
    if state.exists() and not resume:
        raise InputError(f"{str(out)!r} holds a run already. Add --resume, or choose another.")
    recipe = plan.recipe
    per_epoch = max(len(training) // recipe.batch_size, 1)
    run = Run(plan, per_epoch * recipe.epochs, best_device(), start)
    if state.exists():
        _restore(run, state)
        report(f"resumed after epoch {len(run.history)} of {recipe.epochs}")
    for name, part in (("training", training), ("validation", validation)):
        report(f"{name}: {told(part, tasks)}")
    loaded_size = None
    for epoch in range(len(run.history), recipe.epochs):
        started = time.perf_counter()
        size = recipe.size_at(epoch)
        if size != loaded_size:
            report(f"reading {len(training) + len(validation)} images at {size} px")
            train_images = Images(training, size, learned_from(tasks, recipe), recipe.fit)
            validation_images = Images(validation, size, tasks, recipe.fit)
            if loaded_size is None:
                for line in (*train_images.problems, *validation_images.problems):
                    report(line)
            loaded_size = size
        entry: dict[str, Any] = {"epoch": epoch + 1, "size": size}
        entry |= run.train_epoch(train_images, epoch)
        first = run.history[0] if run.history else None
        entry |= validate(run.judged, validation_images, recipe.batch_size, run.device, first)
        run.seconds += time.perf_counter() - started
        run.finish_epoch(entry)
        run.save(state)
        figures = "  ".join(
            f"{name} {value:.4f}" for name, value in entry.items() if isinstance(value, float)
        )
        report(f"epoch {epoch + 1}/{recipe.epochs}  {size} px  {figures}")
    for side in (run.sides, run.side_class, run.branches):
        if side is not None:
            side.stop()
    model = run.model
    model.load_state_dict(run.best_state)
    return Trained(model.eval(), run.history, run.best_epoch, run.seconds)


def _restore(run: Run, path: Path) -> None:
    """Read the state of a run back.

    Raises:
        InputError: it belongs to another run, or is damaged.
    """
    try:
        run.restore(path)
        if not all({"epoch", "size", "score"} <= entry.keys() for entry in run.history):
            raise KeyError("history")
    except MtlbusError:
        raise
    except Exception as error:
        # What is damaged fails in any of the ways of zip files, pickles, torch and JSON.
        raise InputError(
            f"{str(path)!r} is damaged ({type(error).__name__}) and cannot be resumed. Restore "
            "it, or delete it to train from the beginning."
        ) from error
