"""MT-ESTAN: a ResNet and a branch of row and column kernels, a mask and a class.

Data flow: a1..a5, c1..c5 (ResNet), n1..n5 (ESTAN) → up6 → mask logits by four Up Blocks, class
logit by the dense head.
"""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Output
from ..core.spec import Diagram, Edge, Equation, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.estan import mt_estan_encoder
from ..nn.estan_decoder import Bottleneck, MTESTANDecoder
from . import hybrid_paper, hybrid_wiring
from .pretraining import COMPACT_ENCODER, TAPS, weights_by_backbone
from .registry import register
from .wiring import image

NODES, EDGES = hybrid_wiring.cnn(1)

SPEC = Spec(
    name="mt_estan",
    title="MT-ESTAN",
    role="ablation",
    paper=hybrid_paper.PAPER,
    idea="Breast tissue lies in horizontal layers, so one branch looks along rows and columns with "
    "long thin kernels, beside an ordinary ResNet. Both feed every step of the decoder. It is the "
    "convolutional half of Hybrid-MT-ESTAN.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(*hybrid_paper.ROWCOL_MAPS, hybrid_paper.POOLED_MAP),
    stated="ImageNet ResNet-50 for five blocks; parallel paths of square and row/column kernels; "
    "four Up Blocks with skips from blocks 1 to 4. Kernels and widths are those of the lab's "
    "published network.",
    ours="Decisions H7 (here with the lab's head) and H8; the loss of the Hybrid, for a fair "
    "comparison.",
    decisions=(
        hybrid_paper.HEAD_DECISION.with_defaults(head="lab"),
        hybrid_paper.CNN_INPUT_DECISION,
        COMPACT_ENCODER,
        TAPS,
    ),
    equations=(
        hybrid_wiring.ESTAN,
        Equation(
            "The bottleneck",
            "the lab's network",
            r"u_6 = \big[\,T_2\big([\,c_5,\, a_5\,]\big),\; n_5,\; c_4\,\big]",
            hybrid_wiring.FUSION.symbols,
        ),
        hybrid_wiring.UP_BLOCK,
        hybrid_wiring.HEAD,
        *hybrid_wiring.LOSSES,
    ),
    diagram=Diagram(
        nodes=(image(), *NODES),
        edges=(Edge("image", "e1"), *EDGES),
        reading="Each block of the encoder holds a ResNet stage c and a stage n with long row and "
        "column kernels; both feed every step of the decoder. The class is read from u₆.",
    ),
    coarse_masks=hybrid_paper.COARSE_MASKS,
    paper_errors=hybrid_paper.PAPER_ERRORS,
    reported=hybrid_paper.REPORTED,
    recipe=hybrid_paper.RECIPE,
)


class MTESTAN(nn.Module):
    """See the module's docstring."""

    draws = "decoder"  # and nothing else, see `explain.class_alone`

    def __init__(self, variant: str, pretrained, head: str, compact_encoder: str) -> None:
        super().__init__()
        sizes = hybrid_paper.SIZES[variant]
        weights = weights_by_backbone(variant, pretrained, ("resnet",), compact_encoder)["resnet"]
        self.encoder = mt_estan_encoder(variant, sizes.estan, weights, compact_encoder)
        self.bottleneck = Bottleneck(self.encoder, sizes.bottleneck)
        channels = self.bottleneck.channels
        self.decoder = MTESTANDecoder(self.encoder, channels, sizes.decoder)
        self.head = hybrid_paper.dense_head(channels, variant, head)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 32, to mask logits B×1×H×W and class logit B×1."""
        cnn = self.encoder(images)
        up6 = self.bottleneck(cnn)  # B×2048×H/16×W/16 in the paper variant
        return Output(
            mask_logits=self.decoder(up6, cnn),
            class_logits={MALIGNANCY.name: self.head(up6)},
            maps=hybrid_paper.cnn_maps(cnn, up6) if maps else {},
        )


register(SPEC, MTESTAN, parts_of=lambda network: hybrid_paper.strip_parts())
