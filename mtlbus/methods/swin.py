"""Swin: classification only, the Transformer half of Hybrid-MT-ESTAN alone."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import Map, MapWords, Output
from ..core.spec import Decision, Diagram, Equation, MapSpec, Spec
from ..core.tasks import MALIGNANCY
from ..nn.heads import PooledHead
from ..nn.swin import swin_encoder
from . import hybrid_paper, hybrid_wiring
from .pretraining import weights_by_backbone
from .registry import register
from .wiring import box, chain, image, malignancy

STAGES = tuple(
    MapSpec(
        f"swin_features.{stage}",
        "feature",
        f"What stage {stage} hands on. Early stages still show what the last has dropped.",
        MapWords("Swin features"),
    )
    for stage in (1, 2, 3)
)
POOLED = MapSpec("pooled_features", "feature", "The last stage, which the class head averages.")

SPEC = Spec(
    name="swin",
    title="Swin Transformer",
    role="baseline",
    paper=hybrid_paper.PAPER,
    idea="A SwinV2 that says benign or malignant from the whole image. It never sees a mask and "
    "has no convolutional encoder beside it. It shows what attention alone can do.",
    tasks=(MALIGNANCY,),
    maps=(*hybrid_paper.ATTENTION_MAPS, *STAGES, POOLED),
    stated="Swin Transformer, pretrained on ImageNet.",
    ours="Decisions B6, B12 and H8; global average pooling and one linear layer.",
    decisions=(
        Decision(
            "B6",
            "The paper cites Swin V1 for this rival, but its own backbone is V2.",
            "The same SwinV2 as in Hybrid-MT-ESTAN.",
            "Only then is the ablation one of a part.",
        ),
        hybrid_paper.START_DECISION,
        hybrid_paper.INPUT_DECISION,
    ),
    equations=(
        hybrid_wiring.SWIN_BLOCKS,
        hybrid_wiring.COSINE_ATTENTION,
        Equation(
            "The class",
            "ours",
            r"z = w^{\top}\,\mathrm{GAP}(f_4) + b,\qquad p = \sigma(z)",
            "$f_4$: the tokens of the last stage; GAP: their mean; $p$: probability of malignancy.",
            ("B6",),
        ),
        hybrid_wiring.FOCAL,
    ),
    diagram=Diagram(
        nodes=(
            image(),
            *(
                box(
                    f"t{s}",
                    f"Swin stage {s}",
                    "transformer",
                    0,
                    s + 1,
                    hybrid_wiring.swin_tap("encoder", s),
                )
                for s in range(1, 5)
            ),
            box("vector", "mean over\nthe cells", "decoder", 1, 5, "<head.classifier"),
            malignancy(2, 5),
        ),
        edges=chain("image", "t1", "t2", "t3", "t4", "vector", "class"),
        reading="Patches of 4×4 pixels become tokens; each stage attends within windows and then "
        "merges four tokens into one. The class is read from the mean of the last stage.",
    ),
    paper_errors=hybrid_paper.PAPER_ERRORS,
    reported=hybrid_paper.REPORTED,
    recipe=hybrid_paper.RECIPE,
)


class SwinClassifier(nn.Module):
    """Four stages, global average pooling, one logit."""

    def __init__(self, variant: str, pretrained, drop_path: float, start: str) -> None:
        super().__init__()
        pretrained = weights_by_backbone(variant, pretrained, ("swin",))["swin"]
        self.encoder = swin_encoder(variant, pretrained, drop_path)
        hybrid_paper.start_swin(self.encoder, start, pretrained)
        self.head = PooledHead(self.encoder.channels[-1], classes=1)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 4, to class logit B×1."""
        cells, attentions, features = self.encoder.embed(images), [], []
        for index in range(4):
            cells, attention = self.encoder.stage(index, cells)
            attentions.append(attention)
            features.append(cells.permute(0, 3, 1, 2))
            cells = features[-1].permute(0, 2, 3, 1)  # read from the map, for its gradient
        *earlier, pooled = features  # B×1024×H/32×W/32 in the paper variant
        found = {}
        if maps:
            found = {
                **hybrid_paper.attention_maps(attentions),
                **_stage_maps(earlier),
                **POOLED.of(pooled, "Swin stage 4", 32),
            }
        return Output(class_logits={MALIGNANCY.name: self.head(pooled)}, maps=found)


def _stage_maps(features: list[Tensor]) -> dict[str, Map]:
    """What stages 1, 2 and 3 hand on: B×C·2^(stage − 1)×H/2^(stage + 1)×W/2^(stage + 1) each."""
    found = {}
    for stage, (declared, tensor) in enumerate(zip(STAGES, features, strict=True), start=1):
        found |= declared.of(tensor, f"Swin stage {stage}", 2 ** (stage + 1))
    return found


register(
    SPEC,
    SwinClassifier,
    parts_of=lambda network: hybrid_paper.swin_parts(network.encoder, "encoder"),
)
