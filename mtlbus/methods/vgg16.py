"""VGG-16: classification only, a single-task rival of the MTL-COSA paper."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from ..core.outputs import Map, Output
from ..core.spec import MapSpec, Spec
from ..core.tasks import MALIGNANCY
from ..nn.vgg import vgg16 as vgg16_body
from . import baseline_papers, classifier_wiring, cosa_paper
from .registry import register

_POOLED = "The last convolutional map, which the fully connected layers read as 7×7 cells."

SPEC = Spec(
    name="vgg16",
    title="VGG-16",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="Thirteen 3×3 convolutions between five poolings, then three fully connected layers. It "
    "says benign or malignant from the whole image and never sees a mask. Almost all of its "
    "weights sit in the first fully connected layer.",
    tasks=(MALIGNANCY,),
    maps=(MapSpec("pooled_features", "feature", _POOLED),),
    stated="VGG-16, two classes, softmax.",
    ours="The last layer has two outputs instead of 1,000; features are averaged to 7×7 cells for "
    "any input size, as published implementations do. Decision B9 (ImageNet weights).",
    decisions=(baseline_papers.IMAGENET_DECISION,),
    equations=classifier_wiring.VGG_EQUATIONS,
    diagram=classifier_wiring.VGG,
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
        features = self.body.features(images)  # B×512×H/32×W/32
        logits = self.body.forward_head(F.adaptive_avg_pool2d(features, 7))
        pooled = Map(features, "feature", "last convolutional block", 32, _POOLED)
        return Output(
            class_logits={MALIGNANCY.name: logits}, maps={"pooled_features": pooled} if maps else {}
        )


@register(SPEC)
def vgg16(variant, pretrained, tasks) -> nn.Module:
    """Build VGG-16."""
    return VGG16(variant, pretrained)
