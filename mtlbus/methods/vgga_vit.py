"""VGGA-ViT: a VGG-16 with channel attention beside a vision transformer, class only."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.errors import InputError
from ..core.outputs import Output
from ..core.spec import Decision, Diagram, Edge, Equation, MapSpec, Option, Paper, PaperRecipe, Spec
from ..core.tasks import MALIGNANCY
from ..nn.vgg import vgg16, vgg_levels
from ..nn.vision_transformer import VisionTransformerEncoder
from . import baseline_papers
from .encoder_maps import ENCODER_MEANS, encoder_means
from .parts import Part, mean_part
from .pretraining import weights_by_backbone
from .registry import register
from .wiring import box, chain, image, lines, malignancy

WEIGHT = MapSpec(
    "channel_weight",
    "scalar",
    "How much each of the 64 summary channels of the VGG path counts for this image.",
)
POOLED = MapSpec(
    "pooled_features",
    "feature",
    "The last VGG map, whose mean and maximum weigh its channels and whose mean is classed.",
)

SPEC = Spec(
    name="vgga_vit",
    title="VGGA-ViT",
    role="baseline",
    paper=Paper(
        title="A VGG attention vision transformer network for benign and malignant classification "
        "of breast ultrasound images",
        authors="X. Qu, H. Lu, W. Tang, S. Wang, D. Zheng, Y. Hou, J. Jiang",
        year=2022,
        reference="Medical Physics 49(9), 5787–5798, doi:10.1002/mp.15852",
    ),
    idea="Two networks read the same image: a VGG-16 for local texture and a vision transformer "
    "for the whole. In the VGG path, the mean and the maximum of each channel decide how much it "
    "counts. Thirty-two numbers of each path are joined for the class.",
    tasks=(MALIGNANCY,),
    maps=(WEIGHT, *ENCODER_MEANS, POOLED),
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
            "Inputs are 256 here, and the fixed pooling reads only the upper left 16 of the 49 "
            "cells at 224.",
            options=(
                Option(
                    "pooling",
                    "adaptive",
                    ("adaptive", "fixed"),
                    "the public code's, for inputs of 128 to 224 pixels",
                ),
            ),
        ),
        replace(
            baseline_papers.IMAGENET_DECISION,
            elsewhere="pretrained = False | True | {'vit': path, 'vgg16': path}",
        ),
    ),
    equations=(
        Equation(
            "The VGG path",
            "public code",
            lines(
                r"g = \sigma\big(W_b\,\rho\,W_a\,[\,\mathrm{GAP}(x),\, \mathrm{GMP}(x)\,]\big)",
                r"v = W\,\big(g \odot D\,\rho\,\mathrm{BN}(W_c\,\mathrm{GAP}(x))\big)",
            ),
            "$x$: the VGG-16 features; GAP, GMP: mean and maximum over the cells; $g$: 64 weights "
            "between 0 and 1; $v$: 32 numbers.",
            ("B8",),
        ),
        Equation(
            "The class",
            "public code",
            r"z = W_2 W_1\, D\,\mathrm{BN}\,\sigma\big([\,W_t\,t_c,\; v\,]\big)",
            "$t_c$: the class token of the vision transformer, brought to 32 numbers; $D$: "
            "dropout.",
        ),
    ),
    diagram=Diagram(
        nodes=(
            image(),
            *(
                box(f"c{i}", f"VGG block {i}", "convolution", 0, i, f"vgg.{tap}")
                for i, tap in enumerate((4, 9, 16, 23, 30), start=1)
            ),
            box("gate", "channel gate", "idea", 1.05, 4, "vgg_out:1"),
            box("local", "summary,\ntimes the gate", "idea", 1.05, 5, "vgg_out:0"),
            box("token", "ViT,\nclass token", "transformer", 1.05, 0, "transformer:class_token"),
            box("whole", "summary", "decoder", 2.1, 0, "transformer_out"),
            box("joined", "joined", "decoder", 2.1, 5, "<joined"),
            malignancy(3.1, 5),
        ),
        edges=(
            *chain("image", "c1", "c2", "c3", "c4", "c5", "local", "joined", "class"),
            Edge("c5", "gate", route="hvh"),
            *chain("gate", "local"),
            *chain("image", "token", "whole", "joined"),
        ),
        reading="A VGG-16 goes down on the left, its summary weighed channel by channel; a vision "
        "transformer reads the same image. Thirty-two numbers of each are joined for the class.",
    ),
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
        crop=0.2,
        jitter=0.4,
        select="best",
        note="The public code: cross-entropy; the rate falls to a tenth after 25, 50, 75 and 90 "
        "epochs; random crops of a fifth of the image or more, which may hold no lesion; jitter of "
        "0.4 (its part on colours, and images made grey, change nothing in a grey image). Ours: "
        "the best epoch of the validation part; there it is that of the test images.",
    ),
)


class ChannelAttentionHead(nn.Module):
    """VGG features to 32 numbers, through 64 channels weighted by the features' mean and maximum.

    Args:
        channels: of the features.
        pooling: decision B8.
    """

    def __init__(self, channels: int, pooling: str) -> None:
        super().__init__()
        self.pooling = pooling
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
        _, *levels, features = vgg_levels(self.vgg, images)  # B×512×H/32×W/32
        local, weight = self.vgg_out(features)
        logits = self.classifier(self.joined(torch.cat([whole, local], dim=1)))
        found = {}
        if maps:
            found = {
                **WEIGHT.of(weight, "VGG path", 32),
                **encoder_means(levels),
                **POOLED.of(features, "VGG-16 features", 32),
            }
        return Output(class_logits={MALIGNANCY.name: logits}, maps=found)


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The weights of the channels."""
    return (mean_part("channel_weight", "the weights", "vgg_out.gate"),)


register(SPEC, VGGAViT, parts_of=parts_of)
