"""mtlbus: multi-task learning on breast ultrasound, one network that outlines and classifies.

    from mtlbus import list_methods, create_model, load, predict

    create_model("mtl_cosa", variant="paper")        # a network with random weights
    predictor = load("mtl_cosa")                     # the trained one that ships
    predict("image.png", "mtl_cosa").probability     # of malignancy

Research and education only; not a medical device.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .methods import create_model, get_spec, list_methods

__version__ = "0.1.0"
__all__ = ["create_model", "get_spec", "list_methods", "load", "predict"]


def __getattr__(name: str) -> Any:
    """The registry, read when it is asked for: torch and timm take seconds, `--help` needs none."""
    if name not in ("create_model", "get_spec", "list_methods"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import methods

    return getattr(methods, name)


def load(method: str | Path, device: str | None = None):
    """The trained predictor of a shipped method, or of a checkpoint folder."""
    from .inference.predictor import Predictor

    return Predictor.of(method, device)


def predict(image: bytes | str | Path, method: str | Path, maps: bool = False):
    """Read an image (a path, or the bytes of a file) and predict it with a trained method.

    Raises:
        InputError: it cannot be read, or is no ultrasound image that a network can be asked about.
    """
    from .data.decoding import read_image
    from .inference.input_checks import require_answerable

    found = read_image(image)
    require_answerable(found)
    return load(method).predict(found, maps=maps)
