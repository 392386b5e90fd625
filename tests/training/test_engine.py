"""The training loop learns, resumes after a kill, and refuses what it must."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mtlbus.core.declaration import BREAST
from mtlbus.core.errors import DataError, InputError
from mtlbus.core.machine import Machine
from mtlbus.data.dataset import Sample
from mtlbus.data.splits import split_fold
from mtlbus.methods import get_spec
from mtlbus.training.batches import Images
from mtlbus.training.engine import train
from mtlbus.training.epoch import train_epoch
from mtlbus.training.plan import Plan
from mtlbus.training.recipes import Recipe, make_recipe
from mtlbus.training.run import STATE, Run
from mtlbus.training.schedules import decay_for, make_schedule
from mtlbus.training.validation import validate
from tests.made import narrow


def made(name: str, label: int | None, normal: bool = False, masked: bool = True) -> Sample:
    """A lesion, or nothing, on noise; a sample that draws itself."""
    rng = np.random.default_rng(list(name.encode()))
    picture = rng.integers(20, 60, (64, 64)).astype(np.uint8)
    outline = np.zeros((64, 64), dtype=bool)
    if not normal:
        top, left = rng.integers(4, 36, 2)
        outline[top : top + 20, left : left + 20] = True
        picture[outline] += 120 if label == 1 else 60

    class Made(Sample):
        def pixels(self) -> np.ndarray:
            return picture

        def mask(self, shape: tuple[int, int] | None = None) -> np.ndarray | None:
            return outline if self.has_mask else None

    masks = (Path("drawn.png"),) if masked and not normal else ()
    return Made(name, "made", Path(name), masks, label, name, normal=normal)


RECIPE = Recipe(stages=((2, 32), (2, 64)), batch_size=8, average_decay=0.8, learning_rate=2e-3)
SPLIT = split_fold([made(f"{i}", i % 2) for i in range(40)], 1, share=0.25)
CPU = Machine.of("cpu", training=True)
FEW = 16  # images, of both classes, where a few steps are enough

RUN = """
import sys
from pathlib import Path
import torch
from tests.training.test_engine import SPLIT, plan
from mtlbus.training.engine import train
torch.set_num_threads(int(sys.argv[2]))  # sums depend on their order in the last digits
report = lambda line: print(line, flush=True)
train(plan(), SPLIT.train, SPLIT.validation, Path(sys.argv[1]), report=report)
"""


def plan(method: str = "mtl", **changes) -> Plan:
    """Of a small network, where the method has one."""
    known = {
        "variant": "compact", "options": narrow(method), "recipe": RECIPE, "fold": 1,
        "seed": 0, "data": {"made": len(SPLIT.train)},
    }  # fmt: skip
    return Plan(method, **{**known, **changes})


def figures(history: list[dict]) -> list[dict]:
    return [{k: v for k, v in entry.items() if k != "seconds"} for entry in history]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train(plan(), SPLIT.train, SPLIT.validation, tmp_path_factory.mktemp("whole"))


def test_it_learns_and_keeps_an_epoch_of_the_last_size(whole):
    assert [entry["size"] for entry in whole.history] == [32, 32, 64, 64]
    assert whole.history[-1]["segmentation_loss"] < whole.history[0]["segmentation_loss"]
    last = [entry for entry in whole.history if entry["size"] == 64]
    assert whole.epoch == max(last, key=lambda entry: entry["score"])["epoch"]
    assert not whole.model.training


@pytest.mark.parametrize("limit", [0.0, 1e-3])
def test_the_gradient_of_a_step_is_cut_to_the_limit(limit):
    recipe = replace(RECIPE, gradient_limit=limit)
    run = Run(plan(recipe=recipe), 4, CPU)
    train_epoch(run, Images(SPLIT.train[:8], 64, run.tasks), 0)
    gradients = [part.grad for part in run.model.parameters() if part.grad is not None]
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    assert norm == pytest.approx(limit, rel=1e-3) if limit else norm > 0.01


def test_a_run_killed_between_epochs_resumes_with_the_same_losses(whole, tmp_path):
    """kill -9 after the second epoch was saved, then --resume in a new process' place."""
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path), str(torch.get_num_threads())],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 240
    for line in process.stdout:
        assert time.monotonic() < deadline
        if line.startswith("epoch 2/"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL and (tmp_path / STATE).is_file()
    lines: list[str] = []
    resumed = train(plan(), SPLIT.train, SPLIT.validation, tmp_path, True, lines.append)
    assert lines[0].startswith("resumed after epoch")
    assert len(resumed.history) == len(whole.history)
    for one, other in zip(figures(resumed.history), figures(whole.history), strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert value == pytest.approx(other[name], abs=1e-6), name
    for key, tensor in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[key], tensor, rtol=0, atol=1e-6)


def test_a_finished_run_is_not_trained_again(whole, tmp_path):
    short = plan(recipe=replace(RECIPE, stages=((1, 32),)))
    first = train(short, SPLIT.train, SPLIT.validation, tmp_path)
    again = train(short, SPLIT.train, SPLIT.validation, tmp_path, resume=True)
    assert figures(first.history) == figures(again.history)
    with pytest.raises(InputError, match="holds a run already"):
        train(short, SPLIT.train, SPLIT.validation, tmp_path)
    with pytest.raises(InputError, match="other settings"):
        train(plan(seed=1), SPLIT.train, SPLIT.validation, tmp_path, resume=True)


def test_parts_must_be_disjoint_and_hold_both_classes(tmp_path):
    with pytest.raises(DataError, match="groups are in training and validation"):
        train(plan(), SPLIT.train, SPLIT.train, tmp_path)
    benign = [sample for sample in SPLIT.validation if sample.label == 0]
    with pytest.raises(DataError, match="validation part needs benign and malignant"):
        train(plan(), SPLIT.train, benign, tmp_path)


@pytest.mark.parametrize(
    ("method", "size", "weighting", "schedule", "side_weight"),
    [
        ("mtl", 32, "dwa", "constant", 0.0),
        ("mtl", 32, "learned", "cosine", 0.5),
        ("mtl", 32, "learned", "plateau", 0.0),
        ("mt_estan_swin", 64, "learned", "one_cycle", 0.5),
    ],
)
def test_weights_of_tasks_schedules_and_sides_survive_a_restart(
    method, size, weighting, schedule, side_weight, tmp_path
):
    epochs = 3 if weighting == "dwa" else 2  # its weights differ from the third on
    recipe = replace(
        RECIPE, stages=((epochs, size),), weighting=weighting, schedule=schedule,
        average_decay=0.0, side_weight=side_weight,
    )  # fmt: skip
    chosen = plan(method, recipe=recipe)
    few = SPLIT.train[:FEW]
    whole = train(chosen, few, SPLIT.validation, tmp_path / "whole")
    lines = []

    def stop(line: str) -> None:
        lines.append(line)
        if line.startswith(f"epoch {epochs - 1}/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(chosen, few, SPLIT.validation, tmp_path / "cut", report=stop)
    resumed = train(chosen, few, SPLIT.validation, tmp_path / "cut", resume=True)
    for one, other in zip(resumed.history, whole.history, strict=True):
        assert one == pytest.approx(other)
    assert {"segmentation_weight", "malignancy_weight"} <= whole.history[-1].keys()
    if weighting == "dwa":
        assert (
            whole.history[1]["segmentation_weight"]
            == 1.0
            != whole.history[2]["segmentation_weight"]
        )


@pytest.mark.parametrize(
    "method,weighting,rate",
    [
        ("hybrid_mt_estan", "fixed", 1e-5),
        ("ctan", "dwa", 1e-4),
        ("mtl_cosa", "fixed", 1e-4),
        ("acsnet", "learned", 1e-4),
        ("resformer_mtl", "fixed", 1e-4),
        ("emt_net", "fixed", 1e-5),
    ],
)
def test_the_recipe_of_each_paper_trains_its_network(method, weighting, rate, tmp_path):
    recipe = make_recipe(get_spec(method), "paper", epochs=1, size=64)
    chosen = plan(method=method, recipe=recipe)
    entry = train(chosen, SPLIT.train[:FEW], SPLIT.validation, tmp_path).history[0]
    assert all(math.isfinite(value) for value in entry.values())
    assert ("segmentation_weight" in entry) == (weighting != "fixed")
    state = torch.load(tmp_path / STATE, weights_only=True)
    (group,) = state["optimizer"]["param_groups"]
    stated = get_spec(method).recipe
    assert group["initial_lr" if recipe.schedule == "cosine" else "lr"] == rate
    assert (group["betas"], group["weight_decay"]) == (stated.betas, stated.weight_decay)
    steps = state["optimizer"]["state"].values()
    assert {int(step["step"]) for step in steps} == {max(FEW // stated.batch_size, 1)}
    assert len(steps) == len(group["params"]), "every parameter was stepped"
    if weighting == "learned":
        assert entry["segmentation_weight"] != 0.5 != entry["malignancy_weight"], "p has left 1"


@pytest.mark.parametrize("method,swin", [("swin", True), ("resformer_mtl", True), ("mtl", False)])
def test_swin_parts_learn_at_a_rate_of_their_own(method, swin):
    """And every parameter once, whichever its group."""
    run = Run(plan(method=method), steps=100, machine=CPU)
    groups = run.optimizer.param_groups
    assert len(groups) == 1 + swin
    if swin:
        ratio = groups[1]["max_lr"] / groups[0]["max_lr"]
        assert ratio == pytest.approx(0.3) and groups[1]["lr"] < groups[0]["lr"]
    listed = [id(one) for group in groups for one in group["params"]]
    assert sorted(listed) == sorted({id(one) for one in run.model.parameters()})
    paper = replace(RECIPE, transformer_rate=1.0)
    run = Run(plan(method=method, recipe=paper), steps=100, machine=CPU)
    assert len(run.optimizer.param_groups) == 1


@pytest.mark.parametrize("steps", [40, 840, 4000])
def test_an_average_looks_back_on_a_tenth_of_a_short_run(steps):
    forgotten = decay_for(0.998, steps) ** (steps / 10)  # weight of what is older than that
    assert forgotten == pytest.approx(math.exp(-1), abs=0.06)


def test_an_average_of_a_long_run_is_that_of_the_recipe():
    assert decay_for(0.998, 5040) == 0.998 and decay_for(0.8, 840) == 0.8
    assert 0 < decay_for(0.998, 1) < 1


def test_the_cosine_falls_to_a_tenth():
    """ACSNet's factor, 0.1 + 0.9·(1 + cos(π·e/E))/2, at the start, half-way and at the end."""
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=1e-4)
    schedule = make_schedule(replace(RECIPE, schedule="cosine", learning_rate=1e-4), optimizer, 90)
    rates = []
    for _ in range(91):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    for epoch in (0, 30, 45, 90):
        factor = 0.1 + 0.9 * (1 + math.cos(math.pi * epoch / 90)) / 2
        assert rates[epoch] == pytest.approx(1e-4 * factor)


@pytest.mark.parametrize("method", ["resnet", "uresnet", "mtl_cosa"])
def test_every_kind_of_method_trains_a_step(method, tmp_path):
    options = {"truth_epochs": 1} if method == "mtl_cosa" else {}
    recipe = replace(RECIPE, stages=((1, 64),))
    result = train(
        plan(method, options=narrow(method) | options, recipe=recipe),
        SPLIT.train[:FEW],
        SPLIT.validation,
        tmp_path,
    )
    names = set(result.history[0])
    assert ("segmentation_loss" in names) == (method != "resnet")
    assert ("malignancy_loss" in names) == (method != "uresnet")
    assert ("validation_auc" in names) == (method != "uresnet")


def mixed(start: int) -> list[Sample]:
    """24 lesions of both classes, 8 normal images, 4 lesions without a mask, 4 without a class."""
    return [
        *(made(f"{start + i}", i % 2) for i in range(24)),
        *(made(f"n{start + i}", None, normal=True) for i in range(8)),
        *(made(f"u{start + i}", i % 2, masked=False) for i in range(4)),
        *(made(f"o{start + i}", None) for i in range(4)),
    ]


def test_images_without_a_class_or_a_mask_are_trained_on_for_what_is_known(tmp_path):
    recipe = replace(RECIPE, stages=((1, 32),), batch_size=5)
    lines: list[str] = []
    found = train(plan(recipe=recipe), mixed(0), mixed(100), tmp_path, report=lines.append)
    told = "40 images, 8 of them normal (empty mask), 4 without segmentation (no segmentation loss)"
    assert f"training: {told}, 12 without malignancy (no malignancy loss)" in lines
    for entry in found.history:
        three = [entry[f"validation_{name}"] for name in ("dice", "auc", "presence")]
        assert entry["score"] == pytest.approx(sum(three) / 3)
        assert math.isfinite(entry["segmentation_loss"]) and math.isfinite(entry["malignancy_loss"])


def test_a_mask_that_is_not_known_is_no_empty_mask(tmp_path):
    """Lesions without a mask file used to be learned as images without a lesion."""
    three = [made("a", 1, masked=False), made("b", None, normal=True), made("c", 0)]
    images = Images(three, 64)
    assert images.known["segmentation"].tolist() == [False, True, True]
    unknown, normal, lesion = images.masks.sum((1, 2))
    assert unknown.isnan() and normal == 0 and lesion > 0
    assert images.normal.tolist() == [False, True, False]
    assert images.known["malignancy"].tolist() == [True, False, True]
    run = Run(plan(), 4, CPU)
    everything = [made(f"{i}", i % 2) for i in range(8)]
    unknown = [made(f"u{i}", i % 2, masked=False) for i in range(8)]
    with_them, without = (
        validate(run.judged, Images(part, 64, BREAST.tasks), RECIPE.batch_size, CPU)
        for part in (everything + unknown, everything)
    )
    assert with_them["validation_dice"] == pytest.approx(without["validation_dice"])
    assert with_them["validation_auc"] != without["validation_auc"]


def test_the_score_of_lesions_alone_is_the_mean_of_two(whole):
    entry = whole.history[0]
    assert entry["score"] == pytest.approx((entry["validation_dice"] + entry["validation_auc"]) / 2)
    assert "validation_presence" not in entry


def test_a_mask_alone_is_enough_for_a_network_that_draws_only_masks(tmp_path):
    recipe = replace(RECIPE, stages=((1, 64),))
    outlined = [made(f"o{i}", None) for i in range(16)]
    more = [made(f"p{i}", None) for i in range(6)]
    found = train(plan(method="uresnet", recipe=recipe), outlined, more, tmp_path)
    assert set(found.history[0]) >= {"segmentation_loss", "validation_dice"}
    with pytest.raises(DataError, match="benign and malignant"):
        train(plan(method="resnet", recipe=recipe), outlined, more, tmp_path / "class")
    bare = [made(f"m{i}", i % 2, masked=False) for i in range(8)]
    with pytest.raises(DataError, match="images with a known segmentation"):
        train(plan(method="uresnet", recipe=recipe), bare, more, tmp_path / "masks")


def test_the_rate_falls_in_steps():
    """VGGA-ViT: to a tenth after 25, 50, 75 and 90 of 100 epochs."""
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=1e-4)
    schedule = make_schedule(replace(RECIPE, schedule="steps"), optimizer, 100)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    for step, falls in ((0, 0), (24, 0), (25, 1), (50, 2), (75, 3), (89, 3), (90, 4), (99, 4)):
        assert rates[step] == pytest.approx(1e-4 * 0.1**falls), step
