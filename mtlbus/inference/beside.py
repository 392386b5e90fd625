"""Files that lie beside weights and hold for these weights only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..checkpoints import Checkpoint
from ..core.errors import CheckpointError
from ..core.files import write_atomically
from ..data.transforms import PREPROCESSING_VERSION

T = TypeVar("T")


def write_beside(
    checkpoint: Checkpoint, file: str, tensors: Mapping[str, np.ndarray], marks: Mapping[str, str]
) -> Path:
    """Write a file, marked with the digest of the weights and how images are prepared; its path."""
    own = {"weights_sha256": checkpoint.digest, "preprocessing": PREPROCESSING_VERSION}
    path = checkpoint.folder / file
    # In row order: safetensors takes the bytes of an array as they lie in memory.
    rows = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    write_atomically(path, save(rows, {**own, **marks}))
    return path


def read_beside(
    checkpoint: Checkpoint,
    file: str,
    verb: str,
    make: Callable[[Mapping[str, str], Mapping[str, np.ndarray]], T],
) -> T | None:
    """What a file holds; None where there is none.

    Args:
        checkpoint: of the weights.
        file: its name.
        verb: of the command line that writes it.
        make: from its marks and tensors; a name that it lacks is a KeyError.

    Raises:
        CheckpointError: it is damaged, or was made with other weights or images prepared otherwise.
    """
    path = checkpoint.folder / file
    if not path.is_file():
        return None
    again = f"Make it again: python -m mtlbus {verb} {checkpoint.method} --data LAYOUT=PATH"
    damaged = f"{file} is damaged and is not used. {again}"
    try:
        with safe_open(path, "numpy") as opened:
            marks = opened.metadata() or {}
            found = make(marks, {name: opened.get_tensor(name) for name in opened.keys()})  # noqa: SIM118
    except (SafetensorError, KeyError, IndexError, ValueError, OSError):
        raise CheckpointError(damaged) from None
    expected = (checkpoint.digest, PREPROCESSING_VERSION)
    if (marks.get("weights_sha256"), marks.get("preprocessing")) != expected:
        raise CheckpointError(f"{file} belongs to other weights and is not used. {again}")
    return found
