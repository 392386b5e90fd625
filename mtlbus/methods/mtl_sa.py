"""MTL-SA: MTL with one plain self-attention on the bottleneck."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from ..core.outputs import MapWords, Output
from ..core.spec import Diagram, Edge, Equation, MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.encoders import level_encoder
from ..nn.heads import PooledHead
from ..nn.self_attention import SelfAttention, ratio_of_norms
from . import cosa_paper, cosa_wiring
from .encoder_maps import ENCODER_MEANS, encoder_means
from .parts import Part, added_to, passed_by
from .pretraining import COMPACT_ENCODER
from .registry import register
from .wiring import box, chain, lines

ATTENTION = MapSpec(
    "sa_attention",
    "attention",
    "Where each cell of the bottleneck looks.",
    MapWords("Self attention"),
)
ADDED = MapSpec(
    "sa_added",
    "scalar",
    "How large what attention adds is beside the C5 that it is added to: the ratio of their norms. "
    "0 is nothing.",
    MapWords("What attention adds"),
)
POOLED = MapSpec("pooled_features", "feature", "The attended C5, which the class head averages.")

SPEC = Spec(
    name="mtl_sa",
    title="MTL-SA",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="MTL whose bottleneck first looks at itself: every cell of C5 may gather from every "
    "other. The attended map feeds both the mask and the class. It asks what plain attention "
    "gives before anatomy is put in.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(ATTENTION, ADDED, *ENCODER_MEANS, POOLED),
    stated="SAGAN self-attention on C5; the attended C5 feeds both branches.",
    ours="Decision M1 (decoder), B1 (pooling before the layer), M5 (ImageNet weights), "
    "M8 (γ at the start).",
    decisions=(
        cosa_paper.DECODER_DECISION,
        cosa_paper.POOLING_DECISION,
        cosa_paper.PRETRAINED_DECISION,
        cosa_paper.GAMMA_DECISION,
        COMPACT_ENCODER,
    ),
    equations=(
        Equation(
            "Self-attention",
            "section 3; Zhang et al. 2019 (SAGAN)",
            lines(
                r"A = \mathrm{softmax}_{\text{keys}}\big((W_q C_5)^{\!\top} (W_k C_5)\big)",
                r"S = \gamma\,(W_v C_5)\,A^{\!\top} + C_5",
            ),
            "$W_q, W_k$: to an eighth of the channels, $W_v$: to all of them; row $i$ of $A$ says "
            "where cell $i$ looks and sums to 1; $\\gamma$ starts at 0, so at first $S = C_5$.",
        ),
        replace(cosa_wiring.UPWARD, latex=cosa_wiring.UPWARD.latex.replace("U_5 = C_5", "U_5 = S")),
        cosa_wiring.MASK_LOGITS,
        replace(cosa_wiring.POOLED_CLASS, latex=r"z = W\,\mathrm{GAP}(S) + b"),
        cosa_wiring.TOTAL_LOSS,
    ),
    diagram=Diagram(
        (
            *cosa_wiring.U_SHAPE,
            box("attention", "self-attention S", "idea", 1, 5, "attention:0"),
            *cosa_wiring.MEAN_AND_CLASS,
        ),
        (
            *cosa_wiring.U_EDGES,
            *chain("c5", "attention", "vector", "class"),
            Edge("attention", "u4"),
        ),
        cosa_wiring.READING + "Before either answer, every cell of the deepest level may gather "
        "from every other.",
    ),
    coarse_masks=cosa_paper.COARSE_MASKS,
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED,
    recipe=cosa_paper.RECIPE,
)


class MTLSA(nn.Module):
    """C5 to attended C5, then as MTL."""

    draws = "decoder"  # and nothing else, see `explain.class_alone`

    def __init__(
        self, variant: str, pretrained, decoder: str, gamma_start: float, compact_encoder: str
    ) -> None:
        super().__init__()
        self.encoder = level_encoder(variant, compact_encoder, pretrained)
        self.attention = SelfAttention(self.encoder.channels[-1], gamma=gamma_start)
        self.decoder = cosa_paper.concat_decoder(self.encoder, variant, decoder)
        self.head = PooledHead(self.encoder.channels[-1])

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×2×H×W and class logits B×2."""
        *skips, bottleneck = self.encoder(images)
        attended, attention = self.attention(bottleneck, bottleneck, bottleneck, bottleneck)
        returned = {}
        if maps:
            place = ("bottleneck C5", 32)
            added = ratio_of_norms(attended - bottleneck, bottleneck)[:, None]
            returned = {
                **ATTENTION.of(attention.unsqueeze(1), *place, grid=tuple(bottleneck.shape[-2:])),
                **ADDED.of(added, *place, labels=("C5",)),
                **encoder_means(skips[1:]),
                **POOLED.of(attended, *place),
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
            (ATTENTION.name, ADDED.name),
            adds=added_to(3),
        ),
    )


register(SPEC, MTLSA, parts_of=parts_of)
