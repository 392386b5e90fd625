"""Hybrid-MT-ESTAN: MT-ESTAN beside a SwinV2 whose stages pass an anatomy-aware gate.

Data flow: the image goes through MT-ESTAN's encoder and, stage by stage, through the Swin with an
AAA after each stage; c5, a5 and O_4 meet in up6; four Up Blocks draw the mask, the dense head says
the class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from ..core.outputs import SIGMOID_GATE, Map, MapWords, Output
from ..core.spec import Equation, MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.anatomy_attention import AnatomyAwareAttention
from ..nn.estan import mt_estan_encoder
from ..nn.estan_decoder import Bottleneck, MTESTANDecoder
from ..nn.swin import SwinEncoder, WindowedAttention, swin_encoder
from . import hybrid_paper, hybrid_wiring
from .parts import MEAN, Call, Part, Silencing, mean_gate
from .pretraining import COMPACT_ENCODER, TAPS, weights_by_backbone
from .registry import register

GATES = {
    stage: MapSpec(
        f"aaa_gate.{stage}",
        "gate",
        f"How much of each feature of Swin stage {stage} is let through, judged along rows and "
        "columns; 0.5 everywhere is the neutral start.",
        MapWords(
            "AAA gate",
            caution=f"{SIGMOID_GATE} This one is made on half the grid and doubled by a transposed "
            "convolution of 2×2: **a pattern that comes back in every second cell is that "
            "step's**, not the tissue's.",
        ),
    )
    for stage in range(1, 5)
}
UNGATED = {
    stage: MapSpec(
        f"aaa_features.{stage}",
        "feature",
        f"How strongly the features of Swin stage {stage} answer, before their gate.",
        MapWords("AAA features"),
    )
    for stage in range(1, 5)
}


def declared_maps(gated: Sequence[int]) -> tuple[MapSpec, ...]:
    """The inner maps of a network with an AAA after the `gated` Swin stages."""
    return (
        *(GATES[stage] for stage in gated),
        *(UNGATED[stage] for stage in gated),
        *hybrid_paper.ATTENTION_MAPS,
        *hybrid_paper.ROWCOL_MAPS,
        hybrid_paper.POOLED_MAP,
    )


SPEC = Spec(
    name="hybrid_mt_estan",
    title="Hybrid-MT-ESTAN",
    role="proposed",
    paper=hybrid_paper.PAPER,
    idea="A convolutional encoder with row and column kernels keeps the local pattern. A Swin "
    "Transformer beside it sees the whole image. Skin, fat, gland and muscle lie as horizontal "
    "layers, so after each Swin stage a gate of 9×1 and 1×9 kernels weighs the features by their "
    "place in this stack.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=declared_maps((1, 2, 3, 4)),
    stated="ImageNet ResNet-50 and SwinV2-Base-256; AAA of max- and average-pooling, upsampling, "
    "kernels 9×1 and 1×9, sigmoid, product; four Up Blocks with skips from MT-ESTAN; dense head "
    "with dropout 0.5; 3·focal + Dice.",
    ours="Decisions H1 to H8 (H9 in the recipe).",
    decisions=(
        hybrid_paper.PLACE_DECISION,
        hybrid_paper.FLOW_DECISION,
        hybrid_paper.COMBINE_DECISION,
        hybrid_paper.UPSAMPLE_DECISION,
        hybrid_paper.STRIP_DECISION,
        hybrid_paper.FUSION_DECISION,
        hybrid_paper.HEAD_DECISION,
        hybrid_paper.INPUT_DECISION,
        hybrid_paper.START_DECISION,
        COMPACT_ENCODER,
        TAPS,
    ),
    equations=(
        hybrid_wiring.SWIN_BLOCKS,
        hybrid_wiring.COSINE_ATTENTION,
        Equation(
            "The features as a map",
            "eq. 5",
            r"y^{i} = M\big(f^{\,l+1}\big)",
            "$M$ lays the tokens of stage $i$ out as $C \\times H \\times W$. The paper does not "
            "define it.",
            ("H1", "H2"),
        ),
        Equation(
            "Context of the gate",
            "eq. 6",
            r"B^{i} = U\big(\big[\,\text{MAX-P}(y^{i}),\; \text{AVG-P}(y^{i})\,\big]\big)",
            "MAX-P, AVG-P: 2×2 pooling; $[\\cdot,\\cdot]$: concatenation, as in the text; $U$: "
            "transposed 2×2 convolution back to $C \\times H \\times W$. The equation in print "
            "adds.",
            ("H3", "H4"),
            printed=r"B^{i} = U\big(\text{MAX-P}(y^{i}) + \text{AVG-P}(y^{i})\big)",
        ),
        Equation(
            "Anatomy-aware attention",
            "eq. 7",
            r"O^{i} = y^{i} \odot \sigma\big(A(B^{i})\big),\qquad A(B) = K_{1\times9} * "
            r"(K_{9\times1} * B)",
            "$\\sigma$: sigmoid, so the gate lies between 0 and 1; the kernels look nine cells "
            "along columns and rows, because breast tissue lies in horizontal layers.",
            ("H5",),
            printed=r"O^{i} = y^{i} \cdot \big(\sigma(A(B))\big)",
        ),
        hybrid_wiring.ESTAN,
        hybrid_wiring.FUSION,
        hybrid_wiring.UP_BLOCK,
        hybrid_wiring.HEAD,
        *hybrid_wiring.LOSSES,
    ),
    diagram=hybrid_wiring.hybrid(gated=True),
    coarse_masks=hybrid_paper.COARSE_MASKS,
    side_class="swin",
    paper_errors=hybrid_paper.PAPER_ERRORS,
    reported=hybrid_paper.REPORTED,
    recipe=hybrid_paper.RECIPE,
)


GATED = {"flow": (1, 2, 3, 4), "side": (4,)}  # stages with an AAA, by placement (H2)


class AnatomyOptions(NamedTuple):
    """Decisions H2, H3 and H5."""

    placement: str
    combine: str
    kernels: str
    gate_channels: str


class SwinFeatures(NamedTuple):
    """What the Swin branch computes.

    Attributes:
        deepest: O_4, or the stage's output without AAA, B×C×H/32×W/32.
        gates: stage number to gate B×C×h×w.
        ungated: stage number to y, the features that this gate weighs, B×C×h×w.
        attentions: of the four stages.
    """

    deepest: Tensor
    gates: dict[int, Tensor]
    ungated: dict[int, Tensor]
    attentions: list[WindowedAttention]


class AnatomicalSwin(nn.Module):
    """The Swin branch: four stages, an AAA after each (decision H2).

    Args:
        swin: the four stages.
        anatomy: how AAA is built; None leaves it out.
    """

    def __init__(self, swin: SwinEncoder, anatomy: AnatomyOptions | None) -> None:
        super().__init__()
        self.swin = swin
        gated: tuple[int, ...] = ()
        if anatomy is not None:
            gated = GATED[anatomy.placement]
        self.gates = nn.ModuleDict(
            {
                str(stage): AnatomyAwareAttention(swin.channels[stage - 1], *anatomy[1:])
                for stage in gated
            }
        )

    def forward(self, images: Tensor) -> SwinFeatures:
        """B×3×H×W, sides multiples of 32."""
        cells = self.swin.embed(images)
        gates, ungated, attentions = {}, {}, []
        for stage in range(1, 5):
            cells, attention = self.swin.stage(stage - 1, cells)
            attentions.append(attention)
            if str(stage) in self.gates:
                ungated[stage] = cells.permute(0, 3, 1, 2)  # y = M(f), eq. 5 (H1)
                gated, gates[stage] = self.gates[str(stage)](ungated[stage])  # eqs 6 and 7
                cells = gated.permute(0, 2, 3, 1)
        return SwinFeatures(cells.permute(0, 3, 1, 2), gates, ungated, attentions)


class HybridMTESTAN(nn.Module):
    """See the module's docstring.

    Args:
        variant: "paper" or "compact".
        pretrained: ImageNet weights of "resnet" and "swin", see `weights_by_backbone`.
        anatomy: decisions H2, H3 and H5; None for the ablation without AAA.
        head: decision H7.
        drop_path: stochastic depth of the Swin.
        start: decision B12.
        compact_encoder: decision E1.
        fusion: decision H6.
    """

    draws = "decoder"  # and nothing else, see `explain.class_alone`

    def __init__(
        self,
        variant: str,
        pretrained,
        anatomy: AnatomyOptions | None,
        head: str,
        drop_path: float,
        start: str,
        compact_encoder: str,
        fusion: str,
    ) -> None:
        super().__init__()
        sizes = hybrid_paper.SIZES[variant]
        weights = weights_by_backbone(variant, pretrained, ("resnet", "swin"), compact_encoder)
        self.encoder = mt_estan_encoder(variant, sizes.estan, weights["resnet"], compact_encoder)
        swin = swin_encoder(variant, weights["swin"], drop_path)
        hybrid_paper.start_swin(swin, start, weights["swin"])
        self.swin = AnatomicalSwin(swin, anatomy)
        self.bottleneck = Bottleneck(
            self.encoder,
            sizes.bottleneck,
            other=swin.channels[-1],
            normalise=fusion == "normalised",
        )
        channels = self.bottleneck.channels
        self.decoder = MTESTANDecoder(self.encoder, channels, sizes.decoder)
        self.head = hybrid_paper.dense_head(channels, variant, head)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 32, to mask logits B×1×H×W and class logit B×1."""
        cnn = self.encoder(images)
        swin = self.swin(images)
        up6 = self.bottleneck(cnn, swin.deepest)  # H6; B×2048×H/16×W/16 in the paper variant
        found = {}
        if maps:
            found = {
                **anatomy_maps(swin),
                **hybrid_paper.attention_maps(swin.attentions),
                **hybrid_paper.cnn_maps(cnn, up6),
            }
        return Output(
            mask_logits=self.decoder(up6, cnn),
            class_logits={MALIGNANCY.name: self.head(up6)},
            maps=found,
        )


