"""MT-ESTAN + Swin: Hybrid-MT-ESTAN without Anatomy-Aware Attention, its own ablation."""

from __future__ import annotations

from torch import nn

from ..core.spec import Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.encoders import NARROW
from . import hybrid_paper, hybrid_wiring
from .hybrid_mt_estan import HybridMTESTAN, parts_of
from .pretraining import COMPACT_ENCODER, TAPS, weights_by_backbone
from .registry import register

SPEC = Spec(
    name="mt_estan_swin",
    title="MT-ESTAN + Swin",
    role="ablation",
    paper=hybrid_paper.PAPER,
    idea="MT-ESTAN and a plain SwinV2 side by side, joined at the bottom as in the Hybrid. There "
    "is no gate between the Swin's stages. What the Hybrid gains over it is what Anatomy-Aware "
    "Attention gives.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(
        *hybrid_paper.ATTENTION_MAPS,
        *hybrid_paper.ROWCOL_MAPS,
        hybrid_paper.POOLED_MAP,
    ),
    stated="A hybrid of MT-ESTAN and the Swin Transformer without the AAA block.",
    ours="Decisions H6 to H8, as in the Hybrid.",
    decisions=(
        hybrid_paper.FUSION_DECISION,
        hybrid_paper.HEAD_DECISION,
        hybrid_paper.INPUT_DECISION,
        hybrid_paper.START_DECISION,
        COMPACT_ENCODER,
        TAPS,
    ),
    equations=hybrid_wiring.MT_ESTAN_SWIN_EQUATIONS,
    diagram=hybrid_wiring.MT_ESTAN_SWIN,
    paper_errors=hybrid_paper.PAPER_ERRORS,
    reported=hybrid_paper.REPORTED,
    recipe=hybrid_paper.RECIPE,
)


@register(SPEC, parts_of=parts_of)
def mt_estan_swin(
    variant,
    pretrained,
    tasks,
    head: str = "literal",
    drop_path: float = 0.0,
    start: str = "xavier",
    compact_encoder: str = NARROW,
    fusion: str = "concat",
) -> nn.Module:
    """Build MT-ESTAN + Swin; the options are decisions H6 to H8, B12 and E1."""
    weights = weights_by_backbone(variant, pretrained, ("resnet", "swin"), compact_encoder)
    return HybridMTESTAN(variant, weights, None, head, drop_path, start, compact_encoder, fusion)
