"""A run that is long, large or cut off: where its images lie, what it saves, what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch._subclasses import FakeTensorMode

from mtlbus.core import files
from mtlbus.core.declaration import BREAST
from mtlbus.core.errors import DataError, InputError, OutputError
from mtlbus.core.machine import Machine
from mtlbus.core.outputs import Output
from mtlbus.data.transforms import Augmentation
from mtlbus.methods import create_model
from mtlbus.training import engine, room
from mtlbus.training import run as engine_run
from mtlbus.training.batches import Images, read_ahead
from mtlbus.training.engine import train
from mtlbus.training.forecast import JUDGED, Forecast, in_words
from mtlbus.training.losses import task_losses
from mtlbus.training.recipes import Recipe
from mtlbus.training.run import STATE, Run
from tests.made import narrow
from tests.training.test_engine import SPLIT, figures, mixed, plan

CPU = Machine(torch.device("cpu"))
SHORT = Recipe(
    stages=((2, 64),), batch_size=8, average_decay=0.8, learning_rate=2e-3, weighting="learned",
    windows=0.3,
)  # fmt: skip
FEW = SPLIT.train[:24]


def test_a_run_that_is_cut_off_within_an_epoch_ends_as_one_that_was_not(tmp_path, monkeypatch):
    """After the second step of the second epoch, with a network that draws as dropout does."""

    def noisy(*named, **options):
        network = create_model(*named, **options)
        network.register_forward_pre_hook(
            lambda one, inputs: (inputs[0] + one.training * 0.1 * torch.rand_like(inputs[0]),)
        )
        return network

    monkeypatch.setattr(engine_run, "create_model", noisy)
    chosen = plan(recipe=replace(SHORT, stages=((2, 32),)), options=narrow("mtl"))
    whole = train(chosen, FEW, SPLIT.validation, tmp_path / "whole", machine=CPU)
    monkeypatch.setattr(engine, "SAVE_EVERY", 0.0)
    usual = Run.save

    def save(run: Run, path: Path) -> None:
        usual(run, path)
        if len(run.history) == 1 and run.within is not None and run.within.step == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "save", save)
    with pytest.raises(KeyboardInterrupt):
        train(chosen, FEW, SPLIT.validation, tmp_path / "cut", machine=CPU)
    monkeypatch.setattr(Run, "save", usual)
    lines: list[str] = []
    resumed = train(
        chosen, FEW, SPLIT.validation, tmp_path / "cut", True, lines.append, machine=CPU
    )
    assert lines[0] == "resumed after epoch 1 of 2 and 2 steps"
    assert figures(resumed.history) == figures(whole.history)
    state = whole.model.state_dict()
    assert all(torch.equal(one, state[name]) for name, one in resumed.model.state_dict().items())


@pytest.mark.parametrize("workers", [0, 2])
def test_images_that_do_not_fit_give_the_same_batches_and_leave_nothing(
    workers, tmp_path, monkeypatch
):
    def all_of(images: Images) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(3)
        found = images.batches(8, Augmentation(), generator, 0.3)
        return [one for batch in found for one in (batch.images, *batch.truth.values())]

    samples = mixed(0)
    inside = Images(samples, 64, BREAST.tasks)
    monkeypatch.setattr(room, "free_memory", lambda: 0)
    outside = Images(samples, 64, BREAST.tasks, workers=workers, beside=tmp_path)
    assert list(tmp_path.iterdir()) == [] and outside.problems == inside.problems
    for one, other in zip(all_of(inside), all_of(outside), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


def test_a_disk_that_is_too_small_is_said_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files.shutil, "disk_usage", lambda place: SimpleNamespace(free=10**6))
    lines: list[str] = []
    with pytest.raises(OutputError, match="1 MB free; two states of the run need"):
        train(plan(), SPLIT.train, SPLIT.validation, tmp_path, report=lines.append, machine=CPU)
    assert lines == []


def test_a_batch_too_large_for_a_gpu_is_halved_and_said(tmp_path, monkeypatch):
    usual = engine.train_epoch

    def small(run: Run, *others) -> dict[str, float]:
        if run.plan.recipe.batch_size > least:
            raise torch.OutOfMemoryError
        return usual(run, *others)

    monkeypatch.setattr(engine, "train_epoch", small)
    lines: list[str] = []
    least = 4
    short = replace(SHORT, stages=((1, 64),))
    found = train(
        plan(recipe=short, options=narrow("mtl")), FEW, SPLIT.validation, tmp_path / "a",
        report=lines.append, machine=CPU,
    )  # fmt: skip
    assert found.recipe.batch_size == 4 and any("begun again with 4" in line for line in lines)
    least = 0
    with pytest.raises(InputError, match="Give a smaller --batch-size or --size"):
        train(plan(recipe=short), FEW, SPLIT.validation, tmp_path / "b", machine=CPU)
    assert not (tmp_path / "b" / STATE).exists()


def test_what_is_left_of_a_run_is_foretold():
    """Two epochs of 10 steps at 64 px and one at 128, where a step takes four times as long; the
    validation part is 8 batches at a third."""
    recipe = Recipe(stages=((2, 64), (1, 128)), batch_size=4)
    forecast = Forecast(recipe, 40, 32, torch.device("cpu"))
    judged = 8 * JUDGED
    assert forecast.left(0.5, 0, 4) == pytest.approx(
        0.5 * (6 + judged) + 0.5 * (10 + judged) + 4 * 0.5 * (10 + judged)
    )
    said = [forecast.after_step(epoch, step) for epoch in range(3) for step in range(1, 11)]
    assert [bool(line) for line in said].count(True) == 2, "once at each size"
    assert [in_words(one) for one in (40, 750, 9000)] == ["40 seconds", "12 minutes", "2.5 hours"]


def test_what_is_read_ahead_is_the_same_and_its_error_arrives():
    def broken():
        yield 1
        raise DataError("gone")

    assert list(read_ahead(iter([1, 2, 3]))) == [1, 2, 3]
    ahead = read_ahead(broken())
    assert next(ahead) == 1
    with pytest.raises(DataError, match="gone"):
        next(ahead)


@pytest.mark.parametrize("method", ["mtl", "mtl_cosa"])
def test_a_step_stays_on_its_device(method):
    """On tensors that say they are of a GPU and hold nothing: an operation of two devices fails."""
    known = dict.fromkeys(("segmentation", "malignancy"), SimpleNamespace(all=lambda: True))
    with FakeTensorMode(allow_non_fake_inputs=True):
        with torch.device("cuda"):
            network = create_model(method, **narrow(method))
            images, masks = torch.rand(2, 3, 64, 64), torch.zeros(2, 64, 64)
            labels = torch.ones(2)
        output: Output = network(images)
        truth = {"segmentation": masks, "malignancy": labels}
        losses = task_losses(BREAST.tasks, output, truth, known, Recipe())
        assert {loss.device.type for loss in losses.values()} == {"cuda"}


def test_augmentation_draws_on_the_device_of_the_images(monkeypatch):
    """Whoever draws elsewhere makes the device wait; the fake one refuses."""
    usual = torch.rand

    def rand(*shape, generator, device):
        return usual(*shape, device=device)

    monkeypatch.setattr(torch, "rand", rand)
    monkeypatch.setattr(
        torch, "randn", lambda shape, generator, device: usual(shape, device=device)
    )
    with FakeTensorMode():
        grey = usual(2, 1, 64, 64, device="cuda")
        images, planes = Augmentation(crop=0.5, jitter=0.2)(grey, grey > 0.5, None)
    assert images.device.type == planes.device.type == "cuda"
