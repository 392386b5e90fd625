"""HPS: hard parameter sharing, one encoder and one decoder a task (Caruana 1997)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ..core.outputs import Output
from ..core.spec import Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION, Task
from ..nn.encoders import staged_encoder
from ..nn.task_decoders import Stream, TaskDecoders, check_tasks, pooled_map_specs
from . import ctan_paper, ctan_wiring
from .encoder_maps import ENCODER_MEANS, encoder_means
from .pretraining import COMPACT_ENCODER
from .registry import register


def spec_for(tasks: Sequence[Task]) -> Spec:
    """The specification for any tasks."""
    check_tasks("hps", tasks)
    return ctan_paper.spec_of(
        "hps",
        tasks,
        title="HPS",
        idea="One encoder, one decoder a task, and nothing in between: all tasks read the same "
        "features. What is shared is shared completely. It is the yardstick for every attention "
        "between tasks.",
        maps=(*ENCODER_MEANS, *pooled_map_specs(tasks)),
        stated="Shared ResNet-50; the decoders and losses of CTAN.",
        ours="Decisions C8 and C9 with plain stage outputs as skips.",
        decisions=(ctan_paper.PLAIN_SKIPS, ctan_paper.TASKS, COMPACT_ENCODER),
        equations=ctan_wiring.LOSSES,
        diagram=ctan_wiring.for_tasks(
            ctan_wiring.plain(
                ("mask", "class"),
                "Both decoders read the same stages of the same encoder; nothing else joins the "
                "tasks.",
            ),
            tasks,
        ),
    )


SPEC = spec_for((SEGMENTATION, MALIGNANCY))


class HardSharing(nn.Module):
    """A shared encoder whose stages all decoders read; with one task, single-task learning."""

    def __init__(
        self, variant: str, pretrained, tasks: Sequence[Task], compact_encoder: str
    ) -> None:
        super().__init__()
        self.encoder = staged_encoder(variant, compact_encoder, pretrained)
        channels = self.encoder.channels
        self.decoders = TaskDecoders(tasks, channels[:-1], channels[-1], variant)

    @property
    def draws(self) -> str:
        """What draws the mask and nothing else, see `explain.class_alone`; "" where nothing."""
        return self.decoders.draws and f"decoders.{self.decoders.draws}"

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×1×H×W and class logits B×2, or what other tasks ask for.

        H and W are multiples of 32.
        """
        *skips, bottleneck = (stage.last for stage in self.encoder(images))
        streams = [Stream(skips, bottleneck)] * len(self.decoders.tasks)
        return self.decoders(streams, images.shape[-2:], encoder_means(skips) if maps else None)


register(SPEC, HardSharing, spec_for=spec_for)
