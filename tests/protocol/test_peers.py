"""The comparison with other libraries computes the same on both sides, and says what is missing."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from scipy.stats import bootstrap

from mtlbus.cli import main
from mtlbus.core.machine import Machine
from mtlbus.evaluation.intervals import group_draws
from mtlbus.evaluation.weighted import weighted_mean
from mtlbus.explain.attributions import attribute
from mtlbus.explain.faithfulness import perturbation_curve
from mtlbus.explain.gradcam import grad_cam
from mtlbus.explain.options import Options
from mtlbus.explain.subject import Subject
from mtlbus.explain.targets import Target
from mtlbus.inference.predictor import Predictor
from mtlbus.protocol import peers
from tests.made import untrained_checkpoint

OPTIONS = Options(steps=2, window=128, stride=128)


@pytest.fixture
def predictor(tmp_path) -> Predictor:
    return Predictor(untrained_checkpoint(tmp_path, "lenet"), Machine(torch.device("cpu")))


def test_each_row_has_two_times_and_a_missing_peer_is_said(predictor, monkeypatch):
    monkeypatch.setattr(peers, "BOOTSTRAP", 20)
    monkeypatch.setitem(peers.OPTIONAL, "pytorch_grad_cam", "grad-cam==0")
    monkeypatch.setattr(peers.importlib, "import_module", _missing)
    lines: list[str] = []
    rows = peers.compare_peers([predictor, predictor], 1, lines.append, OPTIONS)
    assert [row.what.partition(",")[0] for row in rows] == [
        "a prediction of a new image", "2 networks on one image", "Integrated Gradients",
        "occlusion", "Grad-CAM", "the mean of 376 rows", "the AUC of 376 rows",
    ]  # fmt: skip
    assert all(row.ours > 0 < row.theirs and len(row.cells()) == len(peers.HEADER) for row in rows)
    for pin in ("grad-cam==0", peers.OPTIONAL["quantus"]):
        assert any(line.endswith(f"pip install {pin}") for line in lines)
    assert [row[0] for row in peers.growth(predictor, (1, 2))] == ["1", "2"]


def _missing(name: str) -> None:
    raise ImportError(name)


def test_both_sides_find_the_same(predictor):
    """Occlusion of the grey image is that of three equal channels; both means have one interval."""
    prepared = predictor.prepare(peers._phantom(1))
    inputs = predictor.inputs(prepared)
    subject = Subject.of(predictor, prepared.grey, prepared.frame, Target.parse("class:difference"))
    ours = attribute(subject, "occlusion", OPTIONS).square
    grey = (subject.baseline("mean") - torch.tensor(predictor.mean).view(1, 3, 1, 1)) / (
        torch.tensor(predictor.std).view(1, 3, 1, 1)
    )
    theirs = Occlusion(peers._OneLogit(predictor.model)).attribute(
        inputs, (3, 128, 128), (3, 128, 128), grey, perturbations_per_eval=4
    )
    np.testing.assert_allclose(ours, theirs[0, 0].numpy(), rtol=1e-3, atol=1e-5)
    values = np.random.default_rng(0).random(376)
    found = bootstrap((values,), np.mean, n_resamples=500, method="percentile", rng=0)
    mine = np.percentile(weighted_mean(values, group_draws(np.arange(376), 500)), [2.5, 97.5])
    np.testing.assert_allclose(mine, found.confidence_interval, atol=0.005)


def test_grad_cam_is_that_of_the_other_library(predictor):
    """But for its scale: they draw it bilinearly, from 0 to 1."""
    library = pytest.importorskip("pytorch_grad_cam")
    prepared = predictor.prepare(peers._phantom(1))
    inputs = predictor.inputs(prepared)
    subject = Subject.of(predictor, prepared.grey, prepared.frame, Target.parse("class:difference"))
    layer = peers._layer_of_class(predictor.model, inputs)
    with library.GradCAM(peers._OneLogit(predictor.model), [layer]) as cam:
        theirs = cam(inputs.detach().clone().requires_grad_(True), [torch.sum])[0]
    ours = grad_cam(subject, smooth=True)[0, 0].numpy()
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9999


def test_deletion_is_the_curve_of_quantus(predictor):
    """But for its first value, the untouched image, and the mean grey, which it rounds."""
    quantus = pytest.importorskip("quantus")
    prepared = predictor.prepare(peers._phantom(1))
    subject = Subject.of(predictor, prepared.grey, prepared.frame, Target.parse("class:difference"))
    named = np.random.default_rng(0).standard_normal((predictor.size, predictor.size))
    ours = perturbation_curve(subject, named, OPTIONS, "deletion", peers.CURVE_STEPS).value
    (theirs,) = peers._deletion(quantus, predictor, prepared.grey, named)()
    np.testing.assert_allclose(ours[1:], theirs, atol=0.02 * np.ptp(ours))


def test_the_app_is_timed_by_another_program(monkeypatch, capsys):
    """Which prints its rows as they are; here it was cut after two."""
    rows = '["a new image", 300.0, 200.0]\n["the mask threshold", 40.0, null]\n'
    asked = []

    def run(command, **options):
        asked.append(command[1:])
        return SimpleNamespace(stdout=rows, returncode=1)

    monkeypatch.setattr(subprocess, "run", run)
    assert main(["bench", "mtl", "ctan", "--app"]) == 1
    _, first, second = capsys.readouterr().out.splitlines()
    assert asked == [["-m", "mtlbus.ui.speed", "mtl", "ctan"]]
    assert first.split()[-3:] == ["300.0", "200.0", "1.50"] and second.split()[-3:] == [
        "40.0",
        "–",
        "–",
    ]
