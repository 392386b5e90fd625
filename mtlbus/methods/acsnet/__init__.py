"""ACSNet: gates on the skips, deformable spatial attention in the decoder, channels weighed for
the class.

Data flow: layer0..layer4 (ResNet-18) → gate of each level → ffm1 (DSA), ffm2 (DSA), ffm3, ffm4 →
mask logits; layer3, layer4 and ffm1 → channel attention → class logits.
"""

from __future__ import annotations

from ...core.spec import Decision, Paper, PaperRecipe, Spec
from ...core.tasks import MALIGNANCY, SEGMENTATION
from ..pretraining import COMPACT_ENCODER
from ..registry import register
from .network import MAPS, ACSNet, parts_of
from .wiring import DIAGRAM, EQUATIONS

SPEC = Spec(
    name="acsnet",
    title="ACSNet",
    role="proposed",
    paper=Paper(
        title="Multi-task learning for segmentation and classification of breast tumors from "
        "ultrasound images",
        authors="Q. He, Q. Yang, H. Su, Y. Wang",
        year=2024,
        reference="Computers in Biology and Medicine 173, 108319",
    ),
    idea="What an encoder hands to the decoder is often redundant, so a gate decides for each "
    "level how much of it passes. Tumours have odd shapes, so the decoder samples where it wants "
    "and weighs places by two spatial gates. The class is read from three scales whose channels "
    "are weighed first.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=MAPS,
    stated="A gate unit between encoder and decoder, the Deformable Spatial Attention Module, "
    "multi-scale features and channel attention for the class. All sizes are those of the "
    "authors' public code.",
    ours="Decisions A1 to A3; ImageNet mean and deviation, because the code's own (0.330, 0.204) "
    "belong to a data set that it does not name. The code's network has 32.34 M parameters; "
    "0.51 M of them are ResNet-18's layer for the 1,000 classes of ImageNet, which nothing reads. "
    "It is left out here, so the paper variant has 31.82 M.",
    decisions=(
        Decision(
            "A1",
            "The file with the deformable convolution is missing from the public code.",
            "torchvision's, 18 offsets and 9 sigmoid weights, both predicted by 3×3 convolutions "
            "that start at zero (weights and biases); no bias of its own.",
            "It is the operator that the call signature in the code points to; with zeros it "
            "starts as half of a plain convolution.",
        ),
        Decision(
            "A2",
            "The code's Dice puts ε inside the factor 2; an empty pair then has the loss −1.",
            "(2I + ε)/(P + G + ε).",
            "An empty pair must have the loss 0.",
            elsewhere="--loss official in training: as the code has it",
        ),
        Decision(
            "A3",
            "The code picks the epoch on the test fold, resizes masks bilinearly and counts empty "
            "pairs as distance 0.",
            "Nearest-neighbour masks, a validation part of its own, distances over non-empty pairs "
            "with the count of the empty ones.",
            "Each of the three flatters the result.",
        ),
        COMPACT_ENCODER,
        Decision(
            "E2",
            "Gates and groups want channels that are multiples of 16; lite0 has 24, 40 and 112.",
            "A 1×1 convolution, normalisation and ReLU on each level, to 16, 32, 48, 80 and 160.",
            "The wiring stays, and the network within 7.5 million parameters.",
        ),
    ),
    equations=EQUATIONS,
    diagram=DIAGRAM,
    coarse_masks=("conv2", "conv3", "conv4"),
    paper_errors=(
        "Only the abstract and the credits could be read; the tables are not available here.",
        "The public code does not run as it is: the deformable convolution and several imported "
        "names are missing, and two modules are dead code.",
        "Its test fold also picks the epoch.",
        "Its Dice loss reaches −1 on an empty pair.",
        "Its masks are resized bilinearly and then compared with 0 and 1, so boundary pixels drop "
        "out; distances of empty masks count as 0; only the first mask of an image is read.",
        "Its folds are neither stratified nor by patient.",
        "Behind each gate stands a convolution with group normalisation, which divides a common "
        "factor out again: a + b reaches the decoder only through the bias of that convolution.",
    ),
    recipe=PaperRecipe(
        optimizer="adam",
        learning_rate=1e-4,
        weight_decay=1e-4,
        batch_size=8,
        epochs=90,
        input_size=256,
        fit="resize",
        mask_weight=1.0,
        class_weight=1.0,
        cross_entropy_weight=0.0,
        dice_weight=1.0,
        dice_smooth=1e-5,
        weighting="learned",
        schedule="cosine",
        flip=0.6,
        vertical_flip=0.6,
        rotation=30.0,
        select="best",
        code_dice=True,
        note="Dice (per image, ε = 1e-5, A2) for the mask and CE for the class, balanced by "
        "learned p_i (start 1): Σ 0.5/p_i²·L_i + log(1 + p_i²), p with weight decay. The rate "
        "falls by a cosine to 10 %. Flips with p = 0.6, rotation of ±30 degrees.",
    ),
)


register(SPEC, ACSNet, parts_of=parts_of)
