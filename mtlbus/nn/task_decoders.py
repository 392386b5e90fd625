"""One decoder a task: up to the image for a pixel task, down to a vector for an image task.

Source: CTAN, section 2.1 "Encoder and Decoder"; decisions C8 and C9 fix what the text leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..core.errors import InputError
from ..core.outputs import Map, Output
from ..core.spec import MapSpec
from ..core.tasks import Task
from .decoders import conv_bn_relu, upsample_to
from .heads import PooledHead

POOLED_MEANING = "What the class head averages over."
POOLED_STRIDE = 64

PIXEL_WIDTHS = {"paper": (256, 128, 64), "compact": (96, 64, 48)}
IMAGE_WIDTHS = {"paper": (128, 256, 512, 512), "compact": (64, 112, 128, 176)}


class Stream(NamedTuple):
    """What a task's decoder reads.

    Attributes:
        skips: stages 1 to 3, B×C×H×W at strides 4, 8, 16.
        bottleneck: B×C×H×W at stride 32.
    """

    skips: Sequence[Tensor]
    bottleneck: Tensor


class PixelDecoder(nn.Module):
    """Three times: bilinear ×2, join the skip, 3×3 conv-BN-ReLU; then 1×1; bilinear ×4 (C8).

    Args:
        skips: channels of stages 1 to 3.
        bottleneck: channels of the bottleneck.
        widths: after the joins with stages 3, 2, 1.
        outputs: channels of the answer.
    """

    def __init__(
        self, skips: Sequence[int], bottleneck: int, widths: Sequence[int], outputs: int
    ) -> None:
        super().__init__()
        inputs = (bottleneck, *widths[:-1])
        self.fusers = nn.ModuleList(
            conv_bn_relu(below + skip, width)
            for below, skip, width in zip(inputs, reversed(skips), widths, strict=True)
        )
        self.classifier = nn.Conv2d(widths[-1], outputs, 1)

    def forward(self, stream: Stream, size: Sequence[int]) -> Tensor:
        """A stream to B×outputs×size, not activated."""
        x = stream.bottleneck
        for fuser, skip in zip(self.fusers, reversed(stream.skips), strict=True):
            x = fuser(torch.cat([upsample_to(x, skip.shape[-2:]), skip], dim=1))
        return upsample_to(self.classifier(x), size)


def downsampling_block(inputs: int, outputs: int) -> nn.Sequential:
    """3×3 convolution with stride 2, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class ImageDecoder(nn.Module):
    """Four times 3×3/2 conv-BN-ReLU from stage 1 on, joining 2, 3, bottleneck; GAP, FC (C9).

    Args:
        skips: channels of stages 1 to 3.
        bottleneck: channels of the bottleneck.
        widths: after each downsampling.
        classes: number of logits.
    """

    def __init__(
        self, skips: Sequence[int], bottleneck: int, widths: Sequence[int], classes: int
    ) -> None:
        super().__init__()
        joined = (0, *widths[:-1])
        sources = (*skips, bottleneck)
        self.reducers = nn.ModuleList(
            downsampling_block(above + source, width)
            for above, source, width in zip(joined, sources, widths, strict=True)
        )
        self.head = PooledHead(widths[-1], classes)

    def forward(self, stream: Stream) -> tuple[Tensor, Tensor]:
        """A stream to logits B×classes and the feature at stride 64 that the head averages."""
        first, *others = (*stream.skips, stream.bottleneck)
        x = self.reducers[0](first)
        for reducer, skip in zip(self.reducers[1:], others, strict=True):
            x = reducer(torch.cat([x, skip], dim=1))
        return self.head(x), x


