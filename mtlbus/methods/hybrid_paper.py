"""What the Hybrid-MT-ESTAN paper says for the four networks it compares (sections 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..core.outputs import Map, MapWords
from ..core.spec import Decision, MapSpec, Option, Paper, PaperRecipe, ReportedTable
from ..nn.estan import Features
from ..nn.estan_decoder import DenseHead
from ..nn.swin import SwinEncoder, WindowedAttention, start_xavier
from .parts import Part, mean_part, zero
from .wiring import SWIN_WORDS

PAPER = Paper(
    title="Breast Ultrasound Tumor Classification Using a Hybrid Multitask CNN-Transformer Network",
    authors="Bryar Shareef, Min Xian, Aleksandar Vakanski, Haotian Wang",
    year=2023,
    reference="MICCAI 2023, LNCS 14223, pp. 344–353, doi:10.1007/978-3-031-43901-8_33",
)

RECIPE = PaperRecipe(
    optimizer="adam",
    learning_rate=1e-5,
    weight_decay=0.0,
    batch_size=4,
    epochs=50,
    input_size=256,
    mask_weight=1.0,
    class_weight=3.0,
    cross_entropy_weight=0.0,
    dice_weight=1.0,
    dice_over="batch",
    class_loss="focal",
    schedule="plateau",
    rotation=20.0,
    shift=0.2,
    select="best",
    note="L = 3·focal (α = 0.5, γ = 2, corrected) for the class + Dice (over the whole batch, "
    "smooth 1) for the mask. Horizontal flip, shifts of 20 %, rotation of 20 degrees. Epochs and "
    "schedule are not stated: H9, 50 epochs, rate ×0.1 after 15 without gain down to 1e-6, best "
    "epoch of the validation part, as in the lab's code; gain and best are judged here by the mean "
    "of Dice and AUC, there by the loss.",
)


@dataclass(frozen=True)
class Sizes:
    """Widths of the parts around the backbones.

    Attributes:
        estan: n_1 … n_5 of the ESTAN branch.
        bottleneck: channels after the first transposed convolution.
        decoder: Up1 … Up4.
        head: dense layers, by the value of `head` (H7).
    """

    estan: tuple[int, int, int, int, int]
    bottleneck: int
    decoder: tuple[int, int, int, int]
    head: dict[str, tuple[int, ...]]


SIZES = {
    "paper": Sizes(
        (32, 64, 128, 256, 512), 512, (256, 128, 64, 32),
        {"literal": (512, 256, 128), "lab": (512, 128)},
    ),
    "compact": Sizes(
        (8, 16, 32, 64, 96), 128, (64, 32, 24, 8),
        {"literal": (128, 64, 32), "lab": (128, 32)},
    ),
}  # fmt: skip

PLACE_DECISION = Decision(
    "H1",
    "M, which makes a map of the patches, is not defined.",
    "The tokens of a stage laid out as C×H×W.",
    "'Reconstruct the feature map by merging all patches' keeps the size; Swin's own patch "
    "merging would halve it.",
)
FLOW_DECISION = Decision(
    "H2",
    "Where AAA stands in the Swin and where its output goes.",
    "One AAA a stage, after its last block (in stage 4 after the closing normalisation); its "
    "output replaces the stage's and flows on.",
    "The paper calls it a part of the Swin's blocks, not a side branch.",
    options=(
        Option(
            "aaa_placement",
            "flow",
            ("flow", "side"),
            "the Swin is left alone; only stage 4, which the decoder reads, is gated",
        ),
    ),
)
COMBINE_DECISION = Decision(
    "H3",
    "Eq. 6 adds the two pooled maps, the text concatenates them.",
    "Concatenation.",
    "The text says so, and a convolution after it can still learn the sum.",
    options=(Option("aaa_combine", "concat", ("concat", "sum")),),
)
UPSAMPLE_DECISION = Decision(
    "H4",
    "What upsampling of size (2,2) and stride (2,2) is.",
    "A transposed convolution, 2C to C.",
    "The lab's decoder uses one wherever this paper writes the same words.",
)
STRIP_DECISION = Decision(
    "H5",
    "How the kernels 9×1 and 1×9 are joined, and for how many channels.",
    "In series without activation between, C to C: a gate for each channel.",
    "MT-ESTAN's row/column pair is serial too.",
    options=(
        Option("aaa_kernels", "series", ("series", "parallel", "depthwise")),
        Option("aaa_gate_channels", "all", ("all", "one")),
    ),
)
FUSION_DECISION = Decision(
    "H6",
    "Where the two encoders meet.",
    "The Swin's stage 4 is concatenated with c5 and a5 before the first transposed convolution; "
    "no other skip comes from the Swin. With fusion = normalised each encoder is normalised first.",
    "Decoder and head stay those of MT-ESTAN, and the pooled features see both encoders.",
    options=(Option("fusion", "concat", ("concat", "normalised")),),
)
HEAD_DECISION = Decision(
    "H7",
    "'Three dense layers, a dropout layer and the final dense layer' are three or four.",
    "512, 256 and 128 with ReLU, dropout 0.5, then one logit; MT-ESTAN alone has the lab's head.",
    "It is the literal reading; the lab's code of MT-ESTAN has the other.",
    options=(Option("head", "literal", ("literal", "lab"), "512, dropout, 128, one logit"),),
)
INPUT_DECISION = Decision(
    "H8",
    "Input size and normalisation are not stated.",
    "256×256, ImageNet mean and deviation for both encoders.",
    "The backbone's name demands 256. Stochastic depth is not mentioned.",
    options=(Option("drop_path", 0.0, meaning="stochastic depth of the Swin"),),
    elsewhere="pretrained = False | True | path, or {'resnet': path, 'swin': path} with two "
    "encoders",
)

START_DECISION = Decision(
    "B12",
    "Nothing is said of a start without ImageNet weights.",
    "Xavier's weights, and blocks that add half their norm from the first step.",
    "timm's start, small weights and blocks that add nothing, learned nothing at the width of the "
    "compact variant.",
    options=(Option("start", "xavier", ("xavier", "timm")),),
)
CNN_INPUT_DECISION = Decision(
    "H8",
    "Input size and normalisation are not stated.",
    "256×256, ImageNet mean and deviation.",
    "As in the Hybrid, of which it is a part; the lab's code feeds 224×224, divided by 255.",
    elsewhere="pretrained = False | True | path",
)

PAPER_ERRORS = (
    "The focal loss is misprinted: the second term lacks (1−t) and the exponent, and the brackets "
    "do not balance. The lab's code has the right form.",
    "Eq. 6 adds, the text concatenates; eq. 7 has B without its index; M is not defined.",
    "Eqs 1 to 4 show Swin V1 (normalised before), the backbone is V2 (normalised after, cosine "
    "attention). The published V2 is used here.",
    "'AUC' equals (sensitivity + specificity)/2 in all rows: it was computed from hard labels and "
    "is balanced accuracy at threshold 0.5.",
    "The text gives SHA-MTL 'FNR of 9.2 %'; that is its FPR, its FNR is 51.9.",
    "Accuracy is 82.7 in the abstract, 82.8 in table and text; rotation is given in '°C'.",
    "Chowdary is spelt 'Chowdery' and listed as a ViT; Table 3 cites the wrong source for "
    "MT-ESTAN.",
    "F1 does not follow from accuracy, sensitivity and specificity (0.83 instead of 0.86 for the "
    "proposal), and the prevalence they imply differs by row.",
    "There are five encoder blocks but skips from four; epochs, folds and shares are missing.",
    "VGGA-ViT only classifies, yet has a DSC.",
    "It is not best in specificity: SHA-MTL has 90.8 and Swin 82.5 against 79.2.",
)

_COLUMNS = ("method", "Acc", "Sens", "Spec", "F1", "AUC", "FNR", "FPR", "DSC", "JI")
_DATA = "HMSS, BUSI, BUSIS and Dataset B together: 3,320 images, 1,656 malignant"
_CAVEAT = (
    "AUC is balanced accuracy, (Sens + Spec)/2. ImageNet weights, split by case, shares and folds "
    "not stated; most of the images are not public."
)
_SWIN = ("77.4", "72.6", "82.5", "0.74", "77.6", "27.4", "17.5", "–", "–")
_MT_ESTAN = ("78.6", "83.7", "72.6", "0.83", "78.2", "16.3", "27.4", "78.2", "69.3")
_HYBRID = ("82.8", "86.4", "79.2", "0.86", "82.8", "13.6", "20.8", "84.1", "75.7")

REPORTED = (
    ReportedTable(
        "Table 2 (%, F1 of 1)",
        _DATA,
        _CAVEAT,
        _COLUMNS,
        (
            ("SHA-MTL", "69.6", "48.1", "90.8", "0.58", "69.5", "51.9", "9.2", "72.2", "60.7"),
            ("MobileNet", "71.0", "82.0", "61.0", "0.74", "71.5", "18.0", "39.0", "–", "–"),
            ("VGGA-ViT", "73.6", "61.8", "79.8", "0.61", "70.8", "38.2", "20.2", "74.9", "64.9"),
            ("DenseNet121", "73.0", "74.0", "71.0", "0.73", "72.5", "26.0", "29.0", "–", "–"),
            ("EMT-Net", "74.1", "79.4", "69.1", "0.75", "74.3", "20.6", "30.9", "76.7", "67.0"),
            ("ViT", "72.1", "74.1", "69.3", "0.73", "71.7", "25.9", "30.7", "–", "–"),
            ("Chowdary", "77.4", "77.3", "77.3", "0.77", "77.3", "22.7", "22.7", "77.0", "67.9"),
            ("Swin", *_SWIN),
            ("MT-ESTAN", *_MT_ESTAN),
            ("Hybrid-MT-ESTAN", *_HYBRID),
        ),
    ),
    ReportedTable(
        "Table 3, ablation (%, F1 of 1)",
        _DATA,
        _CAVEAT,
        _COLUMNS,
        (
            ("MT-ESTAN", *_MT_ESTAN),
            ("Swin", *_SWIN),
            ("MT-ESTAN + Swin", "80.3", "84.2", "76.3", "0.83", "80.2", "15.8", "23.7", "82.3",
             "73.6"),
            ("Hybrid-MT-ESTAN", *_HYBRID),
        ),
    ),
    ReportedTable(
        "Table 1, images",
        "the four sets that the paper joins",
        "Counts, no result. The masks of HMSS were drawn for the paper and are not public.",
        ("set", "images", "benign", "malignant", "from"),
        (
            ("HMSS", "1,948", "812", "1,136", "Netherlands"),
            ("BUSI", "647", "437", "210", "Egypt"),
            ("BUSIS", "562", "306", "256", "China"),
            ("Dataset B", "163", "109", "54", "Spain"),
            ("Total", "3,320", "1,664", "1,656", ""),
        ),
    ),
)  # fmt: skip

ROWCOL_MAPS = tuple(
    MapSpec(
        f"estan_rowcol.{stage}",
        "feature",
        f"What the row/column kernels of stage {stage} answer, before they are fused.",
        MapWords("ESTAN row/column"),
    )
    for stage in range(1, 5)
)
ATTENTION_MAPS = tuple(
    MapSpec(
        f"swin_attention.{stage}",
        "attention",
        f"Where each cell of stage {stage} of the Swin looks, head by head.",
        SWIN_WORDS,
    )
    for stage in (3, 4)
)
POOLED_MAP = MapSpec(
    "pooled_features", "feature", "up6, which the class head averages; the mask grows from it too."
)
COARSE_MASKS = ("decoder.up1", "decoder.up2", "decoder.up3")


def start_swin(encoder: SwinEncoder, start: str, pretrained: object) -> None:
    """Give a Swin without ImageNet weights the start of decision B12."""
    if start == "xavier" and not pretrained:
        start_xavier(encoder)


def swin_parts(encoder: SwinEncoder, path: str) -> tuple[Part, ...]:
    """What the attention of a Swin stage adds to its cells, in all of its blocks.

    Args:
        encoder: of the network.
        path: of the encoder within the network.
    """
    return tuple(
        Part(
            f"swin_attention.{stage}",
            f"the attention of stage {stage} adds nothing to the cells",
            zero,
            tuple(
                f"{path}.body.layers.{stage - 1}.blocks.{n}.norm1"
                for n in range(len(encoder.body.layers[stage - 1].blocks))
            ),
            (f"swin_attention.{stage}",),
        )
        for stage in (3, 4)
    )


def strip_parts() -> tuple[Part, ...]:
    """The row/column paths of the ESTAN branch, each alone."""
    what = "the features of the row/column path"
    return tuple(
        mean_part(f"estan_rowcol.{stage}", what, f"encoder.stages.{stage - 1}.rowcol")
        for stage in range(1, 5)
    )


def cnn_maps(cnn: Features, up6: Tensor) -> dict[str, Map]:
    """The row/column paths n_1 … n_4 and the pooled features."""
    found = {}
    for stage, (declared, tensor) in enumerate(zip(ROWCOL_MAPS, cnn.rowcol[:4], strict=True), 1):
        found |= declared.of(tensor, f"ESTAN stage {stage}", 2 ** (stage - 1))
    return found | POOLED_MAP.of(up6, "bottleneck up6", 16)


def attention_maps(attentions: list[WindowedAttention]) -> dict[str, Map]:
    """The attention of stages 3 and 4."""
    found = {}
    for stage, declared in zip((3, 4), ATTENTION_MAPS, strict=True):
        found |= attentions[stage - 1].as_map(declared, f"Swin stage {stage}", 2 ** (stage + 1))
    return found


def dense_head(channels: int, variant: str, head: str) -> DenseHead:
    """The class head (decision H7)."""
    widths = SIZES[variant].head[head]
    return DenseHead(channels, widths, dropout_after=3 if head == "literal" else 1)
