"""Weights and their card to files: how a folder becomes a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import save as save_tensors
from torch import nn

from .checkpoints import CARD, HISTORY, WEIGHTS, Checkpoint, sha256
from .core.card import Card
from .core.errors import CheckpointError
from .core.files import write_atomically, write_json


def pack_weights(model: nn.Module) -> tuple[bytes, list[str]]:
    """The model's state as safetensors, floating point numbers in fp16.

    Returns:
        The file, and the names of tensors with a number above 65,504, which fp16 cannot hold; they
        are kept in float32.

    Raises:
        CheckpointError: a weight is no finite number.
    """
    state, wide = {}, []
    for name, tensor in model.state_dict().items():
        packed = tensor.detach().cpu()
        if packed.is_floating_point():
            half = packed.half()
            if half.isfinite().all():
                packed = half
            elif packed.isfinite().all():
                packed = packed.float()
                wide.append(name)
            else:
                raise CheckpointError(f"Weight {name} is no finite number; nothing was written.")
        state[name] = packed.contiguous()
    return save_tensors(state), wide


def write_checkpoint(
    folder: str | Path, model: nn.Module, card: dict[str, Any], history: list[dict[str, Any]]
) -> Checkpoint:
    """Write weights, history and, last, the card that makes them a checkpoint.

    Args:
        folder: is made if needed.
        model: built by `create_model`.
        card: everything but the fields written here (method, title, variant, options, spec,
            weights_sha256, parameters).
        history: one entry an epoch.

    Raises:
        CheckpointError: a weight is no finite number, or nothing could read the card.
    """
    folder = Path(folder)
    content, wide = pack_weights(model)
    document = {
        "method": model.spec.name,
        "title": model.spec.title,
        "variant": model.variant,
        "options": model.options,
        "weights_sha256": sha256(content),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        **card,
        "spec": model.spec.as_dict(),
        **({"float32": wide} if wide else {}),
    }
    document = Card.from_json(document).to_json()
    write_atomically(folder / WEIGHTS, content)
    write_json(folder / HISTORY, history)
    write_json(folder / CARD, document)
    return Checkpoint(folder)
