"""What the MTL-COSA paper says for all five networks it compares (sections 3.1 and 3.4)."""

from __future__ import annotations

from torch import nn

from ..core.spec import Decision, Option, Paper, PaperRecipe, ReportedTable
from ..nn.decoders import ConcatDecoder

PAPER = Paper(
    title="Multi-task learning with context-oriented self-attention for breast ultrasound "
    "image classification and segmentation",
    authors="Meng Xu, Kuan Huang, Xiaojun Qi",
    year=2022,
    reference="IEEE International Symposium on Biomedical Imaging (ISBI), "
    "doi:10.1109/ISBI52829.2022.9761685",
)

RECIPE = PaperRecipe(
    optimizer="adam",
    learning_rate=1e-4,
    betas=(0.9, 0.99),
    weight_decay=5e-4,
    batch_size=12,
    epochs=100,
    input_size=256,
    fit="resize",
    mask_weight=0.8,
    class_weight=0.2,
    note="M6: ImageNet normalisation, horizontal flip only, weights of the last epoch. M7: results "
    "are given by dataset; that each has a network of its own is our reading.",
)

DECODER_DECISION = Decision(
    "M1",
    "The text only concatenates on the way up; U1 would have 3,904 channels.",
    "One 3×3 convolution, batch normalisation and ReLU after each concatenation.",
    "The literal network needs 256 MB an image for U1 alone.",
    options=(Option("decoder", "conv", ("conv", "literal")),),
)
PRETRAINED_DECISION = Decision(
    "M5",
    "Whether ResNet-101 starts from ImageNet weights is not stated.",
    "Yes when asked for; the compact variant can with compact_encoder = lite0 (E1).",
    "The numbers of the paper are out of reach from scratch on 647 images.",
    elsewhere="pretrained = False | True | path",
)
GAMMA_DECISION = Decision(
    "M8",
    "What γ of the self-attention is at the start is not stated.",
    "0, as in SAGAN; any other number when asked for.",
    "Beside features that come from ImageNet a γ that starts at 0 hardly grows: the answer does "
    "not hear the attention.",
    options=(Option("gamma_start", 0.0, meaning="γ before training"),),
)
POOLING_DECISION = Decision(
    "B1",
    "C5 goes 'into a fully connected layer': flattened or pooled is not said.",
    "Global average pooling, then 2048→2.",
    "Flattening would make the layer depend on the input size (131,072 inputs).",
)

PAPER_ERRORS = (
    "BUSI is counted as 487 benign of 830 (860 used); the tables only fit 437 benign and 210 "
    "malignant of 780.",
    "The positive class is not named. The counts show that it is benign, so TPR is the "
    "specificity for cancer, and FPR is one minus the sensitivity.",
    "'UResNet has better TPR, mIoU and DSC than all multi-task networks on both sets' is false "
    "for TPR on BUSI (77.09 against 77.52 and 77.85).",
    "'All multi-task networks beat all single-task ones in precision' is false on Dataset B (MTL "
    "86.09 against ResNet 86.23).",
    "F1 differs slightly from 2PR/(P+R) of the printed means, so it was averaged over folds.",
    "Whether the test fold also picked the epoch is not said.",
)

_SEGMENTATION_COLUMNS = ("method", "TPR", "FPR", "mIoU", "DSC", "AER")
_CLASSIFICATION_COLUMNS = ("method", "TPR", "FPR", "ACC", "PRE", "F1")
_CLASS_CAVEAT = (
    "Five-fold cross-validation on single images, ImageNet weights likely. Positive = benign: "
    "sensitivity for cancer is 100 − FPR, specificity is TPR."
)
_MASK_CAVEAT = "FPR and AER are relative to the tumour's area; mIoU averages tumour and background."

REPORTED = (
    ReportedTable(
        "Table 1, segmentation (%)",
        "BUSI",
        _MASK_CAVEAT,
        _SEGMENTATION_COLUMNS,
        (
            ("UResNet", "77.09", "33.34", "82.27", "77.63", "56.25"),
            ("MTL", "77.52", "39.11", "81.48", "76.38", "61.59"),
            ("MTL-SA", "75.28", "37.05", "81.09", "75.61", "61.77"),
            ("MTL-COSA", "77.85", "37.01", "82.13", "77.48", "59.15"),
        ),
    ),
    ReportedTable(
        "Table 1, segmentation (%)",
        "Dataset B",
        _MASK_CAVEAT,
        _SEGMENTATION_COLUMNS,
        (
            ("UResNet", "84.39", "34.03", "86.11", "82.25", "49.64"),
            ("MTL", "82.18", "23.03", "85.00", "79.92", "40.85"),
            ("MTL-SA", "78.54", "15.50", "84.44", "78.90", "36.96"),
            ("MTL-COSA", "82.17", "17.14", "85.87", "81.82", "34.97"),
        ),
    ),
    ReportedTable(
        "Table 2, classification (%)",
        "BUSI",
        _CLASS_CAVEAT,
        _CLASSIFICATION_COLUMNS,
        (
            ("VGG-16", "89.22", "20.95", "85.92", "89.83", "89.51"),
            ("LeNet", "90.84", "43.33", "79.74", "81.44", "85.81"),
            ("ResNet-101", "93.56", "17.14", "90.10", "91.90", "92.68"),
            ("MTL", "93.57", "14.76", "90.86", "92.98", "93.22"),
            ("MTL-SA", "94.27", "16.19", "90.87", "92.39", "93.30"),
            ("MTL-COSA", "92.20", "10.00", "91.48", "95.05", "93.59"),
        ),
    ),
    ReportedTable(
        "Table 2, classification (%)",
        "Dataset B",
        _CLASS_CAVEAT,
        _CLASSIFICATION_COLUMNS,
        (
            ("VGG-16", "85.33", "33.27", "79.16", "84.10", "84.60"),
            ("LeNet", "92.73", "51.82", "77.99", "78.26", "84.74"),
            ("ResNet-101", "90.91", "29.82", "84.09", "86.23", "88.38"),
            ("MTL", "92.73", "31.64", "84.69", "86.09", "88.88"),
            ("MTL-SA", "90.82", "25.64", "85.34", "88.24", "89.22"),
            ("MTL-COSA", "91.73", "22.36", "87.08", "89.36", "90.41"),
        ),
    ),
    *(
        ReportedTable(
            "Figure 3, classification",
            data,
            "Read from the text: of the other networks it prints no number.",
            ("method", "AUC"),
            (("ResNet-101", resnet), ("MTL-COSA", cosa)),
        )
        for data, resnet, cosa in (("BUSI", "0.96", "0.97"), ("Dataset B", "0.89", "0.93"))
    ),
)

_DECODER_WIDTHS = {"paper": (512, 256, 128, 64), "compact": (128, 96, 64, 48)}
COARSE_MASKS = tuple(f"decoder.fusers.{level}" for level in range(3))


def concat_decoder(encoder: nn.Module, variant: str, decoder: str) -> ConcatDecoder:
    """The decoder that UResNet, MTL, MTL-SA and MTL-COSA share (decision M1)."""
    return ConcatDecoder(encoder.channels, _DECODER_WIDTHS[variant], fuse=decoder)
