"""UResNet: the ResNet U-shape of the MTL-COSA paper, segmentation only."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Output
from ..core.spec import Diagram, Equation, Spec
from ..core.tasks import SEGMENTATION
from ..nn.encoders import level_encoder
from . import cosa_paper, cosa_wiring
from .encoder_maps import ENCODER_MEANS, encoder_means
from .pretraining import COMPACT_ENCODER
from .registry import register

SPEC = Spec(
    name="uresnet",
    title="UResNet",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="A ResNet whose five feature maps are climbed back to a mask by a U-shaped decoder. "
    "It only segments. It shows what the mask loses or gains when a class is learned beside it.",
    tasks=(SEGMENTATION,),
    maps=ENCODER_MEANS,
    stated="ResNet-101, four concatenations, 3×3 convolution, bilinear upsampling, softmax.",
    ours="Decision M1 (convolution after each concatenation), M5 (ImageNet weights).",
    decisions=(cosa_paper.DECODER_DECISION, cosa_paper.PRETRAINED_DECISION, COMPACT_ENCODER),
    equations=(
        cosa_wiring.UPWARD,
        cosa_wiring.MASK_LOGITS,
        Equation(
            "The loss",
            "section 2.1",
            r"\mathcal{L}_{seg} = -\frac{1}{HW}\sum_{u} \log p_{y(u)}(u)",
            "$p$: probability of the classes in pixel $u$; $y(u)$: its true class.",
        ),
    ),
    diagram=Diagram(
        cosa_wiring.U_SHAPE,
        (*cosa_wiring.U_EDGES, cosa_wiring.BOTTOM),
        cosa_wiring.READING + "There is no class.",
    ),
    coarse_masks=cosa_paper.COARSE_MASKS,
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED[:2],
    recipe=cosa_paper.RECIPE,
)


class UResNet(nn.Module):
    """C1..C5 to a two-channel mask."""

    def __init__(self, variant: str, pretrained, decoder: str, compact_encoder: str) -> None:
        super().__init__()
        self.encoder = level_encoder(variant, compact_encoder, pretrained)
        self.decoder = cosa_paper.concat_decoder(self.encoder, variant, decoder)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×2×H×W; there is no inner map to look at."""
        features = self.encoder(images)
        return Output(
            mask_logits=self.decoder(features, images.shape[-2:]),
            maps=encoder_means(features[1:-1]) if maps else {},
        )


register(SPEC, UResNet)
