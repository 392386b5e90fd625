"""ViT: classification only, the plain vision transformer."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.errors import choose
from ..core.outputs import Map, Output
from ..core.spec import Decision, MapSpec, Spec
from ..core.tasks import MALIGNANCY
from ..nn.vision_transformer import VisionTransformerEncoder
from . import baseline_papers, classifier_wiring, hybrid_paper
from .registry import register

_POOLED = "The patch tokens on their grid, from which the class is gathered for the last time."

SPEC = Spec(
    name="vit",
    title="ViT",
    role="baseline",
    paper=hybrid_paper.PAPER,
    idea="The image is cut into patches of 16×16 pixels, and every patch attends to every other "
    "from the first layer on. A class token gathers the answer. It has no notion of "
    "neighbourhood, which it would have to learn from many images.",
    tasks=(MALIGNANCY,),
    maps=(MapSpec("pooled_features", "feature", _POOLED),),
    stated="The original ViT.",
    ours="ViT-B/16 with one logit; decisions B9 and B10.",
    decisions=(
        baseline_papers.IMAGENET_DECISION,
        Decision(
            "B10",
            "Input size and how the class is read; the published weights are for 224×224.",
            "Positions are interpolated to the input's grid (16×16 patches and the class token at "
            "256); one linear layer on the class token.",
            "pool = token | mean (of the patches after the last block)",
            "All other methods read 256×256; the class token is the published form.",
        ),
    ),
    equations=classifier_wiring.VIT_EQUATIONS,
    diagram=classifier_wiring.VIT,
    paper_errors=(baseline_papers.AUC_ERROR,),
    reported=(baseline_papers.hybrid_table("ViT"),),
    recipe=hybrid_paper.RECIPE,
)


class ViT(nn.Module):
    """Tokens to one logit; decision B10."""

    def __init__(self, variant: str, pretrained, pool: str) -> None:
        super().__init__()
        self.pool = choose("value of pool (B10)", pool, ("token", "mean"))
        self.encoder = VisionTransformerEncoder(variant, pretrained)
        self.classifier = nn.Linear(self.encoder.channels, 1)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 16, to a class logit B×1."""
        tokens = self.encoder(images)
        if self.pool == "token":
            features, summary = tokens.entering, tokens.class_token
        else:
            features, summary = tokens.patches, tokens.patches.mean(dim=(2, 3))
        pooled = Map(features, "feature", "patch tokens", self.encoder.stride, _POOLED)
        return Output(
            class_logits={MALIGNANCY.name: self.classifier(summary)},
            maps={"pooled_features": pooled} if maps else {},
        )


@register(SPEC)
def vit(variant, pretrained, tasks, pool: str = "token") -> nn.Module:
    """Build ViT; the option is decision B10."""
    return ViT(variant, pretrained, pool)
