"""What one image costs: parameters, floating point operations, milliseconds."""

from __future__ import annotations

import platform
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry, sdpa_flop

CPU_ATTENTION = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
# Moving, making or naming numbers is no arithmetic.
_NO_ARITHMETIC = {
    "_to_copy", "_unsafe_view", "alias", "arange", "cat", "clone", "constant_pad_nd", "copy_",
    "detach", "empty", "expand", "index", "lift_fresh", "permute", "repeat", "replication_pad2d",
    "roll", "select", "slice", "split", "squeeze", "stack", "t", "transpose", "unbind",
    "unsqueeze", "view", "zeros", "zeros_like",
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What one forward of one image costs.

    Attributes:
        parameters: numbers that training sets.
        flops: floating point operations of convolutions, matrix products and attention, a
            multiplication and an addition being two.
        not_counted: the other arithmetic operations that ran, by name, with the millions of
            numbers that each wrote (from 0.001 on), the largest first: normalisation, sampling …
        milliseconds: median wall time of a forward; None where it was not timed.
        fastest, slowest: the first and the last tenth of the forwards, milliseconds.
        forwards: how many were timed.
        threads: of PyTorch.
        size: side of the square input, pixels.
        machine: processor or accelerator.
    """

    parameters: int
    flops: int
    not_counted: dict[str, float]
    size: int
    milliseconds: float | None = None
    fastest: float | None = None
    slowest: float | None = None
    forwards: int = 0
    threads: int = 0
    machine: str = ""


class _Uncounted(TorchDispatchMode):
    """Notes every operation that the counter of PyTorch passes over, and how much it wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.written: Counter[str] = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        answer = function(*args, **(kwargs or {}))
        packet = function.overloadpacket
        name = packet.__name__
        if packet not in flop_registry and packet != CPU_ATTENTION and name not in _NO_ARITHMETIC:
            first = answer[0] if isinstance(answer, (tuple, list)) and answer else answer
            self.written[name] += first.numel() if isinstance(first, torch.Tensor) else 0
        return answer


def _attention_flops(query, key, value, *_args, out_shape=None, **_kwargs) -> int:
    """PyTorch registers the attention kernels of GPUs only; that of the CPU is the same sum."""
    return sdpa_flop(query, key, value)


@torch.no_grad()
def count_cost(model: nn.Module, size: int = 256) -> Cost:
    """Parameters and operations of one image; the model in evaluation mode, on any device."""
    device = next(model.parameters()).device
    images = torch.zeros(1, 3, size, size, device=device)
    counter = FlopCounterMode(display=False, custom_mapping={CPU_ATTENTION: _attention_flops})
    uncounted = _Uncounted()
    with counter, uncounted:
        model(images)
    return Cost(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        flops=int(counter.get_total_flops()),
        not_counted={
            name: round(n / 1e6, 3) for name, n in uncounted.written.most_common() if n >= 500
        },
        size=size,
    )


@torch.inference_mode()
def measure_costs(models: Sequence[tuple[nn.Module, int]], forwards: int = 20) -> list[Cost]:
    """`count_cost`, and the time of a forward as `Predictor` runs it, of networks to be compared.

    They take turns, so that a machine that is slower for a while is slower for all: measured one
    after the other, two methods with the same network took 50 and 62 ms. In its turn each runs
    one forward to warm up and one that is timed; the first three turns are not kept. Batch 1,
    float32, channels last, as many threads as PyTorch has.

    Args:
        models: each in evaluation mode, with the side of its square input in pixels.
        forwards: how many to time, at least 3.
    """
    forwards = max(forwards, 3)
    turns = [[forward_time(model, size) for model, size in models] for _ in range(3 + forwards)]
    return [
        _with_times(model, size, sorted(times))
        for (model, size), times in zip(models, zip(*turns[3:], strict=True), strict=True)
    ]


def forward_time(model: nn.Module, size: int) -> float:
    """Milliseconds of the second of two forwards."""
    device = next(model.parameters()).device
    images = torch.rand(1, 3, size, size, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    for _ in range(2):
        started = time.perf_counter()
        model(images)
        if device.type == "cuda":
            torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - started)


def _with_times(model: nn.Module, size: int, times: Sequence[float]) -> Cost:
    """The cost with the median of the sorted times, milliseconds, and their tenths."""
    tenth = len(times) // 10
    return replace(
        count_cost(model, size),
        milliseconds=round(statistics.median(times), 2),
        fastest=round(times[tenth], 2),
        slowest=round(times[-1 - tenth], 2),
        forwards=len(times),
        threads=torch.get_num_threads(),
        machine=machine_name(next(model.parameters()).device),
    )


def machine_name(device: torch.device | None = None) -> str:
    """The GPU, or the processor as the system names it and the instructions PyTorch uses of it.

    The name alone is not enough: on two of one name the same forward took 25 and 38 ms.
    """
    if device is not None and device.type == "cuda":
        return torch.cuda.get_device_name(device)
    kind = f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()} ({kind})"
    return f"{platform.processor()} ({kind})".strip()
