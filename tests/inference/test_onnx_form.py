"""The form that ONNX Runtime computes is taken where it answers as the weights do, only there."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from mtlbus.cli import main
from mtlbus.core.machine import Machine
from mtlbus.core.outputs import Output
from mtlbus.inference import onnx_form
from mtlbus.inference.onnx_form import FILE, Drift, read_form, write_form
from mtlbus.inference.predictor import Predictor
from mtlbus.protocol.peers import _phantom
from tests.made import untrained_checkpoint

CPU = Machine(torch.device("cpu"))


def test_without_the_runtime_all_is_as_before(tmp_path, monkeypatch, capsys):
    folder = untrained_checkpoint(tmp_path, "lenet").folder
    (folder / FILE).write_bytes(b"nobody looks at this")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(onnx_form.importlib, "import_module", _missing)
    assert Predictor.of(folder, "cpu").form is None
    assert main(["faster", str(folder)]) == 1
    assert "pip install onnxruntime==" in capsys.readouterr().err


def _missing(name: str) -> None:
    raise ImportError(name)


def test_what_is_no_number_is_not_bounded():
    assert Drift(0.009, 0.991).bounded
    assert not any(
        drift.bounded for drift in (Drift(0.02, 1), Drift(0, 0.98), Drift(float("nan"), 1))
    )


def test_a_form_answers_as_the_weights_and_belongs_to_them(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    checkpoint, image = untrained_checkpoint(tmp_path / "a", "mtl"), _phantom(3)
    plain = Predictor(checkpoint, CPU)
    before = plain.predict(image)
    monkeypatch.setattr(onnx_form, "PHANTOMS", 2)
    monkeypatch.setattr(onnx_form, "GAIN", 1e9)
    monkeypatch.setattr(onnx_form, "KEPT", 1e9)
    assert write_form(plain).written
    content = (checkpoint.folder / FILE).read_bytes()
    with_form = Predictor(checkpoint, CPU)
    with monkeypatch.context() as patched:
        patched.setattr(type(with_form.model), "forward", None)  # it is not asked
        after = with_form.predict(image)
    assert after.logit == pytest.approx(before.logit, abs=1e-4)
    assert abs(after.mask_probability - before.mask_probability).max() < 1e-4
    assert after.computed_by.startswith("ONNX Runtime 1.")
    with monkeypatch.context() as patched:
        patched.setattr(onnx_form, "KEPT", 0.0)
        assert read_form(plain) is None, "it is slower on this machine"
    asked = with_form.predict(image, maps=True)
    assert asked.maps and asked.computed_by == before.computed_by == f"PyTorch {torch.__version__}"

    other = untrained_checkpoint(tmp_path / "b", "mtl", seed=1)
    for wrong, said in ((content, "belongs to other weights"), (content[:999], "is damaged")):
        (other.folder / FILE).write_bytes(wrong)
        found = Predictor(other, CPU)
        assert found.form is None and said in found.familiarity_problem

    def far(self: onnx_form.OnnxForm, inputs: torch.Tensor) -> Output:
        return plain.model(-inputs)

    monkeypatch.setattr(onnx_form.OnnxForm, "__call__", far)
    with pytest.raises(onnx_form.CheckpointError, match="answers otherwise"):
        read_form(plain)
    monkeypatch.setattr(onnx_form, "_exported", lambda *asked: content)
    assert not write_form(plain).written and not (checkpoint.folder / FILE).exists()
