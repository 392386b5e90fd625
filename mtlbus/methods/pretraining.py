"""Which ImageNet weights go to which backbone of a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..core.errors import CheckpointError, choose
from ..nn.backbones import refuse_weights

Weights = bool | str | Path


def weights_by_backbone(
    variant: str, pretrained: Weights | Mapping[str, Weights], backbones: Sequence[str]
) -> dict[str, Weights]:
    """Read `pretrained` for a method with one or more backbones.

    Args:
        variant: "paper" or "compact".
        pretrained: False or True for all of them, one file for a method with one backbone, or a
            mapping from backbone to any of these; one that is not named gets random weights.
        backbones: the names of the method's backbones.

    Returns:
        For each backbone what `timm_model` takes.

    Raises:
        CheckpointError: weights for the compact variant, or one file for several backbones.
        UnknownNameError: a backbone that the method does not have.
    """
    if isinstance(pretrained, Mapping):
        for name in pretrained:
            choose("backbone", name, backbones)
        chosen = {name: pretrained.get(name, False) for name in backbones}
    elif isinstance(pretrained, bool) or len(backbones) == 1:
        chosen = dict.fromkeys(backbones, pretrained)
    else:
        example = ", ".join(f"{name!r}: 'path'" for name in backbones)
        raise CheckpointError(
            f"One weight file was given for {len(backbones)} backbones. "
            f"Give pretrained={{{example}}}."
        )
    if variant != "paper" and any(weights is not False for weights in chosen.values()):
        refuse_weights(pretrained)
    return chosen
