"""VGG-16: classification only, a single-task rival of the MTL-COSA paper."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from ..core.outputs import Output
from ..core.spec import Equation, MapSpec, Spec
from ..core.tasks import MALIGNANCY
from ..nn.vgg import vgg16 as vgg16_body
from ..nn.vgg import vgg_levels
from . import baseline_papers, cosa_paper, lab_wiring
from .encoder_maps import ENCODER_MEANS, encoder_means
from .registry import register
from .wiring import classifier

POOLED = MapSpec(
    "pooled_features",
    "feature",
    "The last convolutional map, which the fully connected layers read as 7×7 cells.",
)

SPEC = Spec(
    name="vgg16",
    title="VGG-16",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="Thirteen 3×3 convolutions between five poolings, then three fully connected layers. It "
    "says benign or malignant from the whole image and never sees a mask. Almost all of its "
    "weights sit in the first fully connected layer.",
    tasks=(MALIGNANCY,),
    maps=(*ENCODER_MEANS, POOLED),
    stated="VGG-16, two classes, softmax.",
    ours="The last layer has two outputs instead of 1,000; features are averaged to 7×7 cells for "
    "any input size, as published implementations do. Decision B9 (ImageNet weights).",
    decisions=(baseline_papers.IMAGENET_DECISION,),
    equations=(
        Equation(
            "A convolutional block",
            "Simonyan and Zisserman 2015",
            r"x_{k+1} = \text{MAX-P}\big((\rho\,K_3 *)^{n_k}\, x_k\big),\qquad n = 2, 2, 3, 3, 3",
            "$K_3$: 3×3 kernels; $\\rho$: ReLU; MAX-P: 2×2 maximum.",
        ),
        Equation(
            "The class",
            "Simonyan and Zisserman 2015",
            r"z = W_3\, D\,\rho\,W_2\, D\,\rho\,W_1\, \mathrm{vec}(x_6)",
            "$x_6$ as 7×7 cells; $D$: dropout; the last layer has two outputs.",
        ),
        lab_wiring.CLASS_ENTROPY,
    ),
    diagram=classifier(
        "C",
        [f"body.features.{n}" for n in (4, 9, 16, 23, 30)],
        "two dense\nlayers",
        "body.pre_logits",
        "Five blocks of convolutions, each halved at its end; then dense layers read all cells.",
    ),
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED[2:],
    recipe=cosa_paper.RECIPE,
)


class VGG16(nn.Module):
    """512@8 → 7×7 → 4096 → 4096 → 2."""

    def __init__(self, variant: str, pretrained) -> None:
        super().__init__()
        self.body = vgg16_body(variant, pretrained, classes=len(MALIGNANCY.classes))

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to class logits B×2."""
        _, *levels, features = vgg_levels(self.body.features, images)  # B×512×H/32×W/32
        found = {}
        if maps:
            found = encoder_means(levels) | POOLED.of(features, "last convolutional block", 32)
        logits = self.body.forward_head(F.adaptive_avg_pool2d(features, 7))
        return Output(
            class_logits={MALIGNANCY.name: logits},
            maps=found,
        )


register(SPEC, VGG16)
