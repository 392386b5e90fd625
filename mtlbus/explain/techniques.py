"""Every attribution method by name: each tells in its own file what it shows and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.card import CardMap
from ..core.errors import UnknownNameError
from ..core.spec import MapSpec
from . import gradcam, gradients, guided_gradcam, hooked, perturbations
from .technique import Technique

_FILES = (gradients, hooked, perturbations, gradcam, guided_gradcam)  # as the page shows them

TECHNIQUES: dict[str, Technique] = {
    found.name: found
    for file in _FILES
    for found in vars(file).values()
    if isinstance(found, Technique) and found.run.__module__ == file.__name__
}


def served_by(maps: Sequence[MapSpec | CardMap]) -> list[str]:
    """Those that can explain a network which returns these maps: Grad-CAM needs features."""
    features = gradcam.layers_of(found.name for found in maps if found.kind == "feature")
    return [name for name, found in TECHNIQUES.items() if features or "layer" not in found.uses]


def technique_of(name: str) -> Technique:
    """The attribution method of a name; `UnknownNameError` offers the closest one."""
    if name not in TECHNIQUES:
        raise UnknownNameError("attribution method", name, TECHNIQUES)
    return TECHNIQUES[name]
