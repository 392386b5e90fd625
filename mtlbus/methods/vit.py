"""ViT: classification only, the plain vision transformer."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Output
from ..core.spec import Decision, Diagram, Equation, MapSpec, Option, Spec
from ..core.tasks import MALIGNANCY
from ..nn.backbones import weights_scale
from ..nn.vision_transformer import VisionTransformerEncoder
from . import baseline_papers, hybrid_paper
from .registry import register
from .wiring import box, chain, image, lines, malignancy

POOLED = MapSpec(
    "pooled_features",
    "feature",
    "The patch tokens on their grid, from which the class is gathered for the last time.",
)
EARLY = MapSpec(
    "encoder_means.1",
    "feature",
    "The channel means of the patch tokens after a third of the blocks.",
)

SPEC = Spec(
    name="vit",
    title="ViT",
    role="baseline",
    paper=hybrid_paper.PAPER,
    idea="The image is cut into patches of 16×16 pixels, and every patch attends to every other "
    "from the first layer on. A class token gathers the answer. It has no notion of "
    "neighbourhood, which it would have to learn from many images.",
    tasks=(MALIGNANCY,),
    maps=(EARLY, POOLED),
    stated="The original ViT.",
    ours="ViT-B/16 with one logit; decisions B9 and B10.",
    decisions=(
        baseline_papers.IMAGENET_DECISION,
        Decision(
            "B10",
            "Input size and how the class is read; the published weights are for 224×224.",
            "Positions are interpolated to the input's grid (16×16 patches and the class token at "
            "256); one linear layer on the class token.",
            "All other methods read 256×256; the class token is the published form.",
            options=(
                Option("pool", "token", ("token", "mean"), "of the patches after the last block"),
            ),
        ),
    ),
    equations=(
        Equation(
            "Tokens",
            "Dosovitskiy et al. 2021, eq. 1",
            r"t_0 = [\,c;\; x_1 E;\; \dots;\; x_N E\,] + P",
            "$x_k$: the $N = 256$ patches of 16×16 pixels; $E$: linear; $c$: the class token; $P$: "
            "the positions, interpolated to the input's grid.",
            ("B10",),
        ),
        Equation(
            "A block",
            "Dosovitskiy et al. 2021, eqs 2 and 3",
            lines(
                r"\hat t = \mathrm{MSA}(\mathrm{LN}(t)) + t",
                r"t' = \mathrm{MLP}(\mathrm{LN}(\hat t)) + \hat t",
                r"\mathrm{MSA}:\ \mathrm{softmax}_{\text{keys}}"
                r"\Big(\tfrac{q k^{\top}}{\sqrt{d}}\Big)\, v",
            ),
            "Every token attends to every other, in several heads; LN: layer normalisation.",
        ),
        Equation(
            "The class",
            "ours",
            r"z = w^{\top}\, \mathrm{LN}(t_L)_c + b,\qquad p = \sigma(z)",
            "$(t_L)_c$: the class token after the last block; $p$: probability of malignancy.",
            ("B10",),
        ),
    ),
    diagram=Diagram(
        nodes=(
            image(),
            box("patches", "256 patches", "transformer", 0, 1, "encoder.body.patch_embed [hwc]"),
            box("entering", "all blocks\nbut one", "transformer", 0, 2, "encoder:entering"),
            box("token", "class token", "decoder", 1, 2, "encoder:class_token"),
            malignancy(2, 2),
        ),
        edges=chain("image", "patches", "entering", "token", "class"),
        reading="The image is cut into patches of 16×16 pixels; in every block each patch attends "
        "to every other. An extra token gathers the class.",
    ),
    paper_errors=(baseline_papers.AUC_ERROR,),
    reported=(baseline_papers.hybrid_table("ViT"),),
    recipe=hybrid_paper.RECIPE,
)


class ViT(nn.Module):
    """Tokens to one logit; decision B10."""

    def __init__(self, variant: str, pretrained, pool: str) -> None:
        super().__init__()
        self.pool = pool
        self.encoder = VisionTransformerEncoder(variant, pretrained)
        if variant == "paper":  # timm's weights want another scale than most
            self.mean, self.std = weights_scale(self.encoder.body)
        self.classifier = nn.Linear(self.encoder.channels, 1)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 16, to a class logit B×1."""
        tokens = self.encoder(images)
        if self.pool == "token":
            features, summary = tokens.entering, tokens.class_token
        else:
            features, summary = tokens.patches, tokens.patches.mean(dim=(2, 3))
        found = {}
        if maps:
            place, means = ("patch tokens", self.encoder.stride), tokens.early.mean((2, 3), True)
            found = EARLY.of(means, *place) | POOLED.of(features, *place)
        return Output(class_logits={MALIGNANCY.name: self.classifier(summary)}, maps=found)


register(SPEC, ViT)
