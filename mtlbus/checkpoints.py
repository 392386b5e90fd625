"""Weights and the card that says everything about them: `checkpoints/<method>/`.

`model.safetensors` holds the weights in fp16; `card.json` the spec, options, data, protocol,
thresholds, metrics and the SHA-256 of the weights; `predictions.csv` one row per judged image;
`history.json` the training curve. Pickles are refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn

from .core.errors import CheckpointError
from .core.files import write_atomically, write_json
from .methods import create_model, get_spec, list_methods

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
WEIGHTS, CARD, PREDICTIONS, HISTORY = (
    "model.safetensors",
    "card.json",
    "predictions.csv",
    "history.json",
)


def sha256(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A folder with weights and card.

    Attributes:
        folder: where it lies.
    """

    folder: Path

    @cached_property
    def card(self) -> dict[str, Any]:
        """The card.

        Raises:
            CheckpointError: it is missing or no JSON.
        """
        path = self.folder / CARD
        if not path.is_file():
            raise CheckpointError(f"No {CARD} in {str(self.folder)!r}; a checkpoint needs one.")
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise CheckpointError(f"{path} is not valid JSON: {error}.") from error

    @property
    def method(self) -> str:
        """The method's registry name."""
        return self.card["method"]

    @property
    def digest(self) -> str:
        """SHA-256 of the weights, as the card states it and loading checks it."""
        return self.card["weights_sha256"]

    @property
    def threshold(self) -> float | None:
        """The probability from which the default operating point says malignant.

        None for a method without a class, and before thresholds were chosen.
        """
        points = self.card.get("operating_points")
        return points[self.card["default_operating_point"]]["threshold"] if points else None

    @property
    def rounds(self) -> list[dict[str, Any]]:
        """The rounds of the training, first to last; each went on from the weights before it.

        The card nests them the other way round, under `before`.
        """
        found, last = [], self.card.get("training")
        while last:
            found.append(last)
            last = last.get("before")
        return found[::-1]

    @property
    def epochs(self) -> int | None:
        """Epochs the weights have behind them, each round up to the one it kept; None: not kept."""
        kept = [one.get("epoch") for one in self.rounds]
        return sum(kept) if kept and None not in kept else None

    @property
    def predictions(self) -> Path:
        """The table of judged images."""
        return self.folder / PREDICTIONS

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """The training curve, one entry an epoch; empty where none was kept."""
        path = self.folder / HISTORY
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []

    def load(self) -> nn.Module:
        """The model with its weights, in float32 and evaluation mode.

        Raises:
            CheckpointError: the weights are missing, damaged, or do not fit.
        """
        path = self.folder / WEIGHTS
        if not path.is_file():
            raise CheckpointError(f"No {WEIGHTS} in {str(self.folder)!r}.")
        content = path.read_bytes()
        found = sha256(content)
        if found != self.digest:
            raise CheckpointError(
                f"{path} has SHA-256 {found[:12]}…, its card says {self.digest[:12]}…. "
                "The file is damaged or was exchanged; restore it."
            )
        try:
            state = load_tensors(content)
        except SafetensorError as error:
            raise CheckpointError(f"{path} is not a safetensors file: {error}.") from error
        model = create_model(self.method, self.card["variant"], **self.card["options"])
        try:
            model.load_state_dict({name: _widen(tensor) for name, tensor in state.items()})
        except RuntimeError as error:
            reason = str(error).splitlines()[-1].strip()
            raise CheckpointError(f"{path} does not fit {self.method}: {reason}") from error
        return model.eval()


def _widen(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def pack_weights(model: nn.Module) -> bytes:
    """The model's state as safetensors; floating point numbers in fp16.

    Raises:
        CheckpointError: a weight is not finite in fp16.
    """
    state = {}
    for name, tensor in model.state_dict().items():
        packed = tensor.detach().cpu()
        if packed.is_floating_point():
            packed = packed.half()
            if not torch.isfinite(packed).all():
                raise CheckpointError(f"Weight {name} is not finite in fp16; nothing was written.")
        state[name] = packed.contiguous()
    return save_tensors(state)


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
    """
    folder = Path(folder)
    content = pack_weights(model)
    write_atomically(folder / WEIGHTS, content)
    write_json(folder / HISTORY, history)
    document = {
        "method": model.spec.name,
        "title": model.spec.title,
        "variant": model.variant,
        "options": model.options,
        "weights_sha256": sha256(content),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        **card,
        "spec": model.spec.as_dict(),
    }
    write_json(folder / CARD, document)
    return Checkpoint(folder)


def list_checkpoints(root: str | Path = CHECKPOINTS) -> dict[str, Checkpoint]:
    """The shipped checkpoints by method, in the registry's order."""
    found = {path.parent.name: path.parent for path in Path(root).glob(f"*/{CARD}")}
    return {name: Checkpoint(found[name]) for name in list_methods() if name in found}


def find_checkpoint(method_or_folder: str | Path, root: str | Path = CHECKPOINTS) -> Checkpoint:
    """The shipped checkpoint of a method, or the one in a folder.

    Raises:
        CheckpointError: there is none.
        UnknownNameError: neither a folder nor a method of that name.
    """
    folder = Path(method_or_folder)
    if (folder / CARD).is_file():
        return Checkpoint(folder)
    shipped = list_checkpoints(root)
    name = str(method_or_folder)
    if name in shipped:
        return shipped[name]
    spec = get_spec(name)
    have = ", ".join(shipped) or "none"
    raise CheckpointError(
        f"No trained weights ship for {spec.name}. Shipped: {have}. "
        f"Train it with: python -m mtlbus train {spec.name} --data LAYOUT=PATH --fold 1 --out DIR"
    )
