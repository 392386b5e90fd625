"""SHA-MTL, rebuilt from its abstract: soft gates on the skips, a hard mask on the class.

Data flow: five dense maps → decoder with gated skips → mask logits → hard mask (no gradient) on
the bottleneck → class logit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.outputs import Map, MapWords, Output
from ..core.spec import Decision, Diagram, Edge, Equation, MapSpec, Option, Paper, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.attention_gate import AttentionGate
from ..nn.decoders import conv_bn_relu, upsample_to
from ..nn.dense_encoder import DenseEncoder
from ..nn.encoders import LITE
from ..nn.lite_encoder import LiteEncoder
from . import baseline_papers
from .encoder_maps import ENCODER_MEANS, encoder_means
from .parts import MEAN, Part, mean_gate, mean_input
from .pretraining import COMPACT_ENCODER
from .registry import register
from .wiring import box, chain, climbing, going_down, image, malignancy

DECODER_WIDTHS = {"paper": (512, 256, 128, 64), "compact": (64, 48, 32, 24)}
GATES = tuple(
    MapSpec(
        f"ag_gate.{level}",
        "gate",
        f"How much of the skip at stride {stride} passes into the decoder; an even 0.5 is neutral.",
        MapWords("Attention gate"),
    )
    for level, stride in enumerate((16, 8, 4, 2), start=1)
)
HARD = MapSpec(
    "hard_attention",
    "gate",
    "The share of the predicted tumour in every cell of the bottleneck, as the class sees it.",
    MapWords(
        caution="This is no learnt gate: it is the network's own mask, averaged in each cell, and "
        "the class looks through it. **If the mask is wrong, so is this**, and it does not say "
        "which of the cells inside mattered.",
        quantity="share",
        ends=("0 none", "0.5", "1 all"),
        learnt=False,
    ),
)
POOLED = MapSpec(
    "pooled_features",
    "feature",
    "The bottleneck, which the class head averages over the image and under the mask.",
)

ENCODER, DOWN = going_down("C", [f"encoder:{n}" for n in range(5)])

SPEC = Spec(
    name="sha_mtl",
    title="SHA-MTL (rebuilt from the abstract)",
    role="baseline",
    paper=Paper(
        title="SHA-MTL: soft and hard attention multi-task learning for automated breast cancer "
        "ultrasound image segmentation and classification",
        authors="G. Zhang, K. Zhao, Y. Hong, X. Qiu, K. Zhang, B. Wei",
        year=2021,
        reference="International Journal of Computer Assisted Radiology and Surgery 16(10), "
        "1719–1725, doi:10.1007/s11548-021-02445-7",
    ),
    idea="Dense features are climbed back to a mask through attention gates that let only the "
    "useful part of each skip pass (soft attention). The predicted mask then cuts the lesion out "
    "of the deepest features (hard attention). The class is read from the whole image and from "
    "the lesion side by side.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(*GATES, HARD, *ENCODER_MEANS, POOLED),
    stated="Dense CNN encoder, upsampling decoder, attention gates between them (soft attention); "
    "the predicted lesion guides the classifier (hard attention). Only the abstract was reachable.",
    ours="The architecture is rebuilt from the abstract: sizes, gates, decoder and classifier are "
    "decision B2.",
    decisions=(
        Decision(
            "B2",
            "Everything beyond the abstract: backbone, kind of gate, decoder, how the mask enters.",
            "DenseNet-121; additive gates of Attention U-Net without a convolution behind them; "
            "bilinear upsampling and two 3×3 convolutions to 512, 256, 128 and 64 channels; mask "
            "at half of the input, interpolated; class logit from the mean of the bottleneck "
            "beside its mean under the thresholded mask, without gradient to the mask.",
            "The plainest parts that fit the abstract's words; a mask of fractions keeps small "
            "lesions, and an empty mask adds zeros.",
            options=(
                Option(
                    "mask_cells",
                    "fraction",
                    ("fraction", "any"),
                    "share of the tumour in a cell, or 1 where it touches",
                ),
                Option(
                    "hard_pooling", "mean", ("mean", "masked"), "over all cells, or over the tumour"
                ),
            ),
        ),
        baseline_papers.IMAGENET_DECISION,
        COMPACT_ENCODER,
    ),
    equations=(
        Equation(
            "Soft attention on a skip",
            "Oktay et al. 2018; that it is this gate is ours",
            r"\alpha = \sigma\big(\psi\,\rho(\theta x + \phi g)\big),\qquad \tilde x = \alpha "
            r"\odot x",
            "$x$: the skip; $g$: the decoder one level below; $\\theta$ halves the grid of $x$; "
            "$\\alpha$: one number a cell, between 0 and 1, enlarged to the grid of $x$.",
            ("B2",),
        ),
        Equation(
            "Hard attention",
            "abstract; form is ours",
            r"h = \mathrm{AvgPool}\,\mathbb{1}[\,p > 0.5\,]",
            "$p$: the predicted mask, without gradient; $h$: the share of tumour in each cell of "
            "the bottleneck.",
            ("B2",),
        ),
        Equation(
            "The class",
            "ours",
            r"z = w^{\top}[\,\mathrm{GAP}(x_5),\; \mathrm{GAP}(h \odot x_5)\,] + b",
            "$x_5$: the bottleneck; GAP: mean over the cells.",
            ("B2",),
        ),
    ),
    diagram=Diagram(
        nodes=(
            image(),
            *ENCODER,
            *(
                box(f"g{5 - n}", f"gate {n}", "idea", 1.1, 5 - n, f"gates.{n - 1}:0")
                for n in range(1, 5)
            ),
            *climbing("U", [f"fusers.{n}" for n in range(4)], column=2.2)[0],
            box("hard", "hard mask", "idea", 3.3, 4, ":maps:hard_attention"),
            box("vector", "means of all and\nunder the mask", "decoder", 3.3, 5, "<classifier"),
            malignancy(4.35, 5),
        ),
        edges=(
            *DOWN,
            *chain("u4", "u3", "u2", "u1", "mask"),
            *(Edge(f"c{n}", f"g{n}") for n in range(1, 5)),
            *(Edge(f"g{n}", f"u{n}") for n in range(1, 5)),
            Edge("c5", "u4", route="hv"),
            Edge("mask", "hard", route="hv"),
            *chain("hard", "vector", "class"),
            Edge("c5", "vector"),
        ),
        reading="Gates decide which part of each skip enters the decoder (soft attention). The "
        "predicted mask then cuts the lesion out of the deepest features C₅ (hard attention), and "
        "the class is read from the whole and from the lesion.",
    ),
    coarse_masks=("fusers.0", "fusers.1", "fusers.2"),
    paper_errors=(
        "The Hybrid-MT-ESTAN text gives it a false negative rate of 9.2 %: that is its false "
        "positive rate, the other is 51.9 %.",
        baseline_papers.AUC_ERROR,
    ),
    reported=(baseline_papers.hybrid_table("SHA-MTL"),),
)


class SHAMTL(nn.Module):
    """See the module's docstring; the arguments are decision B2."""

    def __init__(
        self,
        variant: str,
        pretrained,
        mask_cells: str,
        hard_pooling: str,
        compact_encoder: str,
    ) -> None:
        super().__init__()
        self.mask_cells, self.hard_pooling = mask_cells, hard_pooling
        if variant == "compact" and compact_encoder == LITE:
            self.encoder: nn.Module = LiteEncoder(pretrained)
        else:
            self.encoder = DenseEncoder(variant, pretrained)
        *skips, below = self.encoder.channels
        self.classifier = nn.Linear(2 * below, 1)
        self.gates, self.fusers = nn.ModuleList(), nn.ModuleList()
        for skip, width in zip(reversed(skips), DECODER_WIDTHS[variant], strict=True):
            self.gates.append(AttentionGate(skip, below))
            self.fusers.append(
                nn.Sequential(conv_bn_relu(below + skip, width), conv_bn_relu(width, width))
            )
            below = width
        self.mask_head = nn.Conv2d(below, 1, 1)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 32, to mask logits B×1×H×W and a class logit B×1."""
        *skips, bottleneck = self.encoder(images)  # strides 2, 4, 8, 16; 32
        x, gates = bottleneck, []
        for skip, gate, fuse in zip(reversed(skips), self.gates, self.fusers, strict=True):
            gated, alpha = gate(skip, x)  # soft attention
            x = fuse(torch.cat([upsample_to(x, skip.shape[-2:]), gated], dim=1))
            gates.append(alpha)
        mask_logits = upsample_to(self.mask_head(x), images.shape[-2:])
        cells = self.hard_mask(mask_logits, bottleneck)
        whole = bottleneck.mean(dim=(2, 3))
        class_logits = self.classifier(torch.cat([whole, self._lesion(bottleneck, cells)], dim=1))
        return Output(
            mask_logits=mask_logits,
            class_logits={MALIGNANCY.name: class_logits},
            maps=_maps(skips, bottleneck, cells, gates) if maps else {},
        )

    def hard_mask(self, mask_logits: Tensor, bottleneck: Tensor) -> Tensor:
        """The thresholded mask on the bottleneck's grid, B×1×h×w in 0..1, without gradient."""
        inside = (mask_logits.detach() > 0).to(bottleneck.dtype)
        pool = F.adaptive_avg_pool2d if self.mask_cells == "fraction" else F.adaptive_max_pool2d
        return pool(inside, bottleneck.shape[-2:])

    def _lesion(self, bottleneck: Tensor, cells: Tensor) -> Tensor:
        """The bottleneck pooled under the mask, B×C; zeros for an empty mask."""
        lesion = bottleneck * cells
        if self.hard_pooling == "mean":
            return lesion.mean(dim=(2, 3))
        return lesion.sum(dim=(2, 3)) / cells.sum(dim=(2, 3)).clamp_min(1e-6)


