"""ResNet: classification only, the single-task rival of the MTL-COSA paper."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Output
from ..core.spec import MapSpec, Spec
from ..core.tasks import MALIGNANCY
from ..nn.encoders import level_encoder
from ..nn.heads import PooledHead
from . import cosa_paper, cosa_wiring
from .encoder_maps import ENCODER_MEANS, encoder_means
from .pretraining import COMPACT_ENCODER
from .registry import register
from .wiring import CROSS_ENTROPY, classifier

POOLED = MapSpec("pooled_features", "feature", "C5, which the class head averages.")
SPEC = Spec(
    name="resnet",
    title="ResNet",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="A residual network that says benign or malignant from the whole image. It never sees a "
    "mask. It shows what the class gains when the mask is learned beside it.",
    tasks=(MALIGNANCY,),
    maps=(*ENCODER_MEANS, POOLED),
    stated="ResNet-101, two classes, softmax.",
    ours="Decision B1 (global average pooling), M5 (ImageNet weights).",
    decisions=(cosa_paper.POOLING_DECISION, cosa_paper.PRETRAINED_DECISION, COMPACT_ENCODER),
    equations=(cosa_wiring.POOLED_CLASS, CROSS_ENTROPY),
    diagram=classifier(
        "C",
        cosa_wiring.LEVELS,
        "mean over\nthe cells",
        "<head.classifier",
        "The image becomes smaller and deeper from level to level; the mean of the deepest level "
        "is the vector that the class is read from.",
    ),
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED[2:],
    recipe=cosa_paper.RECIPE,
)


class ResNetClassifier(nn.Module):
    """C5 to global average pooling to two logits."""

    def __init__(self, variant: str, pretrained, compact_encoder: str) -> None:
        super().__init__()
        self.encoder = level_encoder(variant, compact_encoder, pretrained)
        self.head = PooledHead(self.encoder.channels[-1])

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to class logits B×2."""
        _, *levels, bottleneck = self.encoder(images)
        return Output(
            class_logits={MALIGNANCY.name: self.head(bottleneck)},
            maps=encoder_means(levels) | POOLED.of(bottleneck, "bottleneck C5", 32) if maps else {},
        )


register(SPEC, ResNetClassifier)
