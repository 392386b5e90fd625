"""Silence a part of a network and see what becomes of its answers.

Everything happens on a copy: hooks on a network that others use would mix up their maps.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..core.declaration import BREAST
from ..core.outputs import Output
from ..core.tasks import Task
from ..evaluation.task_metrics import called_planes
from ..methods.parts import Call, Part


@dataclass
class Silenced:
    """What silencing a part did, one entry an image.

    Attributes:
        probability: change of the probability of a class, without its sign, the largest; None for
            a network without a class.
        dice: of the masks before and after, all classes together, 1 where both are empty; None
            without a mask.
        values: mean change of a value per pixel, without its sign, as a share of its span, the
            largest of several tasks; None without values.
        added: norm of what the part adds over that of what it adds to, both summed over the
            images; None for a part that adds nothing.
    """

    probability: np.ndarray | None
    dice: np.ndarray | None
    values: np.ndarray | None
    added: float | None


@torch.inference_mode()
def silence(
    network: nn.Module,
    parts: Sequence[Part],
    images: Sequence[Tensor],
    tasks: Sequence[Task] = BREAST.tasks,
) -> list[Silenced]:
    """Silence each part alone and compare the answers with those of the whole network.

    Args:
        network: in evaluation mode; it is copied, not changed.
        parts: of the network.
        images: each 1×3×S×S, normalised, of one size.
        tasks: that it answers.
    """
    network = copy.deepcopy(network)
    means: list[dict[str, Tensor]] = [{} for _ in parts]
    norms: list[list[tuple[float, float]]] = [[] for _ in parts]
    with ExitStack() as heard:
        for part, mean, found in zip(parts, means, norms, strict=True):
            heard.enter_context(_watched(network, part, mean, found))
        whole = [_answers(network(image), tasks) for image in images]
    for mean in means:
        for total in mean.values():
            total /= len(images)
    silenced = []
    for part, mean, found in zip(parts, means, norms, strict=True):
        with _replaced(network, part, mean):
            without = [_answers(network(image), tasks) for image in images]
        silenced.append(_compare(whole, without, found))
    return silenced


@contextmanager
def _watched(
    network: nn.Module, part: Part, means: dict[str, Tensor], norms: list[tuple[float, float]]
) -> Iterator[None]:
    """Sum up what the part's modules show, and note how much each adds."""

    def listen(path: str):
        def hear(module, inputs, named, output):
            call = Call(module, inputs, named, output)
            if part.silencing.watch is not None:
                seen = part.silencing.watch(call).float().sum(dim=0, keepdim=True)
                means[path] = means[path] + seen if path in means else seen
            if part.adds is not None:
                more, base = part.adds(call)
                norms.append((float(more.float().norm()), float(base.float().norm())))

        return hear

    with _hooks(network, part, listen):
        yield


@contextmanager
def _replaced(network: nn.Module, part: Part, means: dict[str, Tensor]) -> Iterator[None]:
    def silencer(path: str):
        def speak(module, inputs, named, output):
            return part.silencing.replace(Call(module, inputs, named, output), means.get(path))

        return speak

    with _hooks(network, part, silencer):
        yield


@contextmanager
def _hooks(network: nn.Module, part: Part, hook_of) -> Iterator[None]:
    handles = [
        network.get_submodule(path).register_forward_hook(hook_of(path), with_kwargs=True)
        for path in part.modules
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class Answered(NamedTuple):
    """The answers to one image.

    Attributes:
        chances: the probabilities of all classes of the image, or None.
        planes: of the pixels, where each class was found, or None.
        values: of each task of values its map as a share of its span; empty without one.
    """

    chances: np.ndarray | None
    planes: np.ndarray | None
    values: tuple[np.ndarray, ...]


def _answers(output: Output, tasks: Sequence[Task]) -> Answered:
    found = [logits[0].float() for logits in output.class_logits.values()]
    chances = [logits.sigmoid() if len(logits) == 1 else logits.softmax(0) for logits in found]
    return Answered(
        torch.cat(chances).cpu().numpy() if chances else None,
        _planes(output, tasks),
        tuple(
            (output.pixel_values[task.name][0, 0].float() / task.span).cpu().numpy()
            for task in tasks
            if task.kind == "pixel_regression"
        ),
    )


def _planes(output: Output, tasks: Sequence[Task]) -> np.ndarray | None:
    if output.mask_logits is None:
        return None
    overlapping = any(task.overlapping for task in tasks)
    return called_planes(output.mask_logits.float(), overlapping)[0].cpu().numpy()


def _compare(
    whole: list[Answered], without: list[Answered], norms: list[tuple[float, float]]
) -> Silenced:
    pairs = list(zip(whole, without, strict=True))
    probability = dice = values = None
    if whole[0].chances is not None:
        probability = np.array([np.abs(a.chances - b.chances).max() for a, b in pairs])
    if whole[0].planes is not None:
        dice = np.array([_dice(a.planes, b.planes) for a, b in pairs])
    if whole[0].values:
        apart = [zip(a.values, b.values, strict=True) for a, b in pairs]
        values = np.array([max(float(np.abs(x - y).mean()) for x, y in found) for found in apart])
    # Sums, not the mean of ratios: a region that an image does not have is added to nothing.
    added = None
    if norms:
        more, base = np.sum(norms, axis=0)
        added = float(more / max(base, 1e-12))
    return Silenced(probability, dice, values, added)


def _dice(first: np.ndarray, second: np.ndarray) -> float:
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0
