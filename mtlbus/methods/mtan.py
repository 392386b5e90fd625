"""MTAN: each task gates the shared features for itself (Liu et al. 2019), the rival of CTAN.

Data flow: shared ResNet b, t of stages 1 to 4 → one mask a task and stage on t → refinement and
pooling, shared by the tasks → one decoder a task.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ..core.outputs import Map, MapWords, Output
from ..core.spec import Decision, Equation, MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION, Task
from ..nn.cross_task import Gated, TaskAttention
from ..nn.encoders import staged_encoder
from ..nn.task_decoders import Stream, TaskDecoders, check_tasks, pooled_map_specs
from . import ctan_paper, ctan_wiring
from .parts import Part, parts_by_stage
from .pretraining import COMPACT_ENCODER
from .registry import register

LEVELS = (1, 2, 3, 4)


def mask(level: int, task: Task) -> MapSpec:
    """The mask of a task at a stage."""
    return MapSpec(
        f"mtan_mask.{level}.{task.name}",
        "gate",
        f"How much of each shared feature passes to the {task.name} stream, as it asks itself.",
        MapWords("MTAN mask", heading=f"Mask of {task.name} → gates its own stream"),
    )


def spec_for(tasks: Sequence[Task]) -> Spec:
    """The specification for any tasks."""
    check_tasks("mtan", tasks)
    return ctan_paper.spec_of(
        "mtan",
        tasks,
        title="MTAN",
        idea="One encoder serves all tasks, and at each stage every task computes a mask that "
        "picks its own features out of the shared ones. The picked features go on to the next "
        "stage of the task. Tasks share the encoder but never look at each other.",
        maps=(
            *(mask(level, task) for level in LEVELS for task in tasks),
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
                "The streams then have the sizes of the plain ResNet.",
            ),
            ctan_paper.ATTENDED_SKIPS,
            ctan_paper.TASKS,
            COMPACT_ENCODER,
        ),
        equations=(
            Equation(
                "The mask of a task",
                "Liu et al. 2019, eq. 2",
                r"a_t^{\,j} = \sigma\Big(\mathrm{BN}\big(W_2\,\rho\big(\mathrm{BN}"
                r"(W_1 [\,b^{j},\, f^{j}(\hat a_t^{\,j-1})\,])\big)\big)\Big)",
                "$b^j$: the shared feature before the last block of stage $j$; $f^j$: a residual "
                "block shared by the tasks, then 2×2 maximum; $\\rho$: ReLU, $\\sigma$: sigmoid.",
                ("2.2",),
            ),
            Equation(
                "What a task takes",
                "Liu et al. 2019, eq. 1",
                r"\hat a_t^{\,j} = a_t^{\,j} \odot t^{\,j}",
                "$t^j$: the shared feature after the last block. The mask gates the stream of its "
                "own task; CTAN crosses it.",
            ),
            *ctan_wiring.LOSSES,
        ),
        diagram=ctan_wiring.for_tasks(
            ctan_wiring.attended(
                "attentions",
                False,
                "At each stage a stream is the shared stage times the gate of its own task; "
                "nothing crosses. Each task has a decoder of its own.",
            ),
            tasks,
        ),
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

    @property
    def draws(self) -> str:
        """What draws the mask and nothing else, see `explain.class_alone`; "" where nothing."""
        return self.decoders.draws and f"decoders.{self.decoders.draws}"

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
        found = {}
        for level, stride, gate in zip(LEVELS, self.encoder.strides, gates, strict=True):
            for task, values in zip(self.tasks, gate.masks, strict=True):
                found |= mask(level, task).of(values, f"encoder stage {level}", stride)
        return found


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The masks, all and by stage."""
    levels = {
        level: tuple(f"attentions.{level - 1}.masks.{i}" for i in range(len(network.tasks)))
        for level in LEVELS
    }
    maps = {level: tuple(mask(level, task).name for task in network.tasks) for level in LEVELS}
    return parts_by_stage("mtan_mask", "the masks", levels, maps)


register(SPEC, MTAN, spec_for=spec_for, parts_of=parts_of)
