"""Which ImageNet weights go to which backbone of a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import CheckpointError, choose
from ..core.spec import Decision, Option
from ..nn.backbones import refuse_weights
from ..nn.encoders import LITE, NARROW
from .registry import get_entry

Weights = bool | str | Path

CONVOLUTIONAL = ("resnet",)  # backbones that lite0 takes the place of

TAPS = Decision(
    "E3",
    "What stands for a_2 to a_5, taken inside the first bottleneck of a stage of the ResNet.",
    "With lite0 the output of the first group of blocks of a stage (24, 40, 80, 192 channels).",
    "It has the size that the decoder needs, and is narrower than the stage's output or equal.",
)
COMPACT_ENCODER = Decision(
    "E1",
    "The encoder of the paper is too large to ship, and needs a GPU.",
    "The small variant has EfficientNet-Lite0 (lite0), which starts from ImageNet as the paper's "
    "encoder does, and wants images scaled to −1 … 1; narrow is a ResNet-18 with fewer channels, "
    "which starts at random.",
    "lite0 has 16, 24, 40, 112 and 320 channels at strides 2 to 32, so the wiring stays.",
    options=(Option("compact_encoder", LITE, (LITE, NARROW)),),
)


def weights_by_backbone(
    variant: str,
    pretrained: Weights | Mapping[str, Weights],
    backbones: Sequence[str],
    compact_encoder: str = NARROW,
) -> dict[str, Weights]:
    """Read `pretrained` for a method with one or more backbones.

    Args:
        variant: "paper" or "compact".
        pretrained: False or True for all of them, one file for a method with one backbone, or a
            mapping from backbone to any of these; one that is not named gets random weights.
        backbones: the names of the method's backbones.
        compact_encoder: decision E1; with "lite0" the compact variant has weights for its
            convolutional backbone, and True asks for no others.

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
    if variant != "paper" and compact_encoder == LITE:
        for name in backbones:  # only the convolutional one has weights here
            if name not in CONVOLUTIONAL and pretrained is True:
                chosen[name] = False
    elif variant != "paper" and any(weights is not False for weights in chosen.values()):
        refuse_weights(pretrained)
    return chosen


def starts_from_imagenet(method: str, variant: str, options: Mapping[str, Any]) -> bool:
    """Whether a network's ImageNet weights come with a package, so that training starts there.

    Args:
        method, variant, options: as for `create_model`.
    """
    if variant != "compact":
        return False
    entry = get_entry(method)
    chosen = {**entry.options, **options}.get("compact_encoder")
    return entry.spec.compact_imagenet or chosen == LITE


def stored_encoder(method: str, options: Mapping[str, Any]) -> dict[str, str]:
    """The option for the compact encoder of weights, by their card; empty without such an option.

    Args:
        method: whose weights they are.
        options: of the card.
    """
    stated = stored_options(method, options).get("compact_encoder")
    return {} if stated is None else {"compact_encoder": stated}


def stored_options(method: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of weights by their card, whatever the defaults are today.

    A card that does not name a compact encoder was written when there was only the narrow ResNet.
    """
    before = {"compact_encoder": NARROW} if "compact_encoder" in get_entry(method).options else {}
    return {**before, **options}
