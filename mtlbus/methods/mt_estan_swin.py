"""MT-ESTAN + Swin: Hybrid-MT-ESTAN without Anatomy-Aware Attention, its own ablation."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..core.spec import Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from . import hybrid_paper, hybrid_wiring
from .hybrid_mt_estan import HybridMTESTAN, parts_of
from .pretraining import COMPACT_ENCODER, TAPS
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
    equations=(
        hybrid_wiring.SWIN_BLOCKS,
        hybrid_wiring.COSINE_ATTENTION,
        hybrid_wiring.ESTAN,
        replace(
            hybrid_wiring.FUSION,
            latex=hybrid_wiring.FUSION.latex.replace("O^{4}", "y^{4}"),
            symbols=f"{hybrid_wiring.FUSION.symbols} $y^4$: the last stage of the Swin, ungated.",
        ),
        hybrid_wiring.UP_BLOCK,
        hybrid_wiring.HEAD,
        *hybrid_wiring.LOSSES,
    ),
    diagram=hybrid_wiring.hybrid(gated=False),
    coarse_masks=hybrid_paper.COARSE_MASKS,
    side_class="swin",
    paper_errors=hybrid_paper.PAPER_ERRORS,
    reported=hybrid_paper.REPORTED,
    recipe=hybrid_paper.RECIPE,
)


register(SPEC, partial(HybridMTESTAN, anatomy=None), parts_of=parts_of)