def anatomy_maps(swin: SwinFeatures) -> dict[str, Map]:
    """The gate of each AAA, and the features before it."""
    found = {}
    for declared, tensors in ((GATES, swin.gates), (UNGATED, swin.ungated)):
        for stage, tensor in tensors.items():
            found |= declared[stage].of(tensor, f"Swin stage {stage}", 2 ** (stage + 1))
    return found


def maps_for(spec: Spec, options: Mapping[str, Any]) -> tuple[MapSpec, ...]:
    """The inner maps under the options of `hybrid_mt_estan`."""
    return declared_maps(GATED[options["aaa_placement"]])


def _mean_branch(call: Call, mean: Tensor) -> SwinFeatures:
    return call.output._replace(deepest=mean.expand_as(call.output.deepest))


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The whole Swin branch, each AAA, the attention within the branch, the row/column paths."""
    gates = {f"aaa_gate.{stage}": f"swin.gates.{stage}" for stage in network.swin.gates}
    attention = hybrid_paper.swin_parts(network.swin.swin, "swin.swin")
    inside = [*gates, *(f"aaa_features.{stage}" for stage in network.swin.gates)]
    return (
        Part(
            "swin_branch",
            f"the features of the whole branch {MEAN}",
            Silencing(_mean_branch, lambda call: call.output.deepest),
            ("swin",),
            (*inside, *(part.name for part in attention)),
        ),
        *(
            Part(name, f"the values of the gate {MEAN}", mean_gate, (module,), (name,))
            for name, module in gates.items()
        ),
        *attention,
        *hybrid_paper.strip_parts(),
    )


def hybrid_mt_estan(
    variant,
    pretrained,
    aaa_placement,
    aaa_combine,
    aaa_kernels,
    aaa_gate_channels,
    **options,
) -> nn.Module:
    """The network with its anatomy-aware attention."""
    anatomy = AnatomyOptions(aaa_placement, aaa_combine, aaa_kernels, aaa_gate_channels)
    return HybridMTESTAN(variant, pretrained, anatomy, **options)


register(SPEC, hybrid_mt_estan, maps_for=maps_for, parts_of=parts_of)
