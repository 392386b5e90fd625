"""The network, its inner maps, and the parts of it that can be silenced."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...core.outputs import Map, MapWords, Output
from ...core.spec import MapSpec
from ...core.tasks import MALIGNANCY
from ...nn.backbones import ResNetEncoder
from ...nn.deformable import DeformableAttention, DeformableSpatialAttention
from ...nn.encoders import LITE
from ...nn.gates import ChannelAttention, LevelGate, conv_norm_relu
from ...nn.lite_encoder import LiteEncoder
from ..encoder_maps import ENCODER_MEANS, encoder_means
from ..parts import MEAN, Call, Part, Silencing, mean_part, mean_sigmoid, zero
from ..pretraining import weights_by_backbone

COMPACT_CHANNELS = (32, 48, 64, 128)
LITE_CHANNELS = (16, 32, 48, 80, 160)
TOP_WIDTH = {"paper": 128, "compact": 32}  # of the convolutions at full and half resolution
LEVELS = (1, 2, 3, 4, 5)  # the paper counts its gates from the bottom: 1 is layer4, 5 is layer0
WEIGHED = {1: "layer3", 2: "layer4", 3: "ffm1"}

GATE = {
    n: MapSpec(
        f"gate.{n}",
        "scalar",
        f"How much of level {n} passes to the decoder: a + b, between 0 and 2.",
    )
    for n in LEVELS
}
GATE_MAP = {
    n: MapSpec(
        f"gate_map.{n}",
        "gate",
        f"The two maps behind the numbers of level {n}: a is the mean of the first, b the maximum "
        "of the second. They say why, not where, the level passes.",
        MapWords(
            caution="**These maps do not choose places**: only the mean of the first and the "
            "maximum of the second are used, as one number for the whole level, see *Numbers*. "
            "They are the number's cause, not saliency; 0.5 everywhere is their neutral start.",
        ),
    )
    for n in LEVELS
}
DSA_MEAN = {
    n: MapSpec(
        f"dsa_mean.{n}",
        "gate",
        f"The spatial gate of DSA {n} from the mean over channels.",
        MapWords("DSA mean"),
    )
    for n in (1, 2)
}
DSA_MAX = {
    n: MapSpec(
        f"dsa_max.{n}",
        "gate",
        f"The spatial gate of DSA {n} from the maximum over channels.",
        MapWords("DSA maximum"),
    )
    for n in (1, 2)
}
OFFSET = {
    n: MapSpec(
        f"dcn_offset.{n}",
        "offset",
        f"How far the nine samples of the first deformable convolution in DSA {n} move.",
        MapWords("Deformable offset"),
    )
    for n in (1, 2)
}
MODULATION = {
    n: MapSpec(
        f"dcn_modulation.{n}",
        "gate",
        f"How much each of these nine samples counts in DSA {n}.",
        MapWords(
            "Deformable modulation",
            caution="**0.5 everywhere is the neutral start**: at first every sample counts one "
            "half. It says how much is read at a sample's place, see *Deformable offset* for where "
            "that is; it is not saliency.",
            quantity="weight",
            ends=("0 left out", "0.5", "1 full"),
        ),
    )
    for n in (1, 2)
}
CHANNEL_WEIGHT = {
    n: MapSpec(
        f"channel_weight.{n}", "gate", f"The weight of each channel of {source} for the class."
    )
    for n, source in WEIGHED.items()
}
POOLED = MapSpec(
    "pooled_features",
    "feature",
    "The weighed channels of three levels, which the class head averages.",
)
MAPS = (
    *GATE.values(),
    *GATE_MAP.values(),
    *(declared[n] for n in (1, 2) for declared in (DSA_MEAN, DSA_MAX, OFFSET, MODULATION)),
    *CHANNEL_WEIGHT.values(),
    *ENCODER_MEANS,
    POOLED,
)


def pointwise(inputs: int, outputs: int) -> nn.Sequential:
    """1×1 convolution and ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1), nn.ReLU(inplace=True))


def two_convs(channels: int, groups: int) -> nn.Sequential:
    """Twice 3×3 convolution, group normalisation, ReLU."""
    return nn.Sequential(*(conv_norm_relu(channels, channels, groups) for _ in range(2)))


def enlarge(x: Tensor, size) -> Tensor:
    """Bilinear to the given size with aligned corners, as UpsamplingBilinear2d does."""
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=True)


