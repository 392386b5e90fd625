"""Several processes do what one would: the same step, the same figures, the same error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from mtlbus.core.declaration import BREAST
from mtlbus.training.batches import Images
from mtlbus.training.run import Run
from mtlbus.training.validation import validate
from tests.training import in_processes
from tests.training.in_processes import MACHINE, STEPS
from tests.training.test_engine import SPLIT


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def both(folder) -> list[dict[str, Any]]:
    """What two processes over gloo answer, started as anyone would start them."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launch, "-m", "tests.training.in_processes", str(folder)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in (0, 1)]


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_that_of_one_process_on_the_joined_batch(name, both):
    """Unknown classes and masks lie in one share only, and Dice is over the whole batch: means of
    the shares would be another loss. Within 1e-4 of each gradient's largest number: sums are
    rounded in another order."""
    alone = in_processes.step(STEPS[name])
    for answers in both:
        found = answers[name]
        assert found.keys() == alone.keys()
        for key, one in alone.items():
            least = 1e-4 * float(one.abs().max()) + 1e-7
            torch.testing.assert_close(found[key], one, rtol=1e-4, atol=least, msg=key)
            assert torch.equal(both[0][name][key], found[key]), "all take the same step"


def test_a_run_of_two_is_judged_alike_everywhere_and_reads_each_image_once(both, folder):
    first, second = (answers["trained"] for answers in both)
    assert first["history"] == second["history"] and len(first["history"]) == 1
    assert first["read"] + second["read"] == 16 + len(SPLIT.validation)
    assert [path.name for path in (folder / "run").iterdir()] == ["training.pt"]
    run = Run(in_processes._plan(), 4, MACHINE)
    run.model.load_state_dict(first["model"])
    alone = validate(run.model, Images(SPLIT.validation, 64, BREAST.tasks), 8, MACHINE)
    for name, value in alone.items():
        assert first["history"][0][name] == pytest.approx(value, abs=1e-6)


def test_images_are_judged_alike_by_two_and_one_that_is_damaged_is_told(both, tmp_path):
    rows, lines = in_processes.judged(tmp_path)
    assert len(rows) == 4 and "damaged" in lines[-1]
    assert [answers["judged"] for answers in both] == [(rows, lines)] * 2


def test_a_folder_is_told_alike_by_two_each_image_once_in_its_order(both, folder):
    """Images, masks and their table, which is no image and a line."""
    first, second = (answers["told"] for answers in both)
    alone = in_processes.told(folder, "alone")
    for verb, code in (("predict", 1), ("evaluate", 0)):
        assert first[verb] == alone[verb] and alone[verb][0] == code, verb
        assert second[verb] == (0, ""), "one speaks"
    assert [*map(len, (first["asked"], second["asked"]))] == [8, 7]
    assert sorted(first["asked"] + second["asked"]) == alone["asked"]
    records = json.loads(alone["predict"][1])
    assert [entry["image"] for entry in records] == alone["asked"]
    written = [
        {path.name: path.read_bytes() for path in (folder / out).glob("*.png")}
        for out in ("both", "alone")
    ]
    assert written[0] == written[1] and len(written[0]) > 8


def test_what_fails_in_one_fails_in_all(both):
    assert [answers["failed"] for answers in both] == ["only here"] * 2
    assert [answers["shared"] for answers in both] == [[0, 2, 4, 6, 8]] * 2
