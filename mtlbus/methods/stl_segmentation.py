"""Single-task learning of a pixel task: the encoder and pixel decoder of CTAN alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.errors import InputError
from ..core.spec import Spec
from ..core.tasks import SEGMENTATION, Task
from ..nn.task_decoders import check_tasks
from . import ctan_paper, ctan_wiring
from .encoder_maps import ENCODER_MEANS
from .hps import HardSharing
from .pretraining import COMPACT_ENCODER
from .registry import register


def spec_for(tasks: Sequence[Task]) -> Spec:
    """The specification for one task of a class or a number per pixel."""
    check_tasks("stl_segmentation", tasks, count=1)
    if tasks[0].kind == "image_class":
        raise InputError(
            f"stl_segmentation cannot answer {tasks[0].name}, a class per image. "
            "Use stl_classification."
        )
    return ctan_paper.spec_of(
        "stl_segmentation",
        tasks,
        title="STL segmentation",
        idea="One encoder and one decoder that only draw the mask. No other task helps or "
        "disturbs. The gain Δ of every multi-task network of the CTAN paper is counted from here.",
        maps=ENCODER_MEANS,
        stated="ResNet-50 with ImageNet weights and the pixel decoder of CTAN, trained alone.",
        ours="Decision C8 with plain stage outputs as skips.",
        decisions=(ctan_paper.PLAIN_SKIPS, COMPACT_ENCODER),
        equations=(ctan_wiring.COMBO_LOSS, ctan_wiring.GAIN),
        diagram=ctan_wiring.for_tasks(
            ctan_wiring.plain(("mask",), "One encoder and one decoder that climbs to the mask."),
            tasks,
        ),
        reported=ctan_paper.REPORTED[:3],  # STOIC has no task of pixels
        recipe=replace(ctan_paper.SINGLE_TASK_RECIPE, class_weight=0.0),
    )


SPEC = spec_for((SEGMENTATION,))


register(SPEC, HardSharing, spec_for=spec_for)
