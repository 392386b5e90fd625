"""MobileNet (the first): classification only, with the lab's head."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Output
from ..core.spec import Equation, Spec
from ..core.tasks import MALIGNANCY
from ..nn.backbones import variant_backbone, weights_scale
from ..nn.lab_template import LabHead
from . import baseline_papers, hybrid_paper, lab_wiring
from .encoder_maps import DEEPEST, ENCODER_MEANS, backbone_maps
from .registry import register
from .wiring import classifier

SPEC = Spec(
    name="mobilenet",
    title="MobileNet",
    role="baseline",
    paper=hybrid_paper.PAPER,
    idea="A small network for telephones: each convolution is split into one per channel and one "
    "across channels. It says benign or malignant from the whole image and never sees a mask. It "
    "shows how much of the class a light network finds.",
    tasks=(MALIGNANCY,),
    maps=(*ENCODER_MEANS, DEEPEST),
    stated="MobileNet, version 1 by its reference; head and recipe from the lab's public script.",
    ours="Decisions B7 and B9. The compact variant has half as many blocks in a stage, each of the "
    "full width.",
    decisions=(baseline_papers.RAW_PIXELS_DECISION, baseline_papers.IMAGENET_DECISION),
    equations=(
        Equation(
            "A depthwise separable convolution",
            "Howard et al. 2017",
            r"y = \rho\,\mathrm{BN}\big(W\,\rho\,\mathrm{BN}(K_3 *_{\text{each channel}} x)\big)",
            "First every channel is filtered alone, then a 1×1 convolution $W$ mixes the channels: "
            "about a ninth of the products of a full 3×3 convolution.",
        ),
        lab_wiring.LAB_HEAD,
        lab_wiring.weighted_entropy(3),
    ),
    diagram=classifier(
        "C",
        [f"encoder.blocks.{n}" for n in range(5)],
        "mean over\nthe cells",
        "<head.layers",
        lab_wiring.DOWN_TO_MEAN
        + " Each convolution filters the channels one by one and then mixes them.",
    ),
    paper_errors=(baseline_papers.AUC_ERROR,),
    reported=(baseline_papers.hybrid_table("MobileNet"),),
    recipe=baseline_papers.MOBILENET_RECIPE,
)


class MobileNet(nn.Module):
    """1024@8 → mean → 512 → 64 → 1."""

    def __init__(self, variant: str, pretrained) -> None:
        super().__init__()
        self.encoder = variant_backbone(
            variant,
            pretrained,
            "mobilenetv1_100",
            {"depth_multiplier": 0.5},
            num_classes=0,
            global_pool="",
        )
        if variant == "paper":  # timm's weights want another scale than most
            self.mean, self.std = weights_scale(self.encoder)
        self.head = LabHead(self.encoder.num_features)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to a class logit B×1."""
        features, levels = self.encoder.forward_intermediates(images, indices=[1, 2, 3])
        return Output(
            class_logits={MALIGNANCY.name: self.head(features)},
            maps=backbone_maps(levels, features) if maps else {},
        )


register(SPEC, MobileNet)
