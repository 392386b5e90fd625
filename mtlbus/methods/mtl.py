"""MTL: UResNet with a class head on the bottleneck, the plain multi-task network."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Map, Output
from ..core.spec import MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.encoders import NARROW, level_encoder
from ..nn.heads import PooledHead
from . import cosa_paper, cosa_wiring
from .pretraining import COMPACT_ENCODER
from .registry import register
from .uresnet import concat_decoder

SPEC = Spec(
    name="mtl",
    title="MTL",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="One encoder, two answers: a U-shaped decoder draws the tumour, and the pooled bottleneck "
    "says benign or malignant. Nothing else joins the two tasks. It is the yardstick for "
    "everything that adds attention.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(MapSpec("pooled_features", "feature", "C5, which the class head averages."),),
    stated="UResNet with C5 into a fully connected layer; 0.8·CE mask + 0.2·CE class.",
    ours="Decision M1 (decoder), B1 (pooling before the layer), M5 (ImageNet weights).",
    decisions=(
        cosa_paper.DECODER_DECISION,
        cosa_paper.POOLING_DECISION,
        cosa_paper.PRETRAINED_DECISION,
        COMPACT_ENCODER,
    ),
    equations=cosa_wiring.MTL_EQUATIONS,
    diagram=cosa_wiring.MTL,
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED,
    recipe=cosa_paper.RECIPE,
)


def pooled_features(features: Tensor) -> Map:
    """The tensor a class head averages, as a map for Grad-CAM."""
    return Map(features, "feature", "bottleneck C5", 32, "What the class head averages over.")


class MTL(nn.Module):
    """C1..C5 to a mask, C5 to a class."""

    def __init__(self, variant: str, pretrained, decoder: str, compact_encoder: str) -> None:
        super().__init__()
        self.encoder = level_encoder(variant, compact_encoder, pretrained)
        self.decoder = concat_decoder(self.encoder, variant, decoder)
        self.head = PooledHead(self.encoder.channels[-1])

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×2×H×W and class logits B×2."""
        features = self.encoder(images)
        return Output(
            mask_logits=self.decoder(features, images.shape[-2:]),
            class_logits={MALIGNANCY.name: self.head(features[-1])},
            maps={"pooled_features": pooled_features(features[-1])} if maps else {},
        )


@register(SPEC)
def mtl(
    variant, pretrained, tasks, decoder: str = "conv", compact_encoder: str = NARROW
) -> nn.Module:
    """Build MTL."""
    return MTL(variant, pretrained, decoder, compact_encoder)
