"""DenseNet-121: classification only, with the lab's head."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Output
from ..core.spec import Equation, Spec
from ..core.tasks import MALIGNANCY
from ..nn.dense_encoder import DenseEncoder
from ..nn.lab_template import LabHead
from . import baseline_papers, hybrid_paper, lab_wiring
from .encoder_maps import DEEPEST, ENCODER_MEANS, backbone_maps
from .registry import register
from .wiring import classifier

SPEC = Spec(
    name="densenet121",
    title="DenseNet-121",
    role="baseline",
    paper=hybrid_paper.PAPER,
    idea="Every layer reads the maps of all layers before it in its block, so features are reused "
    "instead of learned again. It says benign or malignant from the whole image and never sees a "
    "mask. It is the deepest of the single-task rivals.",
    tasks=(MALIGNANCY,),
    maps=(*ENCODER_MEANS, DEEPEST),
    stated="DenseNet121; head and recipe from the lab's public script.",
    ours="Decisions B7 and B9.",
    decisions=(baseline_papers.RAW_PIXELS_DECISION, baseline_papers.IMAGENET_DECISION),
    equations=(
        Equation(
            "A dense layer",
            "Huang et al. 2017, eq. 2",
            r"x_\ell = H_\ell\big([\,x_0,\, x_1,\, \dots,\, x_{\ell-1}\,]\big)",
            "$x_0$: what enters the block; $H_\\ell$: normalisation, ReLU, 1×1 convolution, and "
            "again with 3×3; it adds a fixed number of channels to those that came before.",
        ),
        lab_wiring.LAB_HEAD,
        lab_wiring.weighted_entropy(4),
    ),
    diagram=classifier(
        "C",
        [f"encoder:{n}" for n in range(5)],
        "mean over\nthe cells",
        "<head.layers",
        lab_wiring.DOWN_TO_MEAN + " Within a level every layer reads all layers before it.",
    ),
    paper_errors=(
        baseline_papers.AUC_ERROR,
        baseline_papers.MIXED_ROWS_ERROR.format(prevalence=".67"),
    ),
    reported=(baseline_papers.hybrid_table("DenseNet121"),),
    recipe=baseline_papers.LAB_SINGLE_RECIPE,
)


class DenseNet121(nn.Module):
    """1024@8 → mean → 512 → 64 → 1."""

    def __init__(self, variant: str, pretrained) -> None:
        super().__init__()
        self.encoder = DenseEncoder(variant, pretrained)
        self.head = LabHead(self.encoder.channels[-1])

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to a class logit B×1."""
        _, *levels, features = self.encoder(images)
        return Output(
            class_logits={MALIGNANCY.name: self.head(features)},
            maps=backbone_maps(levels, features) if maps else {},
        )


register(SPEC, DenseNet121)