class TaskDecoders(nn.Module):
    """The decoders of all tasks.

    A pixel class of two becomes one sigmoid channel (decision C11), of more, and of classes that
    overlap, one channel a class; a pixel regression one channel, times its span; an image class
    one logit a class (decision C10).

    Args:
        tasks: any, within `check_tasks`.
        skips, bottleneck: channels, see `Stream`.
        variant: "paper" or "compact".
    """

    def __init__(
        self, tasks: Sequence[Task], skips: Sequence[int], bottleneck: int, variant: str
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.decoders = nn.ModuleList()
        for task in tasks:
            if task.kind == "image_class":
                widths = IMAGE_WIDTHS[variant]
                self.decoders.append(ImageDecoder(skips, bottleneck, widths, task.channels))
            else:
                widths = PIXEL_WIDTHS[variant]
                self.decoders.append(PixelDecoder(skips, bottleneck, widths, task.channels))

    @property
    def draws(self) -> str:
        """The path of the decoder that draws the mask; "" where none does."""
        kinds = [task.kind for task in self.tasks]
        return f"decoders.{kinds.index('pixel_class')}" if "pixel_class" in kinds else ""

    def forward(
        self, streams: Sequence[Stream], size: Sequence[int], maps: dict[str, Map] | None = None
    ) -> Output:
        """One stream a task to the answers.

        Args:
            streams: in the order of the tasks.
            size: height and width of the input.
            maps: inner maps found so far, to be returned with the pooled features; None for
                an output without maps.
        """
        mask_logits, class_logits, pixel_values = None, {}, {}
        returned = dict(maps or {})
        for task, decoder, stream in zip(self.tasks, self.decoders, streams, strict=True):
            if task.kind == "pixel_class":
                mask_logits = decoder(stream, size)
            elif task.kind == "pixel_regression":
                pixel_values[task.name] = task.span * decoder(stream, size)
            else:
                class_logits[task.name], pooled = decoder(stream)
                if maps is not None:
                    declared = pooled_map(self.tasks, task)
                    returned |= declared.of(pooled, "end of the image decoder", POOLED_STRIDE)
        return Output(mask_logits, class_logits, returned, pixel_values)


def pooled_map(tasks: Sequence[Task], task: Task) -> MapSpec:
    """What the head of an image class averages, named by the task where there are several."""
    several = sum(other.kind == "image_class" for other in tasks) > 1
    name = f"pooled_features.{task.name}" if several else "pooled_features"
    return MapSpec(name, "feature", POOLED_MEANING)


def pooled_map_specs(tasks: Sequence[Task]) -> tuple[MapSpec, ...]:
    """The maps that `TaskDecoders` adds."""
    return tuple(pooled_map(tasks, task) for task in tasks if task.kind == "image_class")


def coarse_masks(tasks: Sequence[Task]) -> tuple[str, ...]:
    """The coarse levels of the decoder that draws the mask; none where no decoder does."""
    drawing = [n for n, task in enumerate(tasks) if task.kind == "pixel_class"]
    return tuple(f"decoders.decoders.{n}.fusers.{level}" for n in drawing[:1] for level in range(2))


def check_tasks(method: str, tasks: Sequence[Task], count: int | None = None) -> None:
    """Refuse tasks that one network with these decoders cannot answer.

    Args:
        method: its name, for the message.
        tasks: what was asked for.
        count: how many tasks the method needs; None for any number.

    Raises:
        InputError: the wrong number of tasks, a name twice, a class task with fewer than two
            classes, or two tasks of a class per pixel (an `Output` holds one mask).
    """
    names = [task.name for task in tasks]
    problem = None
    if count is not None and len(tasks) != count:
        problem = f"it answers exactly {count} task{'s' if count > 1 else ''}"
    elif len(set(names)) != len(names):
        problem = "every task needs a name of its own"
    elif any(
        task.kind != "pixel_regression" and len(task.classes) < 2 - task.overlapping
        for task in tasks
    ):
        problem = "a class task needs the names of at least two classes"
    elif sum(task.kind == "pixel_class" for task in tasks) > 1:
        problem = "one task may be a class per pixel; join the labels into one task"
    if problem:
        asked = ", ".join(names) or "no task"
        raise InputError(f"{method} cannot be built for {asked}: {problem}.")
