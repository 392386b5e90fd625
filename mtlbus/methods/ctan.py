"""CTAN: attention masks cross between two tasks in the encoder, and attention in the bottleneck.

Data flow: shared ResNet U, P of stages 1 to 4 → CTAE a stage: masks A_1, A_2 and crossed streams
Â_1, Â_2 → CTAB: Ā_1, Ā_2 → one decoder a task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from ..core.outputs import Map, MapWords, Output
from ..core.spec import Equation, MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION, Task
from ..nn.cross_task import Crossed, CrossTaskBottleneck, CrossTaskEncoder, Gated
from ..nn.encoders import staged_encoder
from ..nn.task_decoders import Stream, TaskDecoders, check_tasks, pooled_map_specs
from . import ctan_paper, ctan_wiring
from .parts import Call, Part, Silencing, parts_by_stage
from .pretraining import COMPACT_ENCODER
from .registry import register

LEVELS = (1, 2, 3, 4)

BOTTLENECK_MEANINGS = {
    "token": "Where each cell of the {other} stream looks in the {own} stream. What it finds is "
    "what the {own} decoder reads.",
    "no_softmax": "Where each cell of the {other} stream looks in the {own} stream, as shares of "
    "the cell's sum. The network uses the sums themselves.",
    "literal": "From which cells of the {own} stream each of its cells is rebuilt, as shares of "
    "the cell's sum. A cell counts if the {other} stream holds there what this one asks for.",
}


def pairs_of(tasks: Sequence[Task]) -> tuple[tuple[Task, Task], ...]:
    """Each of two tasks with the other."""
    return (tasks[0], tasks[1]), (tasks[1], tasks[0])


def mask(level: int, own: Task, other: Task) -> MapSpec:
    """The mask that a stage computes from the stream of a task, and which stream it gates."""
    return MapSpec(
        f"ctae_mask.{level}.{own.name}",
        "gate",
        f"How much of each shared feature passes to the {other.name} stream. The mask is computed "
        f"from the {own.name} stream, so this is what {own.name} tells {other.name}.",
        MapWords("CTAE mask", heading=f"Mask of {own.name} → gates the {other.name} stream"),
    )


def bottleneck(attention: str, own: Task, other: Task) -> MapSpec:
    """The attention of CTAB in the stream of a task, under a reading of it (decision C7)."""
    return MapSpec(
        f"ctab_attention.{own.name}",
        "attention",
        BOTTLENECK_MEANINGS[attention].format(own=own.name, other=other.name),
        MapWords(
            "CTAB attention",
            caution="It says what is mixed for that decoder, not which cell decided the answer.",
        ),
    )


def declared_maps(tasks: Sequence[Task], attention: str) -> tuple[MapSpec, ...]:
    """The inner maps for a pair of tasks under a reading of CTAB (decision C7).

    The weights of "channel" join channels, not cells: they are no map.
    """
    pairs = pairs_of(tasks)
    masks = (mask(level, *pair) for level in LEVELS for pair in pairs)
    attentions = (bottleneck(attention, *pair) for pair in pairs if attention != "channel")
    return (*masks, *attentions, *pooled_map_specs(tasks))


def maps_for(spec: Spec, options: Mapping[str, Any]) -> tuple[MapSpec, ...]:
    """The inner maps under the options of `ctan`."""
    return declared_maps(spec.tasks, options["bottleneck_attention"])


def spec_for(tasks: Sequence[Task]) -> Spec:
    """The specification for a pair of tasks; `InputError` for anything but a pair."""
    check_tasks("ctan", tasks, count=2)
    return ctan_paper.spec_of(
        "ctan",
        tasks,
        title="CTAN",
        role="proposed",
        idea="One encoder serves two tasks, and at each of its stages every task computes a mask "
        "of what matters to it. The masks are crossed: the mask of one task gates the features of "
        "the other. In the bottleneck each task is looked up with the other's questions before "
        "its own decoder answers.",
        maps=declared_maps(tasks, "token"),
        stated="Shared ResNet-50 with ImageNet weights; eq. 1 (crossed masks) in its stages; eq. 2 "
        "(cross attention) in the bottleneck; one decoder a task with skips; 0.3·Dice + 0.7·CE and "
        "CE, balanced by dynamic weight averaging.",
        ours="Decisions C1 to C12.",
        decisions=(
            ctan_paper.SHARED_FEATURES,
            ctan_paper.STEM,
            ctan_paper.SYMBOLS,
            ctan_paper.MASK_BLOCKS,
            ctan_paper.POOL,
            ctan_paper.BOTTLENECK_EMBEDDING,
            ctan_paper.BOTTLENECK_ATTENTION,
            ctan_paper.SKIPS,
            ctan_paper.IMAGE_DECODER,
            ctan_paper.TASKS,
            ctan_paper.LOSSES,
            ctan_paper.SCHEDULE,
            COMPACT_ENCODER,
        ),
        equations=(
            Equation(
                "The mask of a task",
                "section 2.1, in words",
                r"A_t^{\,j} = \sigma\Big(\mathrm{BN}\big(W_2\,\rho\big(\mathrm{BN}"
                r"(W_1 [\,U^{j},\, \hat A_t^{\,j-1}\,])\big)\big)\Big)",
                "$U^j$: the shared feature of stage $j$; $\\hat A_t^{\\,j-1}$: what task $t$ "
                "carries from the stage above (nothing in the first); $W_1, W_2$: 1×1 convolutions "
                "to a quarter of the channels and back; $\\rho$: ReLU, $\\sigma$: sigmoid.",
                ("C3", "C4"),
            ),
            Equation(
                "The crossing (CTAE)",
                "eq. 1",
                r"\hat A_t^{\,j} = \mathrm{Pool}\big(A_{t'}^{\,j} \odot P^{\,j}\big),"
                r"\qquad t' \neq t \in \{1, 2\}",
                "$A_{t'}$: the mask of the other task; $P^j$: the shared feature after the last "
                "block of the stage; $\\odot$: product, number by number; Pool: 2×2 maximum, none "
                "in stage 4.",
                ("C1", "C3", "C5"),
                printed=r"\hat A_t^{\,j} = \mathrm{Pool}\big(\hat A_{t'}^{\,j} \odot P^{\,j}\big)",
            ),
            Equation(
                "Cross attention in the bottleneck (CTAB)",
                "eq. 2",
                r"\bar A_t = \hat E_t\, W_t^{\!\top},\qquad W_t = \mathrm{softmax}_{\text{keys}}"
                r"\Big(\tfrac{1}{\sqrt d}\,\hat E_{t'}^{\!\top} \hat E_t\Big)",
                "$\\hat E_t = \\rho(\\mathrm{BN}(W \\hat A_t^{\\,4}))$, $d$ channels by $N$ cells: "
                "key and value of the own task; the query is the other's. Row $i$ of $W_t$ says "
                "where cell $i$ of the other stream looks, and sums to 1.",
                ("C6", "C7"),
                printed=r"\bar A_t = \hat E_t \cdot \big(\hat E_{t'}^{\!\top} \cdot \hat E_t\big)",
            ),
            *ctan_wiring.LOSSES,
        ),
        diagram=ctan_wiring.for_tasks(
            ctan_wiring.attended(
                "cross_encoders",
                True,
                "At each stage every task computes a gate, and the gates cross: a stream is the "
                "shared stage times the gate of the other task. At the bottom each stream is "
                "looked up with the other's questions; then each task has a decoder of its own.",
            ),
            tasks,
        ),
    )


SPEC = spec_for((SEGMENTATION, MALIGNANCY))


class CTAN(nn.Module):
    """Four CTAE, one CTAB, two decoders on a shared encoder."""

    def __init__(
        self,
        variant: str,
        pretrained,
        tasks: Sequence[Task],
        shared_features: str,
        stem: str,
        bottleneck_attention: str,
        skips: str,
        compact_encoder: str,
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.skips = skips
        self.encoder = staged_encoder(variant, compact_encoder, pretrained, shared_features, stem)
        channels = self.encoder.channels
        above = (0, *channels[:-1])
        self.cross_encoders = nn.ModuleList(
            CrossTaskEncoder(u_width, width, from_above, pool=level < LEVELS[-1])
            for level, u_width, width, from_above in zip(
                LEVELS, self.encoder.before_channels, channels, above, strict=True
            )
        )
        embedding = ctan_paper.ATTENTION_WIDTH[variant]
        self.cross_bottleneck = CrossTaskBottleneck(channels[-1], embedding, bottleneck_attention)
        self.decoders = TaskDecoders(tasks, channels[:-1], embedding, variant)

    @property
    def draws(self) -> str:
        """What draws the mask and nothing else, see `explain.class_alone`; "" where nothing."""
        return self.decoders.draws and f"decoders.{self.decoders.draws}"

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×1×H×W and class logits B×2, or what other tasks ask for.

        H and W are multiples of 32.
        """
        stages = self.encoder(images)
        gates: list[Gated] = []
        streams = None
        for module, (before, last) in zip(self.cross_encoders, stages, strict=True):
            gates.append(module(before, last, streams))
            streams = gates[-1].attended  # Â_1, Â_2 of this stage
        crossed = self.cross_bottleneck(streams)
        decoded = []
        for index in range(2):
            skips = [
                gate.gated[index] if self.skips == "gated" else stage.last
                for gate, stage in zip(gates[:-1], stages[:-1], strict=True)
            ]
            decoded.append(Stream(skips, crossed.features[index]))
        found = self._maps(gates, crossed) if maps else None
        return self.decoders(decoded, images.shape[-2:], found)

    def _maps(self, gates: Sequence[Gated], crossed: Crossed) -> dict[str, Map]:
        """The masks, named by the task they are computed from, and the weights of CTAB.

        Weights without a softmax are shown as shares of their row; those of "channel" join
        channels, not cells, and have no map.
        """
        found, pairs = {}, pairs_of(self.tasks)
        for level, stride, gate in zip(LEVELS, self.encoder.strides, gates, strict=True):
            for pair, values in zip(pairs, gate.masks, strict=True):
                found |= mask(level, *pair).of(values, f"encoder stage {level}", stride)
        attention = self.cross_bottleneck.attention
        if attention == "channel":
            return found
        for pair, weights, features in zip(pairs, crossed.weights, crossed.features, strict=True):
            total = weights.float().sum(dim=-1, keepdim=True)
            found |= bottleneck(attention, *pair).of(
                (weights.float() / total.clamp_min(1e-12)).unsqueeze(1),
                "bottleneck",
                self.encoder.strides[-1],
                grid=tuple(features.shape[-2:]),
            )
        return found


