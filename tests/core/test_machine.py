"""What a run computes with is there, or a line says what is."""

from __future__ import annotations

import pytest
import torch

from mtlbus.cli import main
from mtlbus.core import processes
from mtlbus.core.errors import MtlbusError
from mtlbus.core.machine import Machine, has_bfloat16


@pytest.mark.parametrize(
    "asked,line",
    [
        ({"device": "tpu"}, "Allowed: cpu, cuda"),
        ({"device": "cpu:1"}, "there is one cpu"),
        ({"device": "cuda"}, "no GPU that PyTorch can use"),
        ({"precision": "float16"}, "Allowed: bfloat16, float32"),
        ({"precision": "bfloat16"}, "would emulate it"),
        ({"workers": -1}, "0 to 256"),
    ],
)
def test_what_is_not_there_is_said(asked, line, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    with pytest.raises(MtlbusError, match=line):
        Machine.of(**asked)


@pytest.mark.parametrize("capability,native", [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_only_cards_from_ampere_on_compute_in_bfloat16(capability, native, monkeypatch):
    """A Turing card says that it supports it, and emulates it."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert has_bfloat16(torch.device("cuda")) is native
    machine = Machine.of("cuda", training=True, workers=0)
    assert machine.precision == ("bfloat16" if native else "float32")
    assert not Machine.of("cuda", workers=0).reduced, "judging is in float32 unless asked"


def test_several_processes_are_refused_where_they_would_do_the_same_twice(monkeypatch, capsys):
    for name, value in (("TORCHELASTIC_RUN_ID", "x"), ("WORLD_SIZE", "2"), ("RANK", "1")):
        monkeypatch.setenv(name, value)
    assert main(["explain", "a.png", "--method", "mtl"]) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("process 1: mtlbus: explain is one process:")


def test_a_machine_without_torchrun_is_one_process(monkeypatch):
    """Other tools set WORLD_SIZE, too."""
    monkeypatch.setenv("WORLD_SIZE", "8")
    monkeypatch.setenv("RANK", "3")
    assert (processes.count(), processes.rank(), processes.is_first()) == (1, 0, True)
    assert processes.shared(lambda some: [one + 1 for one in some], [1, 2]) == [2, 3]
