"""EMT-Net, rebuilt from its abstract: a light backbone in the lab's multi-task template."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Map, Output
from ..core.spec import Decision, MapSpec, ReportedTable, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.lab_template import LabDecoder, LabHead
from ..nn.lite_encoder import LiteWithHead
from . import baseline_papers, baseline_wiring
from .registry import register

DECODER_WIDTHS = {"paper": (128, 64, 32, 16), "compact": (64, 32, 24, 16)}
_POOLED = "The deepest map of the backbone, which the class head averages."

SPEC = Spec(
    name="emt_net",
    title="EMT-Net (rebuilt from the abstract)",
    role="baseline",
    paper=baseline_papers.EMT_NET,
    idea="A light classification network gets a segmentation branch, so that drawing the tumour "
    "teaches the shared features what to look at. The branch adds little to run. A weighted "
    "cross-entropy steers between sensitivity and specificity.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(MapSpec("pooled_features", "feature", _POOLED),),
    stated="A light multi-task network with a segmentation branch on a classification backbone and "
    "a numerically stable weighted cross-entropy. Only abstract and introduction were reachable.",
    ours="The architecture is rebuilt from the abstract and the lab's public template: decision "
    "B3.",
    decisions=(
        Decision(
            "B3",
            "Which backbone, decoder and head.",
            "EfficientNet-B0 in the lab's template: its 1,280 channels are averaged, then 512, "
            "dropout 0.3, 64, 1; decoder from the "
            "map of stride 16 (112 channels) with skips of 40, 24 and 16 channels and the image, "
            "to 128, 64, 32 and 16 channels.",
            "none (compact: EfficientNet-Lite0 with the same channels, from ImageNet weights)",
            "Same laboratory, and the backbone is the light one of its benchmark. As in the "
            "template, the last stage of the backbone serves the class only.",
        ),
        baseline_papers.RAW_PIXELS_DECISION,
        baseline_papers.IMAGENET_DECISION,
    ),
    equations=baseline_wiring.EMT_EQUATIONS,
    diagram=baseline_wiring.EMT_NET,
    paper_errors=(
        "Four of the five multi-task scripts of the lab's benchmark cannot run: they ask their "
        "backbone for layers of DenseNet121.",
        baseline_papers.AUC_ERROR,
    ),
    reported=(
        baseline_papers.hybrid_table("EMT-Net"),
        ReportedTable(
            "EMT-Net's own abstract (%)",
            "1,511 images",
            "Other images and another split than in the table above.",
            ("method", "Acc", "Sens", "Spec"),
            (("EMT-Net", "88.6", "94.1", "85.3"),),
        ),
    ),
    recipe=baseline_papers.LAB_MULTI_RECIPE,
)


class EMTNet(nn.Module):
    """Backbone → class head; maps of strides 2 to 16 and the image → decoder."""

    def __init__(self, variant: str, pretrained) -> None:
        super().__init__()
        self.encoder = LiteWithHead(pretrained, "efficientnet_b0" if variant == "paper" else "")
        *levels, deepest = self.encoder.channels
        self.head = LabHead(deepest)
        self.decoder = LabDecoder(levels, DECODER_WIDTHS[variant])

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 32, to mask logits B×1×H×W and a class logit B×1."""
        *features, deepest = self.encoder(images)
        pooled = Map(deepest, "feature", "last stage of the backbone", 32, _POOLED)
        return Output(
            mask_logits=self.decoder(images, features),
            class_logits={MALIGNANCY.name: self.head(deepest)},
            maps={"pooled_features": pooled} if maps else {},
        )


@register(SPEC)
def emt_net(variant, pretrained, tasks) -> nn.Module:
    """Build EMT-Net."""
    return EMTNet(variant, pretrained)
