"""Where a network is trained, and in which precision."""

from __future__ import annotations

from types import MethodType

import torch
from torch import Tensor, nn


def best_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def reduced_precision(device: torch.device) -> torch.dtype | None:
    """bfloat16 where the hardware computes in it, else None.

    Emulated, on a processor with AVX2 alone, a training step of MTL took 17 s instead of 1.4 s.
    """
    native = device.type != "cpu" or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if native else None


def autocast(device: torch.device) -> torch.autocast:
    """The context in which a network is trained and validated on this device."""
    kind = reduced_precision(device)
    return torch.autocast(device.type, kind or torch.bfloat16, enabled=kind is not None)


def quicken_depthwise(model: nn.Module) -> None:
    """Let the depthwise convolutions of a network on the CPU compute in float32, autocast or not.

    Their gradient in bfloat16 takes four times as long, and with channels-last weights, which for
    one channel a group have the same values in another order, six times: a training step of MTL
    with EfficientNet-Lite0 took 0.71 s instead of 0.48 s at 128 px. The convolution is rebound to
    its module, not closed over it, so that a deep copy computes with its own weights.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            plain = torch.empty(module.weight.shape, dtype=module.weight.dtype)
            module.weight.data = plain.copy_(module.weight.data)
            module.forward = MethodType(_in_float32, module)


def _in_float32(module: nn.Conv2d, images: Tensor) -> Tensor:
    with torch.autocast(images.device.type, enabled=False):
        return type(module).forward(module, images.float())