def _maps(
    skips: list[Tensor], bottleneck: Tensor, cells: Tensor, gates: list[Tensor]
) -> dict[str, Map]:
    """The gates from the deepest skip to the finest, and what the class head pools."""
    found = {}
    for declared, alpha, stride in zip(GATES, gates, (16, 8, 4, 2), strict=True):
        found |= declared.of(alpha, f"skip at stride {stride}", stride)
    return {
        **found,
        **HARD.of(cells, "bottleneck", 32),
        **encoder_means(skips[1:]),
        **POOLED.of(bottleneck, "bottleneck", 32),
    }


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The soft gates, all and each, and what the class sees through the mask."""
    gates = {f"ag_gate.{number + 1}": f"gates.{number}" for number in range(len(network.gates))}
    pooled = network.classifier.in_features // 2
    return (
        Part("ag_gate", f"all gates {MEAN}", mean_gate, tuple(gates.values()), tuple(gates)),
        *(
            Part(name, f"the values of the gate {MEAN}", mean_gate, (module,), (name,))
            for name, module in gates.items()
        ),
        Part(
            "hard_attention",
            f"the features under the mask {MEAN}",
            mean_input(pooled),
            ("classifier",),
            ("hard_attention",),
        ),
    )


register(SPEC, SHAMTL, parts_of=parts_of)
