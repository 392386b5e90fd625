"""What `test_processes` asks of one process, and of two that `torchrun` starts with this file.

torchrun --standalone --nproc-per-node 2 -m tests.training.in_processes FOLDER
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mtlbus import batch
from mtlbus.cli import main
from mtlbus.core import processes
from mtlbus.core.declaration import BREAST
from mtlbus.core.errors import InputError
from mtlbus.core.machine import Machine
from mtlbus.data.transforms import NO_AUGMENTATION
from mtlbus.inference.predictor import Predictor
from mtlbus.protocol import judge_samples
from mtlbus.training import batches
from mtlbus.training.batches import Images
from mtlbus.training.engine import train
from mtlbus.training.epoch import train_epoch
from mtlbus.training.plan import Plan
from mtlbus.training.recipes import Recipe
from mtlbus.training.run import Run
from tests.made import make_manifest, narrow, untrained_checkpoint
from tests.training.test_engine import SPLIT, made

MACHINE = Machine(torch.device("cpu"))
PLAIN = Recipe(
    stages=((1, 64),), batch_size=8, average_decay=0.0, augmentation=NO_AUGMENTATION,
    weight_decay=0.0, side_weight=0.5,
)  # fmt: skip
MIXED = [
    *(made(f"{i}", i % 2) for i in range(4)),
    made("n", None, normal=True),
    made("u", 1, masked=False),
    made("o", None),
    made("p", None),
]
STEPS = {
    "learned": {"dice_over": "batch", "weighting": "learned"},
    "gradnorm": {"weighting": "gradnorm", "class_loss": "focal"},
}


def _plan(**changes: Any) -> Plan:
    return Plan("mtl", "compact", narrow("mtl"), replace(PLAIN, **changes), 1, 0, {"made": 8})


def step(changes: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Gradients, running statistics and losses of the first step on all eight images."""
    run = Run(_plan(**changes), 4, MACHINE)
    for module in run.model.modules():
        if isinstance(module, nn.Dropout | nn.Dropout2d):
            module.p = 0.0  # each process draws for its own images
    losses = train_epoch(run, Images(MIXED, 64, BREAST.tasks), 0)
    found = {f"loss {name}": torch.tensor(value) for name, value in losses.items()}
    for part in run.learning:
        for name, parameter in part.named_parameters():
            if parameter.grad is not None:
                found[f"{type(part).__name__}.{name}"] = parameter.grad
    return found | {name: one for name, one in run.model.named_buffers() if "running" in name}


def trained(folder: Path) -> dict[str, Any]:
    """A short run, its network, and how many images this process read for it."""
    read = []
    usual = batches._Squares.__getitem__
    batches._Squares.__getitem__ = lambda *it: (read.append(it[1]), usual(*it))[1]
    found = train(_plan(), SPLIT.train[:16], SPLIT.validation, folder, machine=MACHINE)
    batches._Squares.__getitem__ = usual
    return {"history": found.history, "model": found.model.state_dict(), "read": len(read)}


def judged(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of five images, of which the second cannot be read, and what was said."""
    checkpoint = processes.by_first(lambda: untrained_checkpoint(folder, "mtl"))
    samples = [made(f"{i}", i % 2) for i in range(5)]

    class Damaged(type(samples[1])):
        def pixels(self):
            raise InputError("'1.png' is damaged.")

    samples[1] = Damaged(**vars(samples[1]))
    lines: list[str] = []
    return judge_samples(Predictor(checkpoint, MACHINE), samples, "test", 1, lines.append), lines


def told(folder: Path, out: str) -> dict[str, Any]:
    """What two verbs print about a folder of images, masks and their table, with its exit code;
    and the files that this process asked a network about."""

    def make() -> list[Path]:
        net = untrained_checkpoint(folder / "net", "lenet")
        return [make_manifest(folder / "data", 7), net.folder]

    manifest, net = map(str, processes.by_first(make))
    verbs = {
        "predict": ["predict", str(folder / "data"), "--method", net, "--out", str(folder / out)],
        "evaluate": ["evaluate", net, "--data", f"manifest={manifest}"],
    }
    found: dict[str, Any] = {"asked": []}
    usual = batch._entries
    batch._entries = lambda path, *more: (found["asked"].append(path), usual(path, *more))[1]
    for verb, words in verbs.items():
        with redirect_stdout(io.StringIO()) as printed:
            code = main([*words, "--json"])
        found[verb] = (code, printed.getvalue().replace(str(folder / out), "OUT"))
    batch._entries = usual
    return found


def failed() -> str:
    """What all hear of what fails in the last one alone."""

    def work() -> None:
        if processes.rank() == processes.count() - 1:
            raise InputError("only here")

    try:
        processes.gathered(work)
    except InputError as error:
        return str(error)
    return "nothing"


if __name__ == "__main__":
    given = Path(sys.argv[1])
    Machine.of("cpu")
    answers: dict[str, Any] = {name: step(changes) for name, changes in STEPS.items()}
    answers["shared"] = processes.shared(lambda some: [2 * one for one in some], range(5))
    answers["failed"] = failed()
    answers["told"] = told(given, "both")
    answers["judged"] = judged(given / "mtl")
    answers["trained"] = trained(given / "run")
    torch.save(answers, given / f"{processes.rank()}.pt")
    torch.distributed.destroy_process_group()
