"""Single-task learning of an image task: the encoder and image decoder of CTAN alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.errors import InputError
from ..core.spec import Spec
from ..core.tasks import MALIGNANCY, Task
from ..nn.task_decoders import check_tasks, pooled_map_specs
from . import ctan_paper, ctan_wiring
from .encoder_maps import ENCODER_MEANS
from .hps import HardSharing
from .pretraining import COMPACT_ENCODER
from .registry import register


def spec_for(tasks: Sequence[Task]) -> Spec:
    """The specification for one task of a class per image."""
    check_tasks("stl_classification", tasks, count=1)
    if tasks[0].kind != "image_class":
        raise InputError(
            f"stl_classification cannot answer {tasks[0].name}, which is asked per pixel. "
            "Use stl_segmentation."
        )
    return ctan_paper.spec_of(
        "stl_classification",
        tasks,
        title="STL classification",
        idea="One encoder and one image decoder that only name the class. No mask guides them. "
        "The gain Δ of every multi-task network of the CTAN paper is counted from here.",
        maps=(*ENCODER_MEANS, *pooled_map_specs(tasks)),
        stated="ResNet-50 with ImageNet weights and the image decoder of CTAN, trained alone.",
        ours="Decision C9 with plain stage outputs as skips.",
        decisions=(ctan_paper.PLAIN_SKIPS, COMPACT_ENCODER),
        equations=(replace(ctan_wiring.CLASS_LOSS, decisions=()), ctan_wiring.GAIN),
        diagram=ctan_wiring.for_tasks(
            ctan_wiring.plain(("class",), "One encoder and one decoder that goes on to the class."),
            tasks,
        ),
        reported=ctan_paper.REPORTED[2:],
        recipe=replace(ctan_paper.SINGLE_TASK_RECIPE, mask_weight=0.0),
    )


SPEC = spec_for((MALIGNANCY,))


register(SPEC, HardSharing, spec_for=spec_for)
