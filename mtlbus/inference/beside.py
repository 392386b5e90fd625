"""Files that lie beside weights and hold for these weights only."""

from __future__ import annotations

from collections.abc import Mapping

from ..checkpoints import Checkpoint
from ..core.errors import CheckpointError
from ..data.transforms import PREPROCESSING_VERSION


def require_own(checkpoint: Checkpoint, marks: Mapping[str, str], file: str, again: str) -> None:
    """The marks of a file are those of the weights, and of how images are prepared today.

    Args:
        checkpoint: of the weights.
        marks: `weights_sha256` and `preprocessing`, as they were written.
        file: its name.
        again: how to make it again.

    Raises:
        CheckpointError: they are others.
    """
    expected = (checkpoint.digest, PREPROCESSING_VERSION)
    if (marks.get("weights_sha256"), marks.get("preprocessing")) != expected:
        raise CheckpointError(f"{file} belongs to other weights and is not used. {again}")
