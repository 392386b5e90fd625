"""What the baselines of the Hybrid-MT-ESTAN paper share: its figures, and the lab's recipes."""

from __future__ import annotations

from dataclasses import replace

from ..core.spec import Decision, PaperRecipe, ReportedTable
from . import hybrid_paper


def hybrid_table(method: str) -> ReportedTable:
    """The row of a method in Table 2 of Hybrid-MT-ESTAN, above that of the proposal."""
    table = hybrid_paper.REPORTED[0]
    rows = tuple(row for row in table.rows if row[0] in (method, "Hybrid-MT-ESTAN"))
    return replace(table, caption=f"Hybrid-MT-ESTAN, {table.caption}", rows=rows)


AUC_ERROR = (
    "The AUC printed for it in the Hybrid-MT-ESTAN paper is balanced accuracy at one threshold."
)
MIXED_ROWS_ERROR = (
    "The prevalence implied by its printed Acc, Sens and Spec is {prevalence}, against .50 of the "
    "pooled images, so the row mixes averages or data."
)

RAW_PIXELS_DECISION = Decision(
    "B7",
    "The lab's single-task scripts feed raw 0..255 pixels, its multi-task scripts pixels / 255.",
    "ImageNet mean and standard deviation, as for every other method here.",
    "The weights that may be loaded were trained with them.",
)

IMAGENET_DECISION = Decision(
    "B9",
    "Whether the backbone starts from ImageNet weights.",
    "Yes when asked for; the compact variant can where compact_encoder = lite0 is offered (E1).",
    "The numbers of the papers are out of reach from scratch on a few thousand images. DenseNet, "
    "MobileNet, VGG, ViT and Swin have no compact start: their encoder alone is what they are, so "
    "with lite0 in its place they would be another rival, and no package brings weights of theirs.",
    elsewhere="pretrained = False | True | path",
)

LAB_SINGLE_RECIPE = PaperRecipe(
    optimizer="adam",
    learning_rate=1e-5,
    weight_decay=0.0,
    batch_size=32,
    epochs=50,
    input_size=224,
    mask_weight=0.0,
    class_weight=1.0,
    positive_weight=4.0,
    rotation=20.0,
    shift=0.2,
    note="The lab's public script: ImageNet weights, one-unit sigmoid, binary cross-entropy with "
    "weight 4 on malignant, a constant rate; rotation by 20 degrees, shifts by a fifth, flips. It "
    "judges the last epoch and the one with the lowest validation loss; which of them the paper "
    "prints is not said. Here it is the last, as in the lab's multi-task script.",
)
MOBILENET_RECIPE = replace(
    LAB_SINGLE_RECIPE,
    positive_weight=3.0,
    note=LAB_SINGLE_RECIPE.note.replace("weight 4", "weight 3"),
)
LAB_MULTI_RECIPE = PaperRecipe(
    optimizer="adam",
    learning_rate=1e-5,
    weight_decay=0.0,
    batch_size=32,
    epochs=50,
    input_size=224,
    mask_weight=1.0,
    class_weight=3.0,
    cross_entropy_weight=0.0,
    dice_weight=1.0,
    dice_over="batch",
    positive_weight=3.0,
    schedule="plateau",
    flip=0.0,
    select="last",
    note="The lab's public multi-task template: 3 × binary cross-entropy with weight 3 on "
    "malignant, plus Dice over the batch for the mask; the rate falls to a tenth after 15 epochs "
    "without progress, not below 1e-6. No augmentation, and the last epoch is reported.",
)
