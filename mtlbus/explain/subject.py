"""One network, one image, one question: the function that every attribution method explains.

It maps grey images to one number each. The three replicated channels and their normalisation are
inside it, so a gradient with respect to the grey image is the sum over channels (chain rule).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ..core.outputs import Output
from ..data.transforms import Frame, normalise, restore
from .class_alone import class_alone
from .options import baseline_image
from .targets import Target, region_plane, visible_part
from .task_targets import TaskTarget, task_region

BATCH = 4
"""Images a pass holds; more gain nothing on a CPU, and a Stop waits for one pass."""


_TELLING = 10  # passes


class Network(Protocol):
    """What is needed of a trained network; `inference.Predictor` has it."""

    model: nn.Module
    device: torch.device
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class Passes(NamedTuple):
    """Images that go through the network forwards only, and forwards and back."""

    forwards: int = 0
    gradients: int = 0

    @property
    def passes(self) -> int:
        """Images in all, in the unit of `Subject.watch`."""
        return self.forwards + self.gradients

    def __mul__(self, times: int) -> Passes:
        return Passes(self.forwards * times, self.gradients * times)

    def plus(self, other: Passes) -> Passes:
        """The cost of both together."""
        return Passes(self.forwards + other.forwards, self.gradients + other.gradients)


class Pace(NamedTuple):
    """Seconds of one forward and of one gradient (forward and backward), measured here."""

    forward: float
    gradient: float

    def seconds(self, cost: Passes) -> float:
        """What a cost takes at this pace."""
        return cost.forwards * self.forward + cost.gradients * self.gradient

    def after(self, cost: Passes, seconds: float) -> Pace:
        """The pace that a run shows: what it mostly consisted of took as long as it did.

        A short run says only how long its passes take at most, because what surrounds them weighs
        in it; a pace measured while the machine was busy is corrected by that. A gradient never
        takes less than a forward, which is a part of it.
        """
        if not cost.passes:
            return self
        forward = min(self.forward, seconds / cost.passes)
        gradient = min(self.gradient, seconds / cost.gradients) if cost.gradients else self.gradient
        if cost.passes < _TELLING:
            return Pace(forward, gradient)
        if cost.gradients > cost.forwards:
            return Pace(forward, (seconds - cost.forwards * forward) / cost.gradients)
        return Pace(seconds / cost.forwards, gradient) if cost.forwards else self


@dataclass(frozen=True, eq=False)
class Subject:
    """What is explained. Nothing is stored on the network; make one for each run.

    Attributes:
        model: in evaluation mode, its weights without gradients; may be shared between threads.
        mean, std: of the normalisation, by channel.
        grey: 1×1×size×size in 0..1.
        frame: the image's place in the square.
        target: the number that is explained.
        region: size×size, where a mask's logits are summed; None for the class.
        watch: called before each pass with the number of images in it; may raise to stop.
        known: values of the target that were computed already, by name of the image.
    """

    model: nn.Module
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    grey: Tensor
    frame: Frame
    target: Target | TaskTarget
    region: Tensor | None
    watch: Callable[[int], None] = lambda images: None
    known: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        network: Network,
        grey: Tensor,
        frame: Frame,
        target: Target,
        lesion: np.ndarray | None = None,
        truth: np.ndarray | None = None,
    ) -> Subject:
        """Ask a trained network about an image.

        Args:
            network: see `Network`.
            grey: 1×1×size×size in 0..1, as `inference.prepare` makes it.
            frame: of the image.
            target: the question.
            lesion: size×size bool, the predicted mask; for targets that need it.
            truth: H×W bool, the true lesion, likewise.

        Raises:
            InputError: the region of the target is empty or unknown.
        """
        region = region_plane(target, frame, network.size, lesion, truth)
        return cls._about(network, grey, frame, target, region)

    @classmethod
    def of_tasks(
        cls,
        network: Network,
        grey: Tensor,
        frame: Frame,
        target: TaskTarget,
        planes: Mapping[str, np.ndarray],
    ) -> Subject:
        """Ask a network for any tasks about an image.

        Args:
            network, grey, frame: as of `of`; `grey` may have three channels.
            target: the question.
            planes: where the network finds each class of pixels, H×W bool by name.

        Raises:
            InputError: there is no pixel of what is asked for.
        """
        return cls._about(
            network, grey, frame, target, task_region(target, frame, network.size, planes)
        )

    @classmethod
    def _about(
        cls,
        network: Network,
        grey: Tensor,
        frame: Frame,
        target: Target | TaskTarget,
        region: Tensor | None,
    ) -> Subject:
        return cls(
            model=network.model,
            mean=network.mean,
            std=network.std,
            grey=grey.detach().clone().to(network.device),
            frame=frame,
            target=target,
            region=None if region is None else region.to(network.device),
        )

    @property
    def size(self) -> int:
        """Side of the network's square, pixels."""
        return self.grey.shape[-1]

    @cached_property
    def visible(self) -> np.ndarray:
        """The image's part of the square, size×size bool."""
        return visible_part(self.frame, self.size)

    @cached_property
    def _asked(self) -> nn.Module:
        """The network, as far as the target needs it."""
        alone = isinstance(self.target, Target) and self.target.head == "class"
        return class_alone(self.model) if alone else self.model

    def output(self, grey: Tensor, maps: bool = False) -> Output:
        """What the network answers to grey images B×1×size×size in 0..1.

        Where the class is asked for there may be no mask.
        """
        self.watch(len(grey))
        inputs = normalise(grey, self.mean, self.std)
        return self._asked(inputs.contiguous(memory_format=torch.channels_last), maps=maps)

    def values(self, grey: Tensor) -> Tensor:
        """The target for each of B×1×size×size grey images, shape B, in the graph."""
        return self.target.value(self.output(grey), self.region)

    def measured(self, images: Tensor) -> list[float]:
        """The target without a graph, for any number of images, in passes of `BATCH`."""
        with torch.no_grad():
            return [v for part in images.split(BATCH) for v in self.values(part).tolist()]

    def value(self, name: str, image: Tensor) -> float:
        """The target of one image 1×1×size×size, computed once under this name."""
        if name not in self.known:
            self.known[name] = self.measured(image)[0]
        return self.known[name]

    def baseline(self, kind: str) -> Tensor:
        """The image with everything taken away, see `options.baseline_image`."""
        return baseline_image(self.grey, self.visible, kind)

    def leaf(self) -> Tensor:
        """A fresh copy of the image that takes a gradient."""
        return self.grey.detach().clone().requires_grad_(True)

    def of_image(self, grey: Tensor) -> Subject:
        """The same question about another image of the same size."""
        return replace(self, grey=grey.detach(), known={})

    def of_model(self, model: nn.Module) -> Subject:
        """The same question to other weights."""
        return replace(self, model=model, known={})

    def on_image(self, square: np.ndarray) -> np.ndarray:
        """A plane of the square, size×size, on the image's own grid H×W, bilinear."""
        return restore(torch.from_numpy(square), self.frame).numpy()


def measure_pace(subject: Subject) -> Pace:
    """Time a forward, which gives the value of the image too, and a gradient.

    The better of two forwards: the first one of a process sets things up.
    """
    forwards = []
    for _ in range(2):
        started = time.perf_counter()
        subject.known["image"] = subject.measured(subject.grey)[0]
        forwards.append(time.perf_counter() - started)
    leaf = subject.leaf()
    started = time.perf_counter()
    torch.autograd.grad(subject.values(leaf).sum(), leaf)
    return Pace(min(forwards), time.perf_counter() - started)
