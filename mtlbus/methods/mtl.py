"""MTL: UResNet with a class head on the bottleneck, the plain multi-task network."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Map, Output
from ..core.spec import Diagram, MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.encoders import level_encoder
from ..nn.heads import PooledHead
from . import cosa_paper, cosa_wiring
from .encoder_maps import ENCODER_MEANS, encoder_means
from .pretraining import COMPACT_ENCODER
from .registry import register
from .wiring import chain

POOLED = MapSpec("pooled_features", "feature", "C5, which the class head averages.")

SPEC = Spec(
    name="mtl",
    title="MTL",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="One encoder, two answers: a U-shaped decoder draws the tumour, and the pooled bottleneck "
    "says benign or malignant. Nothing else joins the two tasks. It is the yardstick for "
    "everything that adds attention.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(*ENCODER_MEANS, POOLED),
    stated="UResNet with C5 into a fully connected layer; 0.8·CE mask + 0.2·CE class.",
    ours="Decision M1 (decoder), B1 (pooling before the layer), M5 (ImageNet weights).",
    decisions=(
        cosa_paper.DECODER_DECISION,
        cosa_paper.POOLING_DECISION,
        cosa_paper.PRETRAINED_DECISION,
        COMPACT_ENCODER,
    ),
    equations=(
        cosa_wiring.UPWARD,
        cosa_wiring.MASK_LOGITS,
        cosa_wiring.POOLED_CLASS,
        cosa_wiring.TOTAL_LOSS,
    ),
    diagram=Diagram(
        (*cosa_wiring.U_SHAPE, *cosa_wiring.MEAN_AND_CLASS),
        (*cosa_wiring.U_EDGES, cosa_wiring.BOTTOM, *chain("c5", "vector", "class")),
        cosa_wiring.READING + "The class is read from the mean of the deepest level.",
    ),
    coarse_masks=cosa_paper.COARSE_MASKS,
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED,
    recipe=cosa_paper.RECIPE,
)


class MTL(nn.Module):
    """C1..C5 to a mask, C5 to a class."""

    draws = "decoder"  # and nothing else, see `explain.class_alone`

    def __init__(self, variant: str, pretrained, decoder: str, compact_encoder: str) -> None:
        super().__init__()
        self.encoder = level_encoder(variant, compact_encoder, pretrained)
        self.decoder = cosa_paper.concat_decoder(self.encoder, variant, decoder)
        self.head = PooledHead(self.encoder.channels[-1])

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×2×H×W and class logits B×2."""
        features = self.encoder(images)
        return Output(
            mask_logits=self.decoder(features, images.shape[-2:]),
            class_logits={MALIGNANCY.name: self.head(features[-1])},
            maps=_maps(features) if maps else {},
        )


def _maps(features: list[Tensor]) -> dict[str, Map]:
    return encoder_means(features[1:-1]) | POOLED.of(features[-1], "bottleneck C5", 32)


register(SPEC, MTL)
