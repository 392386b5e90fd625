"""A GPU answers as the processor does, learns, and is left for the processor when it is full."""

from __future__ import annotations

import math

import pytest
import torch

from mtlbus.core.machine import Machine
from mtlbus.inference.predictor import Predictor
from mtlbus.protocol import judge_samples
from mtlbus.training.batches import Images
from mtlbus.training.conflict import BATCHES
from mtlbus.training.engine import train
from mtlbus.training.epoch import CHECKED, train_epoch
from mtlbus.training.recipes import Recipe
from mtlbus.training.run import Run
from tests.made import narrow, untrained_checkpoint
from tests.training.test_engine import SPLIT, figures, plan

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

SAMPLES = SPLIT.train[:10]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return untrained_checkpoint(tmp_path_factory.mktemp("gpu"), "mtl")


def test_it_answers_as_the_processor_does(checkpoint):
    """The bounds of any quicker way of computing: probability within 0.01, Dice at least 0.99."""
    slow, quick = (Predictor(checkpoint, Machine.of(name)) for name in ("cpu", "cuda"))
    for sample in SAMPLES:
        one, other = slow.predict(sample.grey()), quick.predict(sample.grey())
        assert one.probability == pytest.approx(other.probability, abs=0.01)
        both = (one.mask() & other.mask()).sum()
        either = one.mask().sum() + other.mask().sum()
        assert not either or 2 * both / either >= 0.99


@pytest.mark.parametrize("batch", [1, 4, 16])
def test_images_are_judged_alike_in_batches(checkpoint, batch):
    predictor = Predictor(checkpoint, Machine.of("cuda"))
    alone = judge_samples(predictor, SAMPLES, "test")
    rows = judge_samples(predictor, SAMPLES, "test", batch_size=batch)
    for one, other in zip(alone, rows, strict=True):
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-3)


@pytest.mark.parametrize("precision", ["float32", None])
def test_a_run_learns_and_goes_on_after_it_was_cut_off(precision, tmp_path):
    """Not to the bit: sums on a GPU come in any order."""
    machine = Machine.of("cuda", precision, training=True)
    recipe = Recipe(stages=((3, 64),), batch_size=8, average_decay=0.0, learning_rate=2e-3)
    chosen = plan(recipe=recipe, options=narrow("mtl"))
    whole = train(chosen, SPLIT.train, SPLIT.validation, tmp_path / "whole", machine=machine)

    def stop(line: str) -> None:
        if line.startswith("epoch 2/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(chosen, SPLIT.train, SPLIT.validation, tmp_path / "cut", False, stop, machine=machine)
    resumed = train(chosen, SPLIT.train, SPLIT.validation, tmp_path / "cut", True, machine=machine)
    losses = [[entry["segmentation_loss"] for entry in run.history] for run in (whole, resumed)]
    assert losses[0][-1] < losses[0][0]
    assert losses[1] == pytest.approx(losses[0], rel=0.1)
    assert all(math.isfinite(v) for entry in figures(whole.history) for v in entry.values())


def test_a_step_does_not_wait_for_the_device():
    """But for the first batches, whose gradients are compared, and every twentieth loss."""
    recipe = Recipe(stages=((1, 64),), batch_size=4, average_decay=0.9, learning_rate=1e-3)
    run = Run(plan(recipe=recipe, options=narrow("mtl")), 40, Machine.of("cuda", training=True))
    images = Images(SPLIT.train, 64, run.tasks)
    last = len(images) // 4

    def strict() -> None:
        step = run.within.step  # the next one
        waits = step < BATCHES or step % CHECKED == 0 or step == last
        torch.cuda.set_sync_debug_mode("default" if waits else "error")

    try:
        train_epoch(run, images, 0, strict)
    finally:
        torch.cuda.set_sync_debug_mode("default")
