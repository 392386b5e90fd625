"""VGGA-ViT: a VGG-16 with channel attention beside a vision transformer, class only."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.errors import InputError, choose
from ..core.outputs import Map, Output
from ..core.spec import Decision, MapSpec, PaperRecipe, Spec
from ..core.tasks import MALIGNANCY
from ..nn.vgg import vgg16
from ..nn.vision_transformer import VisionTransformerEncoder
from . import baseline_papers, classifier_wiring
from .parts import MEAN, Part, mean_output
from .pretraining import weights_by_backbone
from .registry import register

_WEIGHT = "How much each of the 64 summary channels of the VGG path counts for this image."
_POOLED = "The last VGG map, whose mean and maximum weigh its channels and whose mean is classed."

SPEC = Spec(
    name="vgga_vit",
    title="VGGA-ViT",
    role="baseline",
    paper=baseline_papers.VGGA_VIT,
    idea="Two networks read the same image: a VGG-16 for local texture and a vision transformer "
    "for the whole. In the VGG path, the mean and the maximum of each channel decide how much it "
    "counts. Thirty-two numbers of each path are joined for the class.",
    tasks=(MALIGNANCY,),
    maps=(
        MapSpec("channel_weight", "scalar", _WEIGHT),
        MapSpec("pooled_features", "feature", _POOLED),
    ),
    stated="From the public code: ViT-B/16 to 32; VGG-16 features to 64, times a 1024→8→64 sigmoid "
    "gate on their mean and maximum, to 32; joined, sigmoid, batch normalisation, dropout 0.5, "
    "64→64→2; input 224.",
    ours="Decision B8 (pooling for inputs other than 224). No mask: the public model has none.",
    decisions=(
        Decision(
            "B8",
            "The public code pools 4×4 cells, which leaves one value at 224 and 2×2 at 256, where "
            "the next layer no longer fits.",
            "The mean over all cells, for any input size.",
            "pooling = adaptive | fixed (the public code's, for inputs of 128 to 224 pixels)",
            "Inputs are 256 here, and the fixed pooling reads only the upper left 16 of the 49 "
            "cells at 224.",
        ),
        replace(
            baseline_papers.IMAGENET_DECISION,
            options="pretrained = False | True | {'vit': path, 'vgg16': path}",
        ),
    ),
    equations=classifier_wiring.VGGA_VIT_EQUATIONS,
    diagram=classifier_wiring.VGGA_VIT,
    paper_errors=(
        "The Hybrid-MT-ESTAN paper prints DSC 74.9 and JI 64.9 for it, but it is a pure "
        "classifier; the branch that drew the masks is not described.",
        "The pooling of the public code sees only the upper left part of the feature map.",
        baseline_papers.AUC_ERROR,
        baseline_papers.MIXED_ROWS_ERROR.format(prevalence=".34"),
    ),
    reported=(baseline_papers.hybrid_table("VGGA-ViT"),),
    recipe=PaperRecipe(
        optimizer="adam",
        learning_rate=1e-4,
        weight_decay=0.0,
        batch_size=16,
        epochs=100,
        input_size=224,
        mask_weight=0.0,
        class_weight=1.0,
        schedule="steps",
        select="best",
        note="The public code: cross-entropy; the rate falls to a tenth after 25, 50, 75 and 90 "
        "epochs. Its random crop of 0.2 to 1, colour jitter of 0.4 and grey of 0.2 are left out: "
        "the images here are grey, and a fifth of one may hold no lesion. Ours: the best epoch of "
        "the validation part.",
    ),
)


class ChannelAttentionHead(nn.Module):
    """VGG features to 32 numbers, through 64 channels weighted by the features' mean and maximum.

    Args:
        channels: of the features.
        pooling: decision B8.
    """

    def __init__(self, channels: int, pooling: str = "adaptive") -> None:
        super().__init__()
        self.pooling = choose("value of pooling (B8)", pooling, ("adaptive", "fixed"))
        self.gate = nn.Sequential(
            nn.Linear(2 * channels, 8), nn.ReLU(inplace=True), nn.Linear(8, 64), nn.Sigmoid()
        )
        self.summary = nn.Sequential(
            nn.Linear(channels, 64), nn.BatchNorm1d(64), nn.ReLU(inplace=True), nn.Dropout(0.5)
        )
        self.out = nn.Linear(64, 32)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """B×C×h×w to B×32, and the channel weights B×64 in 0..1."""
        mean, maximum = features.mean(dim=(2, 3)), features.amax(dim=(2, 3))
        weight = self.gate(torch.cat([mean, maximum], dim=1))
        pooled = mean if self.pooling == "adaptive" else self._fixed(features)
        return self.out(weight * self.summary(pooled)), weight

    def _fixed(self, features: Tensor) -> Tensor:
        rows, columns = features.shape[-2:]
        if not (4 <= rows < 8 and 4 <= columns < 8):
            raise InputError(
                f"pooling='fixed' (B8) needs inputs of 128 to 255 pixels a side, this one has "
                f"{rows}×{columns} cells of 32 pixels. Use pooling='adaptive'."
            )
        return F.avg_pool2d(features, 4).flatten(1)


class VGGAViT(nn.Module):
    """Both paths, joined."""

    def __init__(self, variant: str, pretrained, pooling: str) -> None:
        super().__init__()
        weights = weights_by_backbone(variant, pretrained, ("vit", "vgg16"))
        self.transformer = VisionTransformerEncoder(variant, weights["vit"], compact_depth=6)
        self.transformer_out = nn.Linear(self.transformer.channels, 32)
        body = vgg16(variant, weights["vgg16"])
        self.vgg = body.features
        self.vgg_out = ChannelAttentionHead(body.num_features, pooling)
        self.joined = nn.Sequential(nn.Sigmoid(), nn.BatchNorm1d(64), nn.Dropout(0.5))
        self.classifier = nn.Sequential(nn.Linear(64, 64), nn.Linear(64, 2))

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 32, to class logits B×2; in training B is at least 2."""
        whole = self.transformer_out(self.transformer(images).class_token)  # B×32
        features = self.vgg(images)  # B×512×H/32×W/32
        local, weight = self.vgg_out(features)
        logits = self.classifier(self.joined(torch.cat([whole, local], dim=1)))
        return Output(
            class_logits={MALIGNANCY.name: logits},
            maps={
                "channel_weight": Map(weight, "scalar", "VGG path", 32, _WEIGHT),
                "pooled_features": Map(features, "feature", "VGG-16 features", 32, _POOLED),
            }
            if maps
            else {},
        )


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The weights of the channels."""
    return (
        Part("channel_weight", f"the weights {MEAN}", mean_output, ("vgg_out.gate",),
             ("channel_weight",)),
    )  # fmt: skip


@register(SPEC, parts_of=parts_of)
def vgga_vit(variant, pretrained, tasks, pooling: str = "adaptive") -> nn.Module:
    """Build VGGA-ViT; the option is decision B8."""
    return VGGAViT(variant, pretrained, pooling)
