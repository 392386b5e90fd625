"""MTL-SA: MTL with one plain self-attention on the bottleneck."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Map, Output
from ..core.spec import MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.encoders import NARROW, level_encoder
from ..nn.heads import PooledHead
from ..nn.self_attention import SelfAttention
from . import cosa_paper, cosa_wiring
from .mtl import pooled_features
from .parts import Part, added_to, passed_by
from .pretraining import COMPACT_ENCODER
from .registry import register
from .uresnet import concat_decoder

ATTENTION_MEANING = "Where each cell of the bottleneck looks."
GAMMA_MEANING = (
    "What the attended context is multiplied by before it is added; 0 is none, a small number says "
    "little by itself."
)

SPEC = Spec(
    name="mtl_sa",
    title="MTL-SA",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="MTL whose bottleneck first looks at itself: every cell of C5 may gather from every "
    "other. The attended map feeds both the mask and the class. It asks what plain attention "
    "gives before anatomy is put in.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(
        MapSpec("sa_attention", "attention", ATTENTION_MEANING),
        MapSpec("sa_gamma", "scalar", GAMMA_MEANING),
        MapSpec("pooled_features", "feature", "The attended C5, which the class head averages."),
    ),
    stated="SAGAN self-attention on C5; the attended C5 feeds both branches.",
    ours="Decision M1 (decoder), B1 (pooling before the layer), M5 (ImageNet weights).",
    decisions=(
        cosa_paper.DECODER_DECISION,
        cosa_paper.POOLING_DECISION,
        cosa_paper.PRETRAINED_DECISION,
        COMPACT_ENCODER,
    ),
    equations=cosa_wiring.MTL_SA_EQUATIONS,
    diagram=cosa_wiring.MTL_SA,
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED,
    recipe=cosa_paper.RECIPE,
)


class MTLSA(nn.Module):
    """C5 to attended C5, then as MTL."""

    def __init__(self, variant: str, pretrained, decoder: str, compact_encoder: str) -> None:
        super().__init__()
        self.encoder = level_encoder(variant, compact_encoder, pretrained)
        self.attention = SelfAttention(self.encoder.channels[-1])
        self.decoder = concat_decoder(self.encoder, variant, decoder)
        self.head = PooledHead(self.encoder.channels[-1])

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×2×H×W and class logits B×2."""
        *skips, bottleneck = self.encoder(images)
        attended, attention = self.attention(bottleneck, bottleneck, bottleneck, bottleneck)
        returned = {}
        if maps:
            returned = {
                "sa_attention": Map(
                    attention.unsqueeze(1),
                    "attention",
                    "bottleneck C5",
                    32,
                    ATTENTION_MEANING,
                    grid=tuple(bottleneck.shape[-2:]),
                ),
                "sa_gamma": Map(
                    self.attention.gamma.expand(len(images), 1),
                    "scalar",
                    "bottleneck C5",
                    32,
                    GAMMA_MEANING,
                    labels=("γ",),
                ),
                "pooled_features": pooled_features(attended),
            }
        return Output(
            mask_logits=self.decoder([*skips, attended], images.shape[-2:]),
            class_logits={MALIGNANCY.name: self.head(attended)},
            maps=returned,
        )


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The self-attention."""
    return (
        Part(
            "self_attention",
            "the self-attention adds nothing to C5",
            passed_by(3),
            ("attention",),
            ("sa_attention", "sa_gamma"),
            adds=added_to(3),
        ),
    )


@register(SPEC, parts_of=parts_of)
def mtl_sa(
    variant, pretrained, tasks, decoder: str = "conv", compact_encoder: str = NARROW
) -> nn.Module:
    """Build MTL-SA."""
    return MTLSA(variant, pretrained, decoder, compact_encoder)
