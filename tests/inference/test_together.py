"""Several images in one pass answer as each alone; a full GPU is asked for less, and said."""

from __future__ import annotations

import pytest
import torch

from mtlbus.core.machine import Machine
from mtlbus.data.transforms import normalise
from mtlbus.inference.predictor import Predictor
from mtlbus.protocol import judge_samples
from tests.made import untrained_checkpoint
from tests.training.test_engine import made


class Small:
    """A network on a device with room for so many images; a processor has room for all."""

    def __init__(self, network: torch.nn.Module, room: int) -> None:
        self.network, self.room, self.asked = network, room, []

    def __call__(self, images: torch.Tensor, maps: bool = False):
        self.asked.append(len(images))
        if images.device.type != "cpu" and len(images) > self.room:
            raise torch.OutOfMemoryError
        return self.network(images, maps=maps)

    def to(self, device: torch.device) -> Small:
        return self


def test_a_batch_is_the_loop_and_a_full_gpu_is_left(tmp_path, monkeypatch):
    checkpoint = untrained_checkpoint(tmp_path, "mtl")
    samples = [made(f"{i}", i % 2) for i in range(5)]
    predictor = Predictor(checkpoint, Machine(torch.device("cpu")))
    alone = judge_samples(predictor, samples, "test")
    for workers, batch_size in ((0, 3), (2, 2)):
        machine = Machine(torch.device("cpu"), workers=workers)
        rows = judge_samples(Predictor(checkpoint, machine), samples, "test", batch_size=batch_size)
        for one, other in zip(alone, rows, strict=True):
            assert other == pytest.approx(one, abs=1e-5, nan_ok=True)

    predictor.model = small = Small(predictor.model, room=0)
    predictor.device = torch.device("meta")  # holds nothing, as a GPU that is full
    monkeypatch.setattr(
        predictor, "inputs", lambda one: normalise(one.grey, predictor.mean, predictor.std)
    )
    lines: list[str] = []
    rows = judge_samples(predictor, samples, "test", report=lines.append, batch_size=5)
    assert rows == alone, "one by one on the processor, as before"
    assert small.asked == [5, 2, 1, *[1] * 5]
    assert lines == ["the GPU has too little memory for one image: the processor computes instead"]
