"""MTAN: each task gates the shared features for itself (Liu et al. 2019), the rival of CTAN.

Data flow: shared ResNet b, t of stages 1 to 4 → one mask a task and stage on t → refinement and
pooling, shared by the tasks → one decoder a task.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ..core.outputs import Map, Output
from ..core.spec import Decision, MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION, Task
from ..nn.cross_task import Gated, TaskAttention
from ..nn.encoders import NARROW, staged_encoder
from ..nn.task_decoders import Stream, TaskDecoders, check_tasks, pooled_map_specs
from . import ctan_paper, ctan_wiring
from .parts import MEAN, Part, mean_output
from .pretraining import COMPACT_ENCODER
from .registry import register

LEVELS = (1, 2, 3, 4)


def mask_meaning(task: Task) -> str:
    """Which stream a mask gates, in words."""
    return f"How much of each shared feature passes to the {task.name} stream, as it asks itself."


def spec_for(tasks: Sequence[Task]) -> Spec:
    """The specification for any tasks."""
    check_tasks("mtan", tasks)
    return Spec(
        name="mtan",
        title="MTAN",
        role="baseline",
        paper=ctan_paper.PAPER,
        idea="One encoder serves all tasks, and at each stage every task computes a mask that "
        "picks its own features out of the shared ones. The picked features go on to the next "
        "stage of the task. Tasks share the encoder but never look at each other.",
        tasks=tuple(tasks),
        maps=(
            *(
                MapSpec(f"mtan_mask.{level}.{task.name}", "gate", mask_meaning(task))
                for level in LEVELS
                for task in tasks
            ),
            *pooled_map_specs(tasks),
        ),
        stated="Shared ResNet-50; attention modules a task (Liu et al. 2019); the decoders and "
        "losses of CTAN.",
        ours="The stages as in the published ResNet version: mask from the stage before its last "
        "block, applied to that block, then a shared residual refinement. Pooling after stages 1 "
        "to 3, because our ResNet is not dilated.",
        decisions=(
            Decision(
                "2.2",
                "MTAN's own ResNet is dilated and pools only once.",
                "2×2 max-pooling after the refinement of stages 1 to 3.",
                "none",
                "The streams then have the sizes of the plain ResNet.",
            ),
            ctan_paper.ATTENDED_SKIPS,
            ctan_paper.TASKS,
            COMPACT_ENCODER,
        ),
        equations=ctan_wiring.MTAN_EQUATIONS,
        diagram=ctan_wiring.for_tasks(ctan_wiring.MTAN, tasks),
        paper_errors=ctan_paper.PAPER_ERRORS,
        reported=ctan_paper.REPORTED,
        recipe=ctan_paper.RECIPE,
    )


SPEC = spec_for((SEGMENTATION, MALIGNANCY))


class MTAN(nn.Module):
    """Four attention stages and one decoder a task on a shared encoder."""

    def __init__(
        self, variant: str, pretrained, tasks: Sequence[Task], compact_encoder: str
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.encoder = staged_encoder(variant, compact_encoder, pretrained)
        channels = self.encoder.channels
        before, below = self.encoder.before_channels, (*channels[1:], None)
        self.attentions = nn.ModuleList(
            TaskAttention(len(self.tasks), u_width, width, next_width, first=level == LEVELS[0])
            for level, u_width, width, next_width in zip(
                LEVELS, before, channels, below, strict=True
            )
        )
        self.decoders = TaskDecoders(tasks, channels[:-1], channels[-1], variant)

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×1×H×W and class logits B×2, or what other tasks ask for.

        H and W are multiples of 32.
        """
        gates: list[Gated] = []
        streams = None
        for module, (before, last) in zip(self.attentions, self.encoder(images), strict=True):
            gates.append(module(before, last, streams))
            streams = gates[-1].attended
        decoded = [
            Stream([gate.gated[index] for gate in gates[:-1]], gates[-1].gated[index])
            for index in range(len(self.tasks))
        ]
        return self.decoders(decoded, images.shape[-2:], self._maps(gates) if maps else None)

    def _maps(self, gates: Sequence[Gated]) -> dict[str, Map]:
        return {
            f"mtan_mask.{level}.{task.name}": Map(
                mask, "gate", f"encoder stage {level}", stride, mask_meaning(task)
            )
            for level, stride, gate in zip(LEVELS, self.encoder.strides, gates, strict=True)
            for task, mask in zip(self.tasks, gate.masks, strict=True)
        }


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The masks, all and by stage."""
    levels = {
        level: tuple(f"attentions.{level - 1}.masks.{i}" for i in range(len(network.tasks)))
        for level in LEVELS
    }
    maps = {
        level: tuple(f"mtan_mask.{level}.{task.name}" for task in network.tasks) for level in LEVELS
    }
    return (
        Part(
            "mtan_mask",
            f"the masks of all stages {MEAN}",
            mean_output,
            tuple(module for modules in levels.values() for module in modules),
            tuple(name for names in maps.values() for name in names),
        ),
        *(
            Part(f"mtan_mask.{level}", f"the masks of stage {level} {MEAN}", mean_output,
                 levels[level], maps[level])
            for level in LEVELS
        ),
    )  # fmt: skip


@register(SPEC, spec_for, parts_of=parts_of)
def mtan(variant, pretrained, tasks, compact_encoder: str = NARROW) -> nn.Module:
    """Build MTAN."""
    return MTAN(variant, pretrained, tasks, compact_encoder)
