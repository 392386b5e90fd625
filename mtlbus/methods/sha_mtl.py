"""SHA-MTL, rebuilt from its abstract: soft gates on the skips, a hard mask on the class.

Data flow: five dense maps → decoder with gated skips → mask logits → hard mask (no gradient) on
the bottleneck → class logit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.errors import choose
from ..core.outputs import Map, Output
from ..core.spec import Decision, MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.attention_gate import AttentionGate
from ..nn.decoders import conv_bn_relu, upsample_to
from ..nn.dense_encoder import DenseEncoder
from ..nn.encoders import COMPACT_ENCODERS, LITE, NARROW
from ..nn.lite_encoder import LiteEncoder
from . import baseline_papers, baseline_wiring
from .parts import MEAN, Part, mean_gate, mean_input
from .pretraining import COMPACT_ENCODER
from .registry import register

DECODER_WIDTHS = {"paper": (512, 256, 128, 64), "compact": (64, 48, 32, 24)}
_GATE = "How much of the skip at stride {stride} passes into the decoder; an even 0.5 is neutral."
_HARD = "The share of the predicted tumour in every cell of the bottleneck, as the class sees it."
_POOLED = "The bottleneck, which the class head averages over the image and under the mask."

SPEC = Spec(
    name="sha_mtl",
    title="SHA-MTL (rebuilt from the abstract)",
    role="baseline",
    paper=baseline_papers.SHA_MTL,
    idea="Dense features are climbed back to a mask through attention gates that let only the "
    "useful part of each skip pass (soft attention). The predicted mask then cuts the lesion out "
    "of the deepest features (hard attention). The class is read from the whole image and from "
    "the lesion side by side.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(
        *(
            MapSpec(f"ag_gate.{level}", "gate", _GATE.format(stride=stride))
            for level, stride in enumerate((16, 8, 4, 2), start=1)
        ),
        MapSpec("hard_attention", "gate", _HARD),
        MapSpec("pooled_features", "feature", _POOLED),
    ),
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
            "mask_cells = fraction | any (share of the tumour in a cell, or 1 where it touches); "
            "hard_pooling = mean | masked (over all cells, or over the tumour)",
            "The plainest parts that fit the abstract's words; a mask of fractions keeps small "
            "lesions, and an empty mask adds zeros.",
        ),
        baseline_papers.IMAGENET_DECISION,
        COMPACT_ENCODER,
    ),
    equations=baseline_wiring.SHA_EQUATIONS,
    diagram=baseline_wiring.SHA,
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
        self.mask_cells = choose("value of mask_cells (B2)", mask_cells, ("fraction", "any"))
        self.hard_pooling = choose("value of hard_pooling (B2)", hard_pooling, ("mean", "masked"))
        choose("value of compact_encoder (E1)", compact_encoder, COMPACT_ENCODERS)
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
            maps=_maps(bottleneck, cells, gates) if maps else {},
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


def _maps(bottleneck: Tensor, cells: Tensor, gates: list[Tensor]) -> dict[str, Map]:
    """The gates from the deepest skip to the finest, and what the class head pools."""
    soft = {
        f"ag_gate.{level}": Map(
            alpha, "gate", f"skip at stride {stride}", stride, _GATE.format(stride=stride)
        )
        for level, (alpha, stride) in enumerate(zip(gates, (16, 8, 4, 2), strict=True), start=1)
    }
    return {
        **soft,
        "hard_attention": Map(cells, "gate", "bottleneck", 32, _HARD),
        "pooled_features": Map(bottleneck, "feature", "bottleneck", 32, _POOLED),
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


@register(SPEC, parts_of=parts_of)
def sha_mtl(
    variant,
    pretrained,
    tasks,
    mask_cells: str = "fraction",
    hard_pooling: str = "mean",
    compact_encoder: str = NARROW,
) -> nn.Module:
    """Build SHA-MTL; the options are decisions B2 and E1."""
    return SHAMTL(variant, pretrained, mask_cells, hard_pooling, compact_encoder)
