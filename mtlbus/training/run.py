"""A training run: what learns, how far it is, and the file that it goes on from.

Chance in epoch e depends only on (seed, e), and the state is written atomically after every epoch
and now and then within one, so a killed run that is resumed gives the same losses as one that was
never interrupted.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..core import processes
from ..core.errors import InputError, MtlbusError
from ..core.files import write_atomically
from ..core.machine import Machine
from ..core.tasks import Task
from ..methods import create_model
from ..nn.swin import transformer_parameters
from .branch_dropout import BranchDropout
from .groups import parameter_groups
from .losses import loss_weight
from .plan import Plan, stated
from .precision import quicken_depthwise
from .schedules import decay_for, make_schedule
from .side_class import SideClass
from .side_masks import SideMasks
from .weighting import make_weighting

STATE = "training.pt"


@dataclass
class Within:
    """How far an epoch is that has not ended.

    Attributes:
        step: of the epoch, that comes next.
        sums, counts: by task, of the losses of all images until then.
        cosines: see `conflict`.
        chance: of each process, the states of the generators by name; empty at the beginning.
    """

    step: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    cosines: list[float] = field(default_factory=list)
    chance: list[dict[str, Tensor]] = field(default_factory=list)


class Run:
    """One training run: network, average, optimiser, schedule, history.

    Args:
        plan: what is trained.
        steps: of the whole run.
        machine: what it is trained with.
        start: a network whose weights it begins with; None for those of the plan.
    """

    def __init__(
        self, plan: Plan, steps: int, machine: Machine, start: nn.Module | None = None
    ) -> None:
        self.plan, self.machine, device = plan, machine, machine.device
        recipe = plan.recipe
        with torch.random.fork_rng():
            torch.manual_seed(plan.seed)
            told = {"pretrained": plan.pretrained, "tasks": plan.tasks or None}
            model = create_model(plan.method, plan.variant, **told, **plan.options)
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
            parameter_groups(self.learning, recipe),
            lr=recipe.learning_rate,
            betas=recipe.betas,
            weight_decay=recipe.weight_decay,
        )
        self.schedule = make_schedule(recipe, self.optimizer, steps)
        self.history: list[dict[str, Any]] = []
        self.best_score, self.best_epoch = float("-inf"), 0
        self.best_state: dict[str, Tensor] = {}
        self.seconds = 0.0
        self.within: Within | None = None  # the epoch that runs; None between two

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the network answers."""
        return self.model.spec.tasks

    @property
    def learning(self) -> list[nn.Module]:
        """Everything that learns; side masks are not kept."""
        parts = [self.model, self.weighting, self.sides, self.side_class]
        return [part for part in parts if part is not None]

    @property
    def judged(self) -> nn.Module:
        """The network that is validated and kept: the average where there is one."""
        return self.average.module if self.average is not None else self.model

    def finish_epoch(self, entry: dict[str, Any]) -> None:
        """Record an epoch and keep its weights if it is the choice so far.

        Scores of different input sizes cannot be compared, so the choice starts anew whenever
        the size changes; the kept epoch is one of the last stage.
        """
        if self.plan.recipe.schedule == "plateau":
            self.schedule.step(entry["score"])
        new_size = not self.history or self.history[-1]["size"] != entry["size"]
        self.history.append(entry)
        self.within = None
        better = entry["score"] > self.best_score or self.plan.recipe.select == "last"
        if new_size or better:
            self.best_score, self.best_epoch = entry["score"], entry["epoch"]
            self.best_state = {
                name: tensor.detach().cpu().clone()
                for name, tensor in self.judged.state_dict().items()
            }

    def save(self, path: Path) -> None:
        """Write the whole state atomically; of several processes the first does."""
        if not processes.is_first():
            return
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
                "within": vars(self.within) if self.within is not None else None,
                "processes": processes.count(),
            },
            buffer,
        )
        write_atomically(path, buffer.getvalue())

    def restore(self, path: Path) -> None:
        """Read the state back.

        Raises:
            InputError: it belongs to another plan, to other images, or is damaged.
        """
        try:
            self._restore(path)
            if not all({"epoch", "size", "score"} <= entry.keys() for entry in self.history):
                raise KeyError("history")
        except MtlbusError:
            raise
        except Exception as error:
            # What is damaged fails in any of the ways of zip files, pickles, torch and JSON.
            raise InputError(
                f"{str(path)!r} is damaged ({type(error).__name__}) and cannot be resumed. Restore "
                "it, or delete it to train from the beginning."
            ) from error

    def _restore(self, path: Path) -> None:
        # Chance is kept on the CPU; what is on the device is copied there by what holds it.
        state = torch.load(path, map_location="cpu", weights_only=True)
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
        within = state.get("within")  # not written by runs of before
        self.within = None if within is None else Within(**within)
        if self.within is not None and state["processes"] != processes.count():
            raise InputError(
                f"{path} was written within an epoch by {state['processes']} processes, these are "
                f"{processes.count()}. Resume with as many."
            )

    @property
    def bytes_of_state(self) -> int:
        """About what `save` writes: weights, average, two moments, and those of the choice."""
        parameters = sum(one.numel() for part in self.learning for one in part.parameters())
        return 5 * 4 * parameters

    def stop(self) -> None:
        """Let go of what exists in training alone."""
        for side in (self.sides, self.side_class, self.branches):
            if side is not None:
                side.stop()
