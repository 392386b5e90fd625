"""What the CTAN paper says for the networks it compares (sections 2, 3), and what it leaves open.

MTAN's stage structure is that of Liu et al. 2019, which the paper names as its model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..core.spec import Decision, Option, Paper, PaperRecipe, ReportedTable, Spec
from ..core.tasks import Task
from ..nn.task_decoders import coarse_masks

PAPER = Paper(
    title="Cross-Task Attention Network: Improving Multi-task Learning for Medical Imaging "
    "Applications",
    authors="Sangwook Kim, Thomas G. Purdie, Chris McIntosh",
    year=2023,
    reference="MICCAI 2023 Workshops, Springer LNCS, doi:10.1007/978-3-031-47401-9_12",
)

RECIPE = PaperRecipe(
    optimizer="adam",
    learning_rate=1e-4,
    weight_decay=1e-5,
    batch_size=8,
    epochs=100,
    input_size=256,
    mask_weight=1.0,
    class_weight=1.0,
    cross_entropy_weight=0.7,
    dice_weight=0.3,
    dice_smooth=1e-5,
    weighting="dwa",
    rotation=20.0,
    select="best",
    note="Stated: Adam 1e-4, weight decay 1e-5, batch 8 (32 for Prostate); 0.3·Dice + 0.7·cross-"
    "entropy for masks, cross-entropy for classes, mean absolute error for dose; dynamic weight "
    "averaging of the tasks. Ours: temperature 2 and weights 1 in the first two epochs (MTAN's "
    "code); C11: soft Dice on the sigmoid foreground, per image, smooth 1e-5; C12: 100 epochs, "
    "256×256, flips and rotation by ±20 degrees, best validation score.",
)
SINGLE_TASK_RECIPE = replace(
    RECIPE, note=f"{RECIPE.note} One task only, so there is nothing to average dynamically."
)

SHARED_FEATURES = Decision(
    "C1",
    "P is 'two convolution blocks using U' inside a pretrained ResNet-50, which has no such place.",
    "U is a stage without its last bottleneck, P that bottleneck and the input of the next stage.",
    "It keeps the ImageNet weights; two new convolutions have none.",
    options=(Option("shared_features", "last_block", ("last_block", "extra_convs")),),
)
STEM = Decision(
    "C2",
    "The input embedding is a '3×3 conv block'; the stem of ResNet-50 is 7×7.",
    "The published stem: 7×7 with stride 2 and max-pooling.",
    "It keeps the ImageNet weights.",
    options=(Option("stem", "conv7x7", ("conv7x7", "conv3x3")),),
)
SYMBOLS = Decision(
    "C3",
    "One symbol stands for the mask (right of eq. 1) and for the output (left of it).",
    "Mask A = sigmoid of the attention block; output Â = Pool(A of the other task ⊙ P); the next "
    "embedding is built from Â.",
    "It is the only reading in which sizes fit.",
)
MASK_BLOCKS = Decision(
    "C4",
    "The embedding and attention blocks are only drawn.",
    "1×1 convolution, normalisation, ReLU to c/4; 1×1 convolution, normalisation, sigmoid to c.",
    "Together they are MTAN's mask, which the text names as the model.",
)
POOL = Decision(
    "C5",
    "What the pooling block is, and whether the last stage has one.",
    "2×2 max-pooling; none in stage 4.",
    "The bottleneck then has the 8×8 cells of ResNet-50.",
)
BOTTLENECK_EMBEDDING = Decision(
    "C6",
    "How Ê is made from the last stage.",
    "1×1 convolution, normalisation, ReLU from 2048 to 512 channels, flattened to 512×64.",
    "A quarter of the channels, as in the masks.",
)
BOTTLENECK_ATTENTION = Decision(
    "C7",
    "Eq. 2 and the sentence above it disagree; no scale and no softmax is printed.",
    "Query from the other task, key and value from the own one, scaled by √d, softmax over keys.",
    "It is what the sentence says; as printed, no row of weights sums to one.",
    options=(
        Option("bottleneck_attention", "token", ("token", "literal", "no_softmax", "channel")),
    ),
)
SKIPS = Decision(
    "C8",
    "Three upsamplings from 8×8 end at 64×64, and which features are the skips is not said.",
    "Skips are the task's gated maps before pooling; the logits at 64×64 are enlarged bilinearly.",
    "The decoder then reads what CTAE made for its task.",
    options=(Option("skips", "gated", ("gated", "shared")),),
)
IMAGE_DECODER = Decision(
    "C9",
    "'Four down-sampling layers with skips' cannot start at 8×8.",
    "They start at stage 1 and join stages 2, 3 and the bottleneck; pooling and one linear layer.",
    "It mirrors the pixel decoder.",
)
TASKS = Decision(
    "C10",
    "The paper has no breast ultrasound.",
    "Tumour segmentation (one sigmoid channel) and malignancy (two logits).",
    "They are the pair of its HAM10000 experiment.",
    elsewhere="tasks = any pixel class, pixel regression and image class",
)
LOSSES = Decision(
    "C11",
    "Over what Dice is taken, and how it and the cross-entropy see the one foreground class.",
    "Soft Dice on the sigmoid foreground, per image, smoothed by 1e-5; binary cross-entropy.",
    "One channel is all that a tumour and its background need.",
)
SCHEDULE = Decision(
    "C12",
    "Epochs, input size, augmentation, schedule and the choice of the epoch are not stated.",
    "100 epochs at 256×256, flips and rotation by ±20 degrees, best validation score.",
    "They are common, and no part of the test fold chooses the epoch.",
    elsewhere="in the training recipe (--recipe paper with --epochs, --size)",
)
PLAIN_SKIPS = Decision(
    "C8, C9",
    "How the decoders of the rivals read the encoder.",
    "As in CTAN, with the outputs of stages 1 to 3 as skips and stage 4 as the bottleneck.",
    "Only the attention then differs from CTAN.",
)
ATTENDED_SKIPS = Decision(
    "C8, C9",
    "How the decoders of the rivals read the encoder.",
    "As in CTAN, with the attended maps of stages 1 to 3 as skips and of stage 4 as the "
    "bottleneck.",
    "Only the crossing and the attention of the bottleneck then differ from CTAN.",
)

PAPER_ERRORS = (
    "Eq. 1 uses one symbol for mask and output, the first layer is j = 1 in one place and j = 0 in "
    "another, and attention is propagated 'across the decoder' where the encoder is meant.",
    "Eq. 2 as printed does not do what the sentence above it says: taking positions as tokens, it "
    "sums over the positions of the other task while taking values of the own one. Scale, softmax "
    "and layout are missing (the layout does not matter: the product is associative).",
    "A 3×3 input block and two convolution blocks a layer do not exist in the ResNet-50 that is "
    "said to be pretrained.",
    "Three ×2 upsamplings from 8×8 end at 64×64; four down-samplings cannot start at 8×8.",
    "The mean gain on STOIC is 5.72 in Table 2 and 4.67 in the text, which is the mean over the "
    "four sets.",
    "HPS on Prostate, task 1, gains 1.61 %, not 1.74; on OpenKBP it loses 0.59 %, not 0.52.",
    "The 'relative decrease of 5.38 %' is MTAN's own Δ against STL, not CTAN's lead over MTAN.",
    "'Average' in Table 2 averages Δ only; HPS beats CTAN on single tasks (Prostate 1, STOIC 2); "
    "HPS is credited to a paper on learning to learn.",
    "An accuracy of 47 to 58 % is low for HAM10000; it may be class-balanced, which is not said.",
    "Epochs, input sizes, the temperature of the weighting and the split sizes are not stated.",
)

_CAVEAT = (
    "No breast ultrasound. Task 1 is Dice (%) on Prostate, OpenKBP and HAM10000, AUROC (%) of "
    "COVID-19 on STOIC; task 2 is the dose error (Gy, lower is better), accuracy (%) and AUROC (%) "
    "of severity. Δ is the gain over STL in percent of its value; the rank follows the mean Δ."
)
_COLUMNS = ("method", "task 1", "Δ task 1", "task 2", "Δ task 2", "Δ mean", "rank")


def _table(data: str, rows: tuple[tuple[str, ...], ...]) -> ReportedTable:
    """Table 2 for one set of images."""
    return ReportedTable("Table 2", data, _CAVEAT, _COLUMNS, rows)


REPORTED = (
    _table(
        "Prostate",
        (
            ("STL", "81.96", "", "0.93", "", "", "3"),
            ("HPS", "83.28", "1.74", "0.91", "1.29", "1.51", "2"),
            ("MTAN", "75.47", "-7.92", "0.99", "-7.29", "-7.60", "4"),
            ("CTAN", "82.40", "0.54", "0.89", "3.82", "2.18", "1"),
        ),
    ),
    _table(
        "OpenKBP",
        (
            ("STL", "71.29", "", "0.53", "", "", "2"),
            ("HPS", "70.87", "-0.52", "0.53", "0.31", "-0.10", "3"),
            ("MTAN", "66.09", "-7.30", "0.56", "-5.29", "-6.29", "4"),
            ("CTAN", "71.59", "0.42", "0.51", "3.56", "1.99", "1"),
        ),
    ),
    _table(
        "HAM10000",
        (
            ("STL", "92.83", "", "49.24", "", "", "3"),
            ("HPS", "92.21", "-0.68", "55.49", "12.69", "6.01", "2"),
            ("MTAN", "92.15", "-0.73", "47.08", "-4.37", "-2.55", "4"),
            ("CTAN", "92.91", "0.09", "57.85", "17.49", "8.79", "1"),
        ),
    ),
    _table(
        "STOIC",
        (
            ("STL", "71.88", "", "55.83", "", "", "3"),
            ("HPS", "63.84", "-11.18", "68.17", "22.09", "5.45", "2"),
            ("MTAN", "57.55", "-19.93", "61.30", "9.79", "-5.07", "4"),
            ("CTAN", "68.73", "-4.38", "64.66", "15.81", "5.72", "1"),
        ),
    ),
    _table(
        "Average of the four",
        (
            ("STL", "", "", "", "", "", "3"),
            ("HPS", "", "-2.66", "", "9.09", "3.22", "2"),
            ("MTAN", "", "-8.97", "", "-1.79", "-5.38", "4"),
            ("CTAN", "", "-0.83", "", "10.17", "4.67", "1"),
        ),
    ),
)

# d of CTAB, a quarter of the bottleneck in the paper variant (C6).
ATTENTION_WIDTH = {"paper": 512, "compact": 160}


def spec_of(name: str, tasks: Sequence[Task], **told: Any) -> Spec:
    """The specification of a network of this paper, with `TaskDecoders`, for some tasks.

    Args:
        name: of the method.
        tasks: what it answers.
        told: the other fields of `Spec`; without, a baseline with the paper's recipe and tables.
    """
    usual = {"role": "baseline", "reported": REPORTED, "recipe": RECIPE}
    shared = {"paper": PAPER, "paper_errors": PAPER_ERRORS, "coarse_masks": coarse_masks(tasks)}
    return Spec(name=name, tasks=tuple(tasks), **(usual | shared | told))
