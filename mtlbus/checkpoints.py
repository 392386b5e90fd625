"""Weights and the card that says everything about them: `checkpoints/<method>/`.

`model.safetensors` holds the weights in fp16, what that cannot hold in float32; `card.json` the
spec, options, data, protocol, thresholds, metrics and the SHA-256 of the weights; `predictions.csv`
one row per judged image; `history.json` the training curve; `images.csv` what the images of the
training are, by their pixels. Pickles are refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import nn

from .core.card import CURVE, Card, Training
from .core.declaration import BREAST, Declaration, asked_of, read_declaration
from .core.errors import CheckpointError, InputError, MtlbusError
from .core.tasks import Task
from .core.training_images import DIGITS, TrainingImage, read_images
from .methods import create_model, get_spec, list_methods
from .methods.panel import is_panel
from .methods.pretraining import stored_options

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
WEIGHTS, CARD, PREDICTIONS, HISTORY, IMAGES = (
    "model.safetensors",
    "card.json",
    "predictions.csv",
    "history.json",
    "images.csv",
)
_MAX_TEXT = 32 * 1024**2  # bytes of a card or a history; those that ship have 0.1 MB


def read_card(path: Path) -> Card:
    """A card that was looked through: every part that is used has the type that it should have.

    Raises:
        CheckpointError: it cannot be read, is no JSON, or is no card; one line that says where.
    """
    return Card.from_json(_read_json(path), repr(str(path)))


def _read_json(path: Path) -> Any:
    """A JSON document of a checkpoint.

    Raises:
        CheckpointError: it cannot be read, or is no JSON of finite numbers.
    """
    try:
        if path.stat().st_size > _MAX_TEXT:
            raise CheckpointError(
                f"{str(path)!r} has more than {_MAX_TEXT // 1024**2} MB, so it is no part of a "
                "checkpoint; restore it."
            )
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except OSError as error:
        raise CheckpointError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    except RecursionError:
        raise CheckpointError(f"{str(path)!r} is not valid JSON: nested too deep.") from None
    except ValueError as error:  # no UTF-8, no JSON, a number of thousands of digits
        reason = str(error).splitlines()[0][:120]
        raise CheckpointError(f"{str(path)!r} is not valid JSON: {reason}.") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


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
    def card(self) -> Card:
        """The card.

        Raises:
            CheckpointError: it is missing, or `read_card` refuses it.
        """
        path = self.folder / CARD
        if not path.is_file():
            raise CheckpointError(f"No {CARD} in {str(self.folder)!r}; a checkpoint needs one.")
        return read_card(path)

    @property
    def method(self) -> str:
        """The method's registry name."""
        return self.card.method

    @property
    def digest(self) -> str:
        """SHA-256 of the weights, as the card states it and loading checks it."""
        return self.card.weights_sha256

    @cached_property
    def declaration(self) -> Declaration:
        """What its images are and what was asked about them.

        Raises:
            CheckpointError: the card declares what cannot be.
        """
        if self.card.declaration is None:
            return BREAST
        try:
            whose = repr(str(self.folder / CARD))
            return read_declaration(json.dumps(self.card.declaration), whose)
        except InputError as error:
            raise CheckpointError(str(error)) from None

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What it was built for; () for the method's own tasks, those of breast ultrasound.

        Raises:
            CheckpointError: the card declares what cannot be.
        """
        if self.declaration == BREAST:
            return ()
        try:
            return asked_of(self.declaration, [task.name for task in self.card.spec.tasks])
        except InputError as error:
            raise CheckpointError(f"{str(self.folder / CARD)!r}: {error}") from None

    def trained(self, name: str) -> Any:
        """What the card says of the training: "fold", "data", "recipe", …

        Raises:
            CheckpointError: it does not say.
        """
        found = getattr(self.card.training, name, None)
        if found is None:
            raise CheckpointError(
                f"The card in {str(self.folder)!r} does not say training.{name}, which this needs."
            )
        return found

    @property
    def threshold(self) -> float | None:
        """The probability from which the default operating point says malignant.

        None for a method without a class, and before thresholds were chosen.
        """
        point = self.card.default_point
        return None if point is None else point.threshold

    @property
    def presence_threshold(self) -> float | None:
        """The presence score from which an outline is taken for a lesion (`Prediction.presence`).

        None for a method without a mask, and before a threshold was chosen.
        """
        return None if self.card.presence is None else self.card.presence.threshold

    @property
    def rounds(self) -> list[Training]:
        """The rounds of the training, first to last; each went on from the weights before it."""
        return self.card.rounds

    @property
    def epochs(self) -> int | None:
        """Epochs the weights have behind them, each round up to the one it kept; None: not kept."""
        kept = [one.epoch for one in self.rounds if one.epoch is not None]
        return sum(kept) if kept and len(kept) == len(self.rounds) else None

    @property
    def predictions(self) -> Path:
        """The table of judged images."""
        return self.folder / PREDICTIONS

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """The training curve, one entry an epoch; empty where none was kept.

        Raises:
            CheckpointError: there is one, but it is no list of epochs.
        """
        path = self.folder / HISTORY
        found = _read_json(path) if path.is_file() else []
        try:
            CURVE.validate_python(found)
        except ValidationError:
            raise CheckpointError(f"{str(path)!r} is no list of epochs; restore it.") from None
        return found

    @cached_property
    def images(self) -> tuple[TrainingImage, ...]:
        """The images it was trained on, chosen by and tested with; empty where no list was kept.

        Raises:
            CheckpointError: the list is not the one that the card names.
        """
        path = self.folder / IMAGES
        if not path.is_file():
            return ()
        content = path.read_bytes()
        if sha256(content) != getattr(self.card.training, "images_sha256", None):
            raise CheckpointError(
                f"{path} is not the list of images that its card names. It was exchanged or "
                "damaged; restore it."
            )
        return read_images(content)

    @cached_property
    def _parts(self) -> dict[str, str]:
        return {image.pixels: image.part for image in reversed(self.images)}

    def part_of(self, pixel_sha256: str) -> str | None:
        """The part of its training that an image was in, by its pixels.

        Args:
            pixel_sha256: `GreyImage.pixel_sha256`.

        Returns:
            "train", "validation" or "test"; None for an image that was in none, and where the
            checkpoint has no list (`images` is empty). Of an image in several parts, the first.
        """
        return self._parts.get(pixel_sha256[:DIGITS])

    def load(self) -> nn.Module:
        """The model with its weights, in float32 and evaluation mode.

        Raises:
            CheckpointError: the weights are missing, damaged, or do not fit.
        """
        path = self.folder / WEIGHTS
        if not path.is_file():
            raise CheckpointError(f"No {WEIGHTS} in {str(self.folder)!r}.")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CheckpointError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
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
        for name, tensor in state.items():
            if tensor.is_floating_point() and not torch.isfinite(tensor.float()).all():
                raise CheckpointError(
                    f"{path} holds a weight that is no number ({name[:80]}): nothing it answers "
                    "would mean anything. Restore the file or train again."
                )
        model = self._build()
        try:
            model.load_state_dict({name: _widen(tensor) for name, tensor in state.items()})
        except RuntimeError as error:
            reason = str(error).splitlines()[-1].strip()
            raise CheckpointError(f"{path} does not fit {self.method}: {reason}") from error
        return model.eval()

    def _build(self) -> nn.Module:
        """The network of the card, with weights still to come."""
        try:
            options = stored_options(self.method, self.card.options)
            return create_model(self.method, self.card.variant, tasks=self.tasks or None, **options)
        except MtlbusError:
            raise
        except Exception as error:
            # A constructor fails in many ways on options of the wrong kind; a card may hold any.
            raise CheckpointError(
                f"{str(self.folder / CARD)!r} names options that {self.method} cannot be built "
                f"with ({type(error).__name__}); restore it."
            ) from error


def _widen(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def checkpoints_folder() -> Path:
    """Where the trained weights are: the folder in `MTLBUS_CHECKPOINTS`, else the one that ships.

    The app, the command line and notebooks all look there.
    """
    return Path(os.environ.get("MTLBUS_CHECKPOINTS") or CHECKPOINTS)


def list_checkpoints(root: str | Path | None = None) -> dict[str, Checkpoint]:
    """The checkpoints in a folder by method, in the registry's order.

    Args:
        root: the folder; None for `checkpoints_folder`.
    """
    root = checkpoints_folder() if root is None else Path(root)
    found = {path.parent.name: path.parent for path in root.glob(f"*/{CARD}")}
    return {name: Checkpoint(found[name]) for name in list_methods() if name in found}


def find_checkpoint(method_or_folder: str | Path, root: str | Path | None = None) -> Checkpoint:
    """The checkpoint of a method, or the one in a folder.

    Args:
        method_or_folder: name of a method, a folder with a card, or the name of one among the
            shipped ("openkbp/ctan").
        root: where the methods' own are; None for `checkpoints_folder`.

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
    inside = Path(checkpoints_folder() if root is None else root) / name
    if "/" in name and (inside / CARD).is_file():
        return Checkpoint(inside)
    if is_panel(name):
        raise InputError("A panel has no weights of its own: ask for one of its networks.")
    spec = get_spec(name)
    have = ", ".join(shipped) or "none"
    raise CheckpointError(
        f"No trained weights ship for {spec.name}. Shipped: {have}. "
        f"Train it with: python -m mtlbus train {spec.name} --data LAYOUT=PATH --fold 1 --out DIR"
    )
