"""Where a network computes, and how exactly: what is computed stays the same, but for rounding."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

from . import processes
from .errors import InputError, choose

PRECISIONS = ("float32", "bfloat16")
_AMPERE = (8, 0)  # the first NVIDIA cards that compute in bfloat16; older ones emulate it


@dataclass(frozen=True)
class Machine:
    """What a run computes with.

    Attributes:
        device: of this process.
        reduced: whether convolutions and products are computed in bfloat16.
        workers: processes that read and prepare images; 0 leaves that to the run itself.
    """

    device: torch.device
    reduced: bool = False
    workers: int = 0

    @classmethod
    def of(
        cls,
        device: str | None = None,
        precision: str | None = None,
        workers: int | None = None,
        training: bool = False,
    ) -> Machine:
        """What was asked for, if it is there.

        Args:
            device: "cpu", "cuda" or "cuda:1"; None for the GPU where there is one.
            precision: of `PRECISIONS`; None for float32, and in a training bfloat16 where the
                device computes in it.
            workers: None for none on a CPU, and for a GPU as many as there are cores, at most 8.
            training: whether this is for a training.

        Raises:
            InputError: it is not there.
        """
        chosen = processes.meet(_device(device))
        if precision is None:
            reduced = training and has_bfloat16(chosen)
        else:
            reduced = choose("precision", precision, PRECISIONS) == "bfloat16"
            if reduced and not has_bfloat16(chosen):
                raise InputError(
                    f"This {chosen.type} has no arithmetic in bfloat16 and would emulate it, many "
                    "times slower. Give --precision float32."
                )
        if workers is None:
            cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
            workers = 0 if chosen.type == "cpu" else min(8, cores // processes.count())
        if not 0 <= workers <= 256:
            raise InputError(f"Got {workers} workers; 0 to 256 are allowed.")
        return cls(chosen, reduced, workers)

    @property
    def precision(self) -> str:
        """By its name in `PRECISIONS`."""
        return "bfloat16" if self.reduced else "float32"

    def autocast(self) -> torch.autocast:
        """The context in which a network computes on it."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.reduced)


def _device(name: str | None) -> torch.device:
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, separator, number = name.partition(":")
    choose("device", kind, ("cpu", "cuda"))
    if kind == "cpu" and separator:
        raise InputError(f"Device {name!r} is not allowed: there is one cpu. Give --device cpu.")
    if kind == "cuda":
        have = torch.cuda.device_count()
        if not have:
            raise InputError("This machine has no GPU that PyTorch can use. Give --device cpu.")
        if separator and not (number.isdecimal() and int(number) < have):
            raise InputError(f"No GPU {number!r}; there are 0 to {have - 1}.")
        if separator and processes.count() > 1:
            raise InputError("Under torchrun each process takes a GPU of its own. Give cuda alone.")
    return torch.device(name)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the hardware computes in bfloat16.

    Emulated, on a processor with AVX2 alone, a training step of MTL took 17 s instead of 1.4 s.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _AMPERE
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()
