"""ResFormer-MTL, re-imagined from the abstract: the paper's text, sizes and numbers are not public.

Data flow: stem F_0, then four ResFormer blocks F_1..F_4 (ResNet stage joined with Swin blocks) →
DFE on F_0..F_3 as skips, U-shaped decoder to the mask; pooled F_1..F_4 → class logits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.spec import Decision, MapSpec, Option, Paper, PaperRecipe, Spec
from ...core.tasks import MALIGNANCY, SEGMENTATION
from ..pretraining import COMPACT_ENCODER
from ..registry import register
from .network import DILATIONS, ResFormerMTL, declared_maps, parts_of
from .wiring import DIAGRAM, EQUATIONS

SPEC = Spec(
    name="resformer_mtl",
    title="ResFormer-MTL (re-imagined from the abstract)",
    role="proposed",
    paper=Paper(
        title="Multi-scale Feature Enhancement in Multi-task Learning for Medical Image Analysis",
        authors="Phuoc-Nguyen Bui, Duc-Tai Le, Junghyun Bum, Hyunseung Choo",
        year=2024,
        reference="arXiv:2412.00351",
    ),
    idea="Each encoder block joins a convolutional stage, which sees the detail, with Transformer "
    "blocks, which see the context. The skips pass three branches of different dilation, so that "
    "small and large lesions both find a fitting one. The class is read from all levels; this "
    "network is re-imagined from the abstract and is no reproduction.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=declared_maps(DILATIONS),
    stated="A UNet whose encoder blocks join convolution and Transformer; multi-scale encoder "
    "features for the class; skips refined by three parallel convolutions of different dilation. "
    "ResNet-34 and Swin come from public summaries.",
    ours="Everything else: decisions R1 to R5.",
    decisions=(
        Decision(
            "R1",
            "How a ResFormer block joins convolution and Transformer.",
            "A pair of SwinV2 blocks (plain and shifted windows of 8; 2, 4, 8, 16 heads) reads the "
            "output R of the ResNet stage and gives T; F = conv1×1-BN-ReLU(cat(R, T)) + R feeds "
            "the next stage.",
            "With the residual the pretrained ResNet stays in place.",
            options=(
                Option("block_fusion", "concat", ("concat", "sum"), "F = R + T"),
                Option(
                    "block_input",
                    "series",
                    ("series", "parallel"),
                    "the Transformer reads the stage's input, brought to its shape by a strided "
                    "1×1 convolution",
                ),
            ),
        ),
        Decision(
            "R2",
            "Rates and widths of the DFE.",
            "Three 3×3 conv-BN-ReLU, C to C, dilations 1, 3 and 5, concatenated, 1×1 to C, plus "
            "identity, on levels 0 to 3.",
            "They reach over 3, 7 and 11 cells. Along a row they read the cells at 0, ±1, ±3 and "
            "±5 and leave out those at ±2 and ±4.",
            options=(Option("dilations", DILATIONS, meaning="or any three different rates"),),
        ),
        Decision(
            "R3",
            "The decoder.",
            "Bilinear ×2, concatenation with the enhanced skip, two 3×3 conv-BN-ReLU (256, 128, "
            "64, 64), bilinear ×2, 1×1.",
            "The plainest U-shape.",
        ),
        Decision(
            "R4",
            "The class head.",
            "Means of F_1 to F_4 (960 numbers), 256 with ReLU, dropout 0.3, two logits.",
            "'Multi-scale features from different encoder levels are combined.'",
        ),
        Decision(
            "R5",
            "Losses and training.",
            "0.5·(Dice + BCE) + 0.5·CE; Adam 1e-4, batch 8, 100 epochs, 256×256, flips, rotation "
            "±20 degrees.",
            "Nothing is public; these are common.",
            elsewhere="in the training recipe",
        ),
        COMPACT_ENCODER,
        Decision(
            "E4",
            "lite0 has levels of 24 and 40 channels, whose dilated convolutions cannot be trained "
            "in bfloat16 on a CPU.",
            "A 1×1 convolution, normalisation and ReLU to 32 and 48 before the DFE.",
            "The encoder keeps its own channels, and so its ImageNet weights.",
        ),
    ),
    equations=EQUATIONS,
    diagram=DIAGRAM,
    coarse_masks=("decoder.0", "decoder.1", "decoder.2"),
    paper_errors=(
        "Only the abstract could be read, on a page that lists the authors in the wrong order; the "
        "first author is Phuoc-Nguyen Bui.",
        "No number of the paper is available here, and it has no result on breast ultrasound.",
        "Other networks called ResFormer are unrelated.",
    ),
    recipe=PaperRecipe(
        optimizer="adam",
        learning_rate=1e-4,
        weight_decay=0.0,
        batch_size=8,
        epochs=100,
        input_size=256,
        mask_weight=0.5,
        class_weight=0.5,
        dice_weight=1.0,
        rotation=20.0,
        select="best",
        note="R5, ours and not the paper's: 0.5·(Dice + BCE) + 0.5·CE; flips, rotation ±20.",
    ),
)


def maps_for(spec: Spec, options: Mapping[str, Any]) -> tuple[MapSpec, ...]:
    """The inner maps under the options of `resformer_mtl`."""
    return declared_maps(options["dilations"])


register(SPEC, ResFormerMTL, maps_for=maps_for, parts_of=parts_of)