def _uniform(call: Call, mean: Tensor | None) -> Crossed:
    """Every cell looks everywhere alike: it finds the mean of the own stream."""
    streams = call.inputs[0]
    features = tuple(
        embed(x).mean(dim=(2, 3), keepdim=True).expand_as(crossed)
        for embed, x, crossed in zip(
            call.module.embeddings, streams, call.output.features, strict=True
        )
    )
    return Crossed(features, call.output.weights)


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The masks of CTAE, all and by stage, and the attention of CTAB."""
    names = [task.name for task in network.tasks]
    levels = {
        level: tuple(f"cross_encoders.{level - 1}.masks.{index}" for index in range(2))
        for level in LEVELS
    }
    maps = {level: tuple(f"ctae_mask.{level}.{name}" for name in names) for level in LEVELS}
    found = [*parts_by_stage("ctae_mask", "the masks", levels, maps)]
    if network.cross_bottleneck.attention == "token":
        name, says = "ctab_attention", "every cell looks everywhere alike"
        asked = tuple(f"{name}.{task}" for task in names)
        found.append(Part(name, says, Silencing(_uniform), ("cross_bottleneck",), asked))
    return tuple(found)


register(SPEC, CTAN, spec_for=spec_for, maps_for=maps_for, parts_of=parts_of)