class ACSNet(nn.Module):
    """See the module's docstring."""

    def __init__(self, variant: str, pretrained, compact_encoder: str) -> None:
        super().__init__()
        weights = weights_by_backbone(variant, pretrained, ("resnet",), compact_encoder)["resnet"]
        if variant == "compact" and compact_encoder == LITE:
            self.encoder: nn.Module = LiteEncoder(weights, LITE_CHANNELS)
        else:
            stages = None if variant == "paper" else COMPACT_CHANNELS
            self.encoder = ResNetEncoder(18, weights, stages)
        c0, c1, c2, c3, c4 = self.encoder.channels  # 64, 64, 128, 256, 512
        self.gates = nn.ModuleList(LevelGate(width) for width in (c4, c3, c2, c1, c0))
        self.up1, self.conv2 = pointwise(c4, c3), two_convs(2 * c3, 16)
        self.dsa1 = DeformableSpatialAttention(2 * c3)
        self.up2, self.conv3 = pointwise(2 * c3, c2), two_convs(2 * c2, 8)
        self.dsa2 = DeformableSpatialAttention(2 * c2)
        self.up3, self.conv4 = pointwise(2 * c2, c1), two_convs(2 * c1, 4)
        self.up4 = pointwise(2 * c1, c0)
        top = TOP_WIDTH[variant]
        self.conv5 = nn.Sequential(pointwise(2 * c0, top), conv_norm_relu(top, top, 4))
        self.mask_head = nn.Sequential(conv_norm_relu(top, top, 4), nn.Conv2d(top, 1, 1))
        self.weigh = nn.ModuleList(ChannelAttention(width) for width in (c3, c4, 2 * c3))
        pooled = 3 * c3 + c4  # 1280
        self.class_head = nn.Sequential(
            nn.Linear(pooled, pooled // 2),
            nn.ReLU(inplace=True),
            nn.Linear(pooled // 2, len(MALIGNANCY.classes)),
        )

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×1×H×W and class logits B×2."""
        layers = self.encoder(images)  # layer0 … layer4, strides 2 … 32
        passed = [gate(x) for gate, x in zip(self.gates, reversed(layers), strict=True)]
        g1, g2, g3, g4, g5 = (features for features, _, _ in passed)

        def join(up: nn.Module, below: Tensor, skip: Tensor) -> Tensor:
            return torch.cat([skip, enlarge(up(below), skip.shape[-2:])], dim=1)

        dsa1 = self.dsa1(self.conv2(join(self.up1, g1, g2)))
        dsa2 = self.dsa2(self.conv3(join(self.up2, dsa1.features, g3)))
        ffm3 = self.conv4(join(self.up3, dsa2.features, g4))
        ffm4 = self.conv5(join(self.up4, ffm3, g5))
        mask_logits = self.mask_head(enlarge(ffm4, images.shape[-2:]))

        weighed = [
            attention(x)
            for attention, x in zip(self.weigh, (layers[3], layers[4], dsa1.features), strict=True)
        ]
        size = layers[3].shape[-2:]
        pooled = torch.cat([enlarge(features, size) for features, _ in weighed], dim=1)
        class_logits = self.class_head(pooled.mean(dim=(2, 3)))
        return Output(
            mask_logits=mask_logits,
            class_logits={MALIGNANCY.name: class_logits},
            maps=self._maps(layers, passed, (dsa1, dsa2), weighed, pooled) if maps else {},
        )

    @staticmethod
    def _maps(
        layers: list[Tensor],
        passed: list[tuple[Tensor, Tensor, Tensor]],
        attentions: tuple[DeformableAttention, DeformableAttention],
        weighed: list[tuple[Tensor, Tensor]],
        pooled: Tensor,
    ) -> dict[str, Map]:
        maps: dict[str, Map] = {}
        for level, (_, numbers, drawn) in zip(LEVELS, passed, strict=True):
            place = (f"layer{5 - level}", 2 ** (6 - level))
            maps |= GATE[level].of(numbers, *place, labels=("a (mean)", "b (maximum)"))
            labels = ("a: its mean counts", "b: its maximum counts")
            maps |= GATE_MAP[level].of(drawn, *place, labels=labels)
        for number, found in enumerate(attentions, start=1):
            place = (f"ffm{number}", 32 // 2**number)
            maps |= DSA_MEAN[number].of(found.mean, *place)
            maps |= DSA_MAX[number].of(found.largest, *place)
            maps |= OFFSET[number].of(found.offset, *place)
            maps |= MODULATION[number].of(found.modulation, *place)
        for (number, source), (_, weights) in zip(WEIGHED.items(), weighed, strict=True):
            maps |= CHANNEL_WEIGHT[number].of(weights, source, 32 if source == "layer4" else 16)
        maps |= encoder_means(layers[1:4])
        return maps | POOLED.of(pooled, "layer3, layer4, ffm1", 16)


def _mean_numbers(call: Call, mean: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The level passes by the mean of a + b over the images."""
    passed = call.module.refine(mean.sum(dim=1)[:, None, None, None] * call.inputs[0])
    return passed, mean.expand_as(call.output[1]), call.output[2]


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The gates of the levels, the deformable spatial attention, and the weights of channels."""
    levels = tuple(f"gates.{index}" for index in range(len(LEVELS)))
    gates = tuple(f"{name}.{level}" for name in ("gate", "gate_map") for level in LEVELS)

    def deformable(name: str, says: str, silencing: Silencing, *modules: str) -> list[Part]:
        places = {n: tuple(f"dsa{n}.{module}" for module in modules) for n in (1, 2)}
        maps = {n: f"{name}.{n}" for n in places}
        return [Part(maps[n], says, silencing, places[n], (maps[n],)) for n in places]

    return (
        Part(
            "gate",
            f"the numbers of all levels {MEAN}",
            Silencing(_mean_numbers, lambda call: call.output[1]),
            levels,
            gates,
        ),
        *deformable("dsa_mean", f"the values of the gate {MEAN}", mean_sigmoid, "gate_of_mean"),
        *deformable("dsa_max", f"the values of the gate {MEAN}", mean_sigmoid, "gate_of_largest"),
        *deformable("dcn_offset", "no sample moves", zero, "first.offset", "second.offset"),
        *deformable(
            "dcn_modulation",
            f"the weights of the samples {MEAN}",
            mean_sigmoid,
            "first.modulation",
            "second.modulation",
        ),
        *(
            mean_part(f"channel_weight.{number}", "the weights", f"weigh.{index}.weigh")
            for index, number in enumerate(WEIGHED)
        ),
    )
