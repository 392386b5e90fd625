"""Backbones by variant, and which of them have weights to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from ..core.errors import CheckpointError
from .backbones import timm_model


def refuse_weights(pretrained: bool | str | Path, what: str = "the compact variant") -> None:
    """Raise `CheckpointError` if ImageNet weights are asked for where none exist.

    Args:
        pretrained: as given to `create_model`.
        what: the network that has none, in words.
    """
    if pretrained is not False:
        advice = ", or variant='paper'" if what == "the compact variant" else ""
        raise CheckpointError(
            f"There are no ImageNet weights for {what}. Use pretrained=False{advice}."
        )


def variant_backbone(
    variant: str,
    pretrained: bool | str | Path,
    name: str,
    compact: dict[str, Any],
    compact_name: str | None = None,
    **arguments: Any,
) -> nn.Module:
    """A timm model in the paper's size, or narrowed for `compact`.

    Args:
        variant: "paper" or "compact".
        pretrained: see `timm_model`; False for the compact variant.
        name: timm's name of the paper's backbone.
        compact: arguments that narrow it.
        compact_name: timm's name of its narrow relative, if it is a model of its own.
        arguments: for both variants.
    """
    if variant == "paper":
        return timm_model(name, pretrained, **arguments)
    refuse_weights(pretrained)
    return timm_model(compact_name or name, **arguments, **compact)
