"""Convolutional encoders, from timm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import timm
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ..core.errors import CheckpointError

COMPACT_CHANNELS = (48, 96, 192, 320)


def timm_model(name: str, pretrained: bool | str | Path = False, **arguments) -> nn.Module:
    """Build a timm model, with ImageNet weights from the hub or from a local file.

    Args:
        name: timm's model name.
        pretrained: False for random weights, True for the hub, or the path of a .safetensors
            file as timm publishes it; pickles can run code and are refused.
        arguments: passed on to `timm.create_model`.

    Raises:
        CheckpointError: the hub cannot be reached, or the file is missing or does not fit.
    """
    if isinstance(pretrained, Mapping):
        raise CheckpointError(
            f"This network has one backbone: give one file, not {', '.join(map(repr, pretrained))}."
        )
    if pretrained is False:
        return timm.create_model(name, pretrained=False, **arguments)
    overlay = None
    if pretrained is not True:
        path = Path(pretrained)
        if not path.is_file():
            raise CheckpointError(
                f"No weight file at {str(path)!r}. Give the path of a file with timm's weights "
                f"for {name}, or pretrained=False."
            )
        if path.suffix != ".safetensors":
            raise CheckpointError(
                f"{path.name} is not a .safetensors file. Other formats can run code when they "
                f"are read; give timm's weights for {name} as safetensors."
            )
        overlay = {"file": str(path), "hf_hub_id": None, "url": ""}
    try:
        if overlay is not None:
            _require_fit(timm.create_model(name, pretrained=False, **arguments), path)
        return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, **arguments)
    except Exception as error:  # timm, hub and network errors share no base class
        source = f"the file {str(pretrained)!r}" if overlay else "the model hub"
        first_line = next(iter(str(error).splitlines()), type(error).__name__)
        raise CheckpointError(
            f"ImageNet weights for {name} could not be loaded from {source} ({first_line[:160]}). "
            f"Without network, download them elsewhere and give pretrained='path/to/file', "
            f"or use pretrained=False."
        ) from error


def _require_fit(model: nn.Module, path: Path) -> None:
    """Refuse a file that would leave most of a model random: timm skips what it does not find."""
    try:
        with safe_open(path, framework="pt") as file:
            held = {name.replace(".", "_") for name in file.keys()}  # noqa: SIM118, no mapping
    except SafetensorError as error:
        raise ValueError(f"it is damaged: {error}") from error
    # Feature extractors of timm join parts of names by "_".
    wanted = [name.replace(".", "_") for name, _ in model.named_parameters()]
    found = sum(name in held for name in wanted)
    if found < 0.9 * len(wanted):
        raise ValueError(f"it holds {found} of the model's {len(wanted)} tensors")


def weights_scale(body: nn.Module) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of the images that timm's weights of a model want, by channel."""
    stated = body.pretrained_cfg
    return tuple(stated["mean"]), tuple(stated["std"])


def refuse_weights(pretrained: bool | str | Path, what: str = "the compact variant") -> None:
    """Raise `CheckpointError` if ImageNet weights are asked for where none exist.

    Args:
        pretrained: as given to `create_model`.
        what: the network that has none, in words.
    """
    if pretrained is not False:
        advice = ""
        if what == "the compact variant":
            advice = ", variant='paper', or compact_encoder='lite0' where the method offers it"
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


class ResNetEncoder(nn.Module):
    """ResNet C1..C5: the stem before max-pooling and the four stages (strides 2, 4, 8, 16, 32).

    Args:
        depth: 18, 34, 50 or 101.
        pretrained: see `timm_model`.
        stage_channels: widths of the four stages instead of the published ones (depth 18 or 34).
    """

    strides = (2, 4, 8, 16, 32)

    def __init__(
        self,
        depth: int = 101,
        pretrained: bool | str | Path = False,
        stage_channels: tuple[int, int, int, int] | None = None,
    ) -> None:
        super().__init__()
        arguments = {} if stage_channels is None else {"channels": stage_channels}
        self.body = timm_model(f"resnet{depth}", pretrained, features_only=True, **arguments)
        self.channels: tuple[int, ...] = tuple(self.body.feature_info.channels())

    def forward(self, images: Tensor) -> list[Tensor]:
        """B×3×H×W to [C1 … C5], C_i of stride 2^i."""
        return self.body(images)


def resnet_encoder(
    variant: str, paper_depth: int = 101, pretrained: bool | str | Path = False
) -> ResNetEncoder:
    """The encoder of a variant: the paper's ResNet, or a narrow ResNet-18 for `compact`."""
    if variant == "paper":
        return ResNetEncoder(paper_depth, pretrained)
    refuse_weights(pretrained)
    return ResNetEncoder(18, stage_channels=COMPACT_CHANNELS)
