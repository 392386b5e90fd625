"""Silence a part of a network and see what becomes of its answers.

Everything happens on a copy: hooks on a network that others use would mix up their maps.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..core.outputs import Output, positive_logit
from ..core.tasks import MALIGNANCY
from ..methods.parts import Call, Part


@dataclass
class Silenced:
    """What silencing a part did, one entry an image.

    Attributes:
        probability: change of the probability of malignancy, without its sign; None for a
            network without a class.
        dice: of the masks before and after, 1 where both are empty; None without a mask.
        added: norm of what the part adds over that of what it adds to, both summed over the
            images; None for a part that adds nothing.
    """

    probability: np.ndarray | None
    dice: np.ndarray | None
    added: float | None


@torch.inference_mode()
def silence(network: nn.Module, parts: Sequence[Part], images: Sequence[Tensor]) -> list[Silenced]:
    """Silence each part alone and compare the answers with those of the whole network.

    Args:
        network: in evaluation mode; it is copied, not changed.
        parts: of the network.
        images: each 1×3×S×S, normalised, of one size.
    """
    network = copy.deepcopy(network)
    means: list[dict[str, Tensor]] = [{} for _ in parts]
    norms: list[list[tuple[float, float]]] = [[] for _ in parts]
    with ExitStack() as heard:
        for part, mean, found in zip(parts, means, norms, strict=True):
            heard.enter_context(_watched(network, part, mean, found))
        whole = [_answers(network(image)) for image in images]
    for mean in means:
        for total in mean.values():
            total /= len(images)
    silenced = []
    for part, mean, found in zip(parts, means, norms, strict=True):
        with _replaced(network, part, mean):
            without = [_answers(network(image)) for image in images]
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


def _answers(output: Output) -> tuple[float | None, np.ndarray | None]:
    """The probability of malignancy and the mask, of a batch of one."""
    probability = mask = None
    if MALIGNANCY.name in output.class_logits:
        logit = positive_logit(output.class_logits[MALIGNANCY.name].float())
        probability = float(torch.sigmoid(logit)[0])
    if output.mask_logits is not None:
        mask = (positive_logit(output.mask_logits)[0] > 0).cpu().numpy()
    return probability, mask


def _compare(whole: list, without: list, norms: list[tuple[float, float]]) -> Silenced:
    probability = dice = None
    if whole[0][0] is not None:
        probability = np.array([abs(a[0] - b[0]) for a, b in zip(whole, without, strict=True)])
    if whole[0][1] is not None:
        dice = np.array([_dice(a[1], b[1]) for a, b in zip(whole, without, strict=True)])
    # Sums, not the mean of ratios: a region that an image does not have is added to nothing.
    added = None
    if norms:
        more, base = np.sum(norms, axis=0)
        added = float(more / max(base, 1e-12))
    return Silenced(probability, dice, added)


def _dice(first: np.ndarray, second: np.ndarray) -> float:
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0
