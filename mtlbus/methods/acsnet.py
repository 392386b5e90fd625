"""ACSNet: gates on the skips, deformable spatial attention in the decoder, channels weighed for
the class.

Data flow: layer0..layer4 (ResNet-18) → gate of each level → ffm1 (DSA), ffm2 (DSA), ffm3, ffm4 →
mask logits; layer3, layer4 and ffm1 → channel attention → class logits.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.errors import choose
from ..core.outputs import Map, Output
from ..core.spec import Decision, MapSpec, Paper, PaperRecipe, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.backbones import ResNetEncoder
from ..nn.deformable import DeformableAttention, DeformableSpatialAttention
from ..nn.encoders import COMPACT_ENCODERS, LITE, NARROW
from ..nn.gates import ChannelAttention, LevelGate, conv_norm_relu
from ..nn.lite_encoder import LiteEncoder
from . import acsnet_wiring
from .parts import MEAN, Call, Part, Silencing, mean_output, mean_sigmoid, zero
from .pretraining import COMPACT_ENCODER, weights_by_backbone
from .registry import register

COMPACT_CHANNELS = (32, 48, 64, 128)
LITE_CHANNELS = (16, 32, 48, 80, 160)
TOP_WIDTH = {"paper": 128, "compact": 32}  # of the convolutions at full and half resolution
LEVELS = (1, 2, 3, 4, 5)  # the paper counts its gates from the bottom: 1 is layer4, 5 is layer0
WEIGHED = {1: "layer3", 2: "layer4", 3: "ffm1"}

MEANINGS = {
    "gate": "How much of level {key} passes to the decoder: a + b, between 0 and 2.",
    "gate_map": "The two maps behind the numbers of level {key}: a is the mean of the first, b the "
    "maximum of the second. They say why, not where, the level passes.",
    "dsa_mean": "The spatial gate of DSA {key} from the mean over channels.",
    "dsa_max": "The spatial gate of DSA {key} from the maximum over channels.",
    "dcn_offset": "How far the nine samples of the first deformable convolution in DSA {key} move.",
    "dcn_modulation": "How much each of these nine samples counts in DSA {key}.",
    "channel_weight": "The weight of each channel of {key} for the class.",
    "pooled_features": "The weighed channels of three levels, which the class head averages.",
}

SPEC = Spec(
    name="acsnet",
    title="ACSNet",
    role="proposed",
    paper=Paper(
        title="Multi-task learning for segmentation and classification of breast tumors from "
        "ultrasound images",
        authors="Q. He, Q. Yang, H. Su, Y. Wang",
        year=2024,
        reference="Computers in Biology and Medicine 173, 108319",
    ),
    idea="What an encoder hands to the decoder is often redundant, so a gate decides for each "
    "level how much of it passes. Tumours have odd shapes, so the decoder samples where it wants "
    "and weighs places by two spatial gates. The class is read from three scales whose channels "
    "are weighed first.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(
        *(MapSpec(f"gate.{n}", "scalar", MEANINGS["gate"].format(key=n)) for n in LEVELS),
        *(MapSpec(f"gate_map.{n}", "gate", MEANINGS["gate_map"].format(key=n)) for n in LEVELS),
        *(
            MapSpec(f"{name}.{n}", kind, MEANINGS[name].format(key=n))
            for n in (1, 2)
            for name, kind in (
                ("dsa_mean", "gate"),
                ("dsa_max", "gate"),
                ("dcn_offset", "offset"),
                ("dcn_modulation", "gate"),
            )
        ),
        *(
            MapSpec(f"channel_weight.{n}", "gate", MEANINGS["channel_weight"].format(key=source))
            for n, source in WEIGHED.items()
        ),
        MapSpec("pooled_features", "feature", MEANINGS["pooled_features"]),
    ),
    stated="A gate unit between encoder and decoder, the Deformable Spatial Attention Module, "
    "multi-scale features and channel attention for the class. All sizes are those of the "
    "authors' public code.",
    ours="Decisions A1 to A3; ImageNet mean and deviation, because the code's own (0.330, 0.204) "
    "belong to a data set that it does not name. The code's network has 32.34 M parameters; "
    "0.51 M of them are ResNet-18's layer for the 1,000 classes of ImageNet, which nothing reads. "
    "It is left out here, so the paper variant has 31.82 M.",
    decisions=(
        Decision(
            "A1",
            "The file with the deformable convolution is missing from the public code.",
            "torchvision's, 18 offsets and 9 sigmoid weights, both predicted by 3×3 convolutions "
            "that start at zero (weights and biases); no bias of its own.",
            "none",
            "It is the operator that the call signature in the code points to; with zeros it "
            "starts as half of a plain convolution.",
        ),
        Decision(
            "A2",
            "The code's Dice puts ε inside the factor 2; an empty pair then has the loss −1.",
            "(2I + ε)/(P + G + ε).",
            "--loss official in training: as the code has it",
            "An empty pair must have the loss 0.",
        ),
        Decision(
            "A3",
            "The code picks the epoch on the test fold, resizes masks bilinearly and counts empty "
            "pairs as distance 0.",
            "Nearest-neighbour masks, a validation part of its own, distances over non-empty pairs "
            "with the count of the empty ones.",
            "none",
            "Each of the three flatters the result.",
        ),
        COMPACT_ENCODER,
        Decision(
            "E2",
            "Gates and groups want channels that are multiples of 16; lite0 has 24, 40 and 112.",
            "A 1×1 convolution, normalisation and ReLU on each level, to 16, 32, 48, 80 and 160.",
            "none",
            "The wiring stays, and the network within 7.5 million parameters.",
        ),
    ),
    equations=acsnet_wiring.EQUATIONS,
    diagram=acsnet_wiring.DIAGRAM,
    paper_errors=(
        "Only the abstract and the credits could be read; the tables are not available here.",
        "The public code does not run as it is: the deformable convolution and several imported "
        "names are missing, and two modules are dead code.",
        "Its test fold also picks the epoch.",
        "Its Dice loss reaches −1 on an empty pair.",
        "Its masks are resized bilinearly and then compared with 0 and 1, so boundary pixels drop "
        "out; distances of empty masks count as 0; only the first mask of an image is read.",
        "Its folds are neither stratified nor by patient.",
        "Behind each gate stands a convolution with group normalisation, which divides a common "
        "factor out again: a + b reaches the decoder only through the bias of that convolution.",
    ),
    recipe=PaperRecipe(
        optimizer="adam",
        learning_rate=1e-4,
        weight_decay=1e-4,
        batch_size=8,
        epochs=90,
        input_size=256,
        mask_weight=1.0,
        class_weight=1.0,
        cross_entropy_weight=0.0,
        dice_weight=1.0,
        dice_smooth=1e-5,
        weighting="learned",
        schedule="cosine",
        flip=0.6,
        vertical_flip=0.6,
        rotation=30.0,
        select="best",
        note="Dice (per image, ε = 1e-5, A2) for the mask and CE for the class, balanced by "
        "learned p_i (start 1): Σ 0.5/p_i²·L_i + log(1 + p_i²), p with weight decay. The rate "
        "falls by a cosine to 10 %. Flips with p = 0.6, rotation of ±30 degrees.",
    ),
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
        choose("value of compact_encoder (E1)", compact_encoder, COMPACT_ENCODERS)
        if variant == "compact" and compact_encoder == LITE:
            self.encoder: nn.Module = LiteEncoder(pretrained, LITE_CHANNELS)
        else:
            stages = None if variant == "paper" else COMPACT_CHANNELS
            self.encoder = ResNetEncoder(18, pretrained, stages)
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
            maps=self._maps(passed, (dsa1, dsa2), weighed, pooled) if maps else {},
        )

    @staticmethod
    def _maps(
        passed: list[tuple[Tensor, Tensor, Tensor]],
        attentions: tuple[DeformableAttention, DeformableAttention],
        weighed: list[tuple[Tensor, Tensor]],
        pooled: Tensor,
    ) -> dict[str, Map]:
        maps: dict[str, Map] = {}

        def add(name, number, tensor: Tensor, kind, stage, stride, key, labels=()) -> None:
            meaning = MEANINGS[name].format(key=key)
            maps[f"{name}.{number}"] = Map(tensor, kind, stage, stride, meaning, labels=labels)

        for level, (_, numbers, drawn) in zip(LEVELS, passed, strict=True):
            stage, stride = f"layer{5 - level}", 2 ** (6 - level)
            add("gate", level, numbers, "scalar", stage, stride, level, ("a (mean)", "b (maximum)"))
            add("gate_map", level, drawn, "gate", stage, stride, level, ("a", "b"))
        for number, found in enumerate(attentions, start=1):
            stage, stride = f"ffm{number}", 32 // 2**number
            add("dsa_mean", number, found.mean, "gate", stage, stride, number)
            add("dsa_max", number, found.largest, "gate", stage, stride, number)
            add("dcn_offset", number, found.offset, "offset", stage, stride, number)
            add("dcn_modulation", number, found.modulation, "gate", stage, stride, number)
        for (number, source), (_, weights) in zip(WEIGHED.items(), weighed, strict=True):
            stride = 32 if source == "layer4" else 16
            add("channel_weight", number, weights, "gate", source, stride, source)
        maps["pooled_features"] = Map(
            pooled, "feature", "layer3, layer4, ffm1", 16, MEANINGS["pooled_features"]
        )
        return maps


def _mean_numbers(call: Call, mean: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The level passes by the mean of a + b over the images."""
    passed = call.module.refine(mean.sum(dim=1)[:, None, None, None] * call.inputs[0])
    return passed, mean.expand_as(call.output[1]), call.output[2]


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The gates of the levels, the deformable spatial attention, and the weights of channels."""
    levels = tuple(f"gates.{index}" for index in range(len(LEVELS)))
    gates = tuple(f"{name}.{level}" for name in ("gate", "gate_map") for level in LEVELS)

    def deformable(name: str, says: str, silencing: Silencing, *modules: str) -> list[Part]:
        return [
            Part(f"{name}.{n}", says, silencing, tuple(f"dsa{n}.{m}" for m in modules),
                 (f"{name}.{n}",))
            for n in (1, 2)
        ]  # fmt: skip

    return (
        Part("gate", f"the numbers of all levels {MEAN}",
             Silencing(_mean_numbers, lambda call: call.output[1]), levels, gates),
        *deformable("dsa_mean", f"the values of the gate {MEAN}", mean_sigmoid, "gate_of_mean"),
        *deformable("dsa_max", f"the values of the gate {MEAN}", mean_sigmoid, "gate_of_largest"),
        *deformable("dcn_offset", "no sample moves", zero, "first.offset", "second.offset"),
        *deformable("dcn_modulation", f"the weights of the samples {MEAN}", mean_sigmoid,
                    "first.modulation", "second.modulation"),
        *(
            Part(f"channel_weight.{number}", f"the weights {MEAN}", mean_output,
                 (f"weigh.{index}.weigh",), (f"channel_weight.{number}",))
            for index, number in enumerate(WEIGHED)
        ),
    )  # fmt: skip


@register(SPEC, parts_of=parts_of)
def acsnet(variant, pretrained, tasks, compact_encoder: str = NARROW) -> nn.Module:
    """Build ACSNet; the option is decision E1."""
    weights = weights_by_backbone(variant, pretrained, ("resnet",), compact_encoder)
    return ACSNet(variant, weights["resnet"], compact_encoder)
