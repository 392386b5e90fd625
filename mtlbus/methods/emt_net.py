"""EMT-Net, rebuilt from its abstract: a light backbone in the lab's multi-task template."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from ..core.outputs import Output
from ..core.spec import Decision, Diagram, Edge, Equation, Paper, ReportedTable, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.lab_template import LabDecoder, LabHead
from ..nn.lite_encoder import LiteWithHead
from . import baseline_papers, hybrid_wiring, lab_wiring
from .encoder_maps import DEEPEST, ENCODER_MEANS, backbone_maps
from .registry import register
from .wiring import box, chain, climbing, going_down, image, malignancy

DECODER_WIDTHS = {"paper": (128, 64, 32, 16), "compact": (64, 32, 24, 16)}
ENCODER, DOWN = going_down("C", [f"encoder:{n}" for n in range(5)])

SPEC = Spec(
    name="emt_net",
    title="EMT-Net (rebuilt from the abstract)",
    role="baseline",
    paper=Paper(
        title="EMT-NET: efficient multitask network for computer-aided diagnosis of breast cancer",
        authors="J. Shi, A. Vakanski, M. Xian, J. Ding, C. Ning",
        year=2022,
        reference="IEEE International Symposium on Biomedical Imaging (ISBI), 1–5",
    ),
    idea="A light classification network gets a segmentation branch, so that drawing the tumour "
    "teaches the shared features what to look at. The branch adds little to run. A weighted "
    "cross-entropy steers between sensitivity and specificity.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(*ENCODER_MEANS, DEEPEST),
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
            "Same laboratory, and the backbone is the light one of its benchmark. As in the "
            "template, the last stage of the backbone serves the class only.",
            elsewhere="none (compact: EfficientNet-Lite0 with the same channels, from ImageNet "
            "weights)",
        ),
        baseline_papers.RAW_PIXELS_DECISION,
        baseline_papers.IMAGENET_DECISION,
    ),
    equations=(
        lab_wiring.LAB_HEAD,
        lab_wiring.weighted_entropy(3),
        replace(hybrid_wiring.DICE, source="the lab's public template"),
        Equation(
            "The loss",
            "the lab's public template",
            r"\mathcal{L} = 3\,\mathcal{L}_{cls} + \mathcal{L}_{Dice}",
            "The weight of the malignant images steers between sensitivity and specificity.",
            ("B3",),
        ),
    ),
    diagram=Diagram(
        nodes=(
            image(),
            *ENCODER,
            *climbing("U", [f"decoder.blocks.{n}" for n in range(4)], column=1.1, last_row=3)[0][
                :4
            ],
            box("mask", "mask", "answer", 2.15, 0, ":mask_logits"),
            box("vector", "mean over\nthe cells", "decoder", 1.1, 5, "<head.layers"),
            malignancy(2.15, 5),
        ),
        edges=(
            *DOWN,
            Edge("c4", "u4", route="hv"),
            *chain("u4", "u3", "u2", "u1", "mask"),
            Edge("image", "u1"),
            *(Edge(f"c{n}", f"u{n + 1}") for n in range(1, 4)),
            *chain("c5", "vector", "class"),
        ),
        reading="A light encoder goes down; the decoder climbs from its fourth level and takes the "
        "finer ones and the image along. The deepest level serves the class only.",
    ),
    coarse_masks=("decoder.blocks.0", "decoder.blocks.1", "decoder.blocks.2"),
    compact_imagenet=True,
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

    draws = "decoder"  # and nothing else, see `explain.class_alone`

    def __init__(self, variant: str, pretrained) -> None:
        super().__init__()
        self.encoder = LiteWithHead(pretrained, "efficientnet_b0" if variant == "paper" else "")
        *levels, deepest = self.encoder.channels
        self.head = LabHead(deepest)
        self.decoder = LabDecoder(levels, DECODER_WIDTHS[variant])

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 32, to mask logits B×1×H×W and a class logit B×1."""
        *features, deepest = self.encoder(images)
        return Output(
            mask_logits=self.decoder(images, features),
            class_logits={MALIGNANCY.name: self.head(deepest)},
            maps=backbone_maps(features[1:], deepest) if maps else {},
        )


register(SPEC, EMTNet)
