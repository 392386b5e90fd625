"""The encoder of MT-ESTAN: a ResNet with taps beside a branch of square and row/column kernels.

Source: the lab's network behind Hybrid-MT-ESTAN, section 2.1 and Fig. 2. The ESTAN branch stays at
twice the resolution of the ResNet stage with the same number.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from timm.models.resnet import Bottleneck
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.errors import InputError, choose
from .backbones import refuse_weights, timm_model
from .lite_encoder import LiteTaps

COMPACT_PLANES = (24, 40, 64, 128)


class StageKernels(NamedTuple):
    """Kernel sizes of one ESTAN stage.

    Attributes:
        square: first and second convolution of the square path.
        strip: rows and columns of the first of the row/column pair; the second is transposed.
        after: convolution after the pair.
        fuse: convolution that joins both paths.
        normalise: batch normalisation inside both paths.
    """

    square: tuple[int, int]
    strip: tuple[int, int]
    after: int
    fuse: int
    normalise: bool = True


STAGES = (
    StageKernels((1, 3), (1, 15), 3, 5),
    StageKernels((3, 3), (1, 13), 3, 5),
    StageKernels((3, 3), (1, 11), 1, 3),
    StageKernels((3, 3), (1, 9), 3, 1),
    StageKernels((3, 3), (3, 7), 3, 1, normalise=False),
)


def conv_relu(inputs: int, outputs: int, kernel: int | tuple[int, int]) -> nn.Sequential:
    """Convolution ("same") and ReLU, with He's initialisation: most have no normalisation."""
    rows, columns = (kernel, kernel) if isinstance(kernel, int) else kernel
    conv = nn.Conv2d(inputs, outputs, (rows, columns), padding=(rows // 2, columns // 2))
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    nn.init.zeros_(conv.bias)
    return nn.Sequential(conv, nn.ReLU())


class ESTANStage(nn.Module):
    """Two parallel paths over the same input, concatenated and fused.

    Args:
        inputs, outputs: channels; every convolution inside has `outputs`.
        kernels: their sizes.
    """

    def __init__(self, inputs: int, outputs: int, kernels: StageKernels) -> None:
        super().__init__()

        def norm() -> nn.Module:
            return nn.BatchNorm2d(outputs) if kernels.normalise else nn.Identity()

        self.square = nn.Sequential(
            conv_relu(inputs, outputs, kernels.square[0]),
            norm(),
            conv_relu(outputs, outputs, kernels.square[1]),
        )
        self.rowcol = nn.Sequential(
            conv_relu(inputs, outputs, kernels.strip),
            conv_relu(outputs, outputs, kernels.strip[::-1]),
            norm(),
            conv_relu(outputs, outputs, kernels.after),
        )
        self.fuse = conv_relu(2 * outputs, outputs, kernels.fuse)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """B×inputs×H×W.

        Returns:
            The fused features n_i and those of the row/column path, both B×outputs×H×W.
        """
        rowcol = self.rowcol(x)
        return self.fuse(torch.cat([self.square(x), rowcol], dim=1)), rowcol


class ResNetTaps(nn.Module):
    """A bottleneck ResNet that also returns what the lab's decoder reads inside it.

    a_1 is the stem before its normalisation, c_1 after the ReLU. a_2 is the first normalisation
    in stage 1. a_3 to a_5 are taken after the second normalisation of the first block: Keras puts
    the stride of a stage into the first convolution, here it sits in the second, and only after
    it the map has the size that the decoder needs. c_2 to c_5 are the stages' outputs.

    Args:
        body: timm's ResNet of plain bottleneck blocks, without a classifier.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        planes = [layer[0].conv1.out_channels for layer in self.layers]
        self.tap_channels = (body.conv1.out_channels, *planes)
        self.channels = (
            body.conv1.out_channels,
            *(width * Bottleneck.expansion for width in planes),
        )

    @property
    def layers(self) -> tuple[nn.Sequential, ...]:
        """The four stages."""
        body = self.body
        return body.layer1, body.layer2, body.layer3, body.layer4

    def forward(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """B×3×H×W to [a_1 … a_5] and [c_1 … c_5], both of strides 2, 4, 8, 16, 32."""
        stem = self.body.conv1(images)
        x = F.relu(self.body.bn1(stem))
        taps, outputs = [stem], [x]
        x = self.body.maxpool(x)
        for index, layer in enumerate(self.layers):
            x, tap = self._first_block(layer[0], x, after_stride=index > 0)
            for block in layer[1:]:
                x = block(x)
            taps.append(tap)
            outputs.append(x)
        return taps, outputs

    @staticmethod
    def _first_block(block: Bottleneck, x: Tensor, after_stride: bool) -> tuple[Tensor, Tensor]:
        """The block's own steps; its in-place activations would write over a tap."""
        first = block.bn1(block.conv1(x))
        second = block.bn2(block.conv2(F.relu(first)))
        answer = block.bn3(block.conv3(F.relu(second)))
        shortcut = x if block.downsample is None else block.downsample(x)
        return F.relu(answer + shortcut), second if after_stride else first


class Features(NamedTuple):
    """What the encoder hands on, each a list of five, shapes at 256×256 for the paper's sizes.

    Attributes:
        a: taps, 64@128, 64@64, 128@32, 256@16, 512@8.
        c: stages, 64@128, 256@64, 512@32, 1024@16, 2048@8.
        n: ESTAN branch, 32@256, 64@128, 128@64, 256@32, 512@16.
        rowcol: its row/column paths, shapes as n.
    """

    a: list[Tensor]
    c: list[Tensor]
    n: list[Tensor]
    rowcol: list[Tensor]


class MTESTANEncoder(nn.Module):
    """Both encoders of MT-ESTAN on the same image.

    Args:
        resnet: `ResNetTaps`, or `LiteTaps` in its place.
        widths: channels n_1 … n_5 of the ESTAN branch.
    """

    def __init__(self, resnet: nn.Module, widths: Sequence[int]) -> None:
        super().__init__()
        self.resnet = resnet
        if hasattr(resnet, "mean"):
            self.mean, self.std = resnet.mean, resnet.std
        self.widths = tuple(widths)
        inputs = (3, *self.widths[:-1])
        self.stages = nn.ModuleList(
            ESTANStage(*sizes) for sizes in zip(inputs, self.widths, STAGES, strict=True)
        )

    def forward(self, images: Tensor) -> Features:
        """B×3×H×W, sides multiples of 32."""
        height, width = images.shape[-2:]
        if height % 32 or width % 32:
            raise InputError(
                f"The image is {height}×{width}; MT-ESTAN needs sides that are multiples of 32."
            )
        a, c = self.resnet(images)
        n, rowcol = [], []
        x = images
        for stage in self.stages:
            fused, strips = stage(x)
            n.append(fused)
            rowcol.append(strips)
            x = F.max_pool2d(fused, 2)
        return Features(a, c, n, rowcol)


def mt_estan_encoder(
    variant: str,
    widths: Sequence[int],
    pretrained: bool | str | Path = False,
    compact_encoder: str = "narrow",
) -> MTESTANEncoder:
    """With ResNet-50 for `paper`; for `compact` as `compact_encoder` says (decision E1): "lite0",
    or "narrow", a narrow ResNet-26 of the same blocks."""
    choose("value of compact_encoder (E1)", compact_encoder, ("narrow", "lite0"))
    if variant == "paper":
        body = timm_model("resnet50", pretrained, num_classes=0)
    elif compact_encoder == "lite0":
        return MTESTANEncoder(LiteTaps(pretrained), widths)
    else:
        refuse_weights(pretrained)
        body = timm_model("resnet26", num_classes=0, channels=COMPACT_PLANES)
    return MTESTANEncoder(ResNetTaps(body), widths)
