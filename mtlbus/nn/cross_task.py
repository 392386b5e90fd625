"""Attention between tasks: masks of MTAN, and CTAN's crossing of them in encoder and bottleneck.

Sources: CTAN, section 2.1; MTAN (Liu et al. 2019) for the mask. Streams of two tasks come as a
pair; index 1 − t is the other task.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.errors import choose
from .decoders import conv_bn_relu

ATTENTIONS = ("token", "literal", "no_softmax", "channel")

Streams = tuple[Tensor, Tensor]


class TaskMask(nn.Sequential):
    """Embedding block to c/4 and attention block back to c with a sigmoid (decision C4).

    Both are 1×1 convolutions with batch normalisation; together they are the mask of MTAN.
    Input B×inputs×H×W, output B×channels×H×W in 0..1.
    """

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__(
            conv_bn_relu(inputs, channels // 4, kernel=1),
            nn.Conv2d(channels // 4, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.Sigmoid(),
        )


class Gated(NamedTuple):
    """What the masks of one stage do; one entry a task.

    Attributes:
        masks: A_t, B×C×H×W in 0..1.
        gated: the shared feature after the mask, B×C×H×W: the task's skip connection.
        attended: what the task's stream carries to the next stage.
    """

    masks: tuple[Tensor, ...]
    gated: tuple[Tensor, ...]
    attended: tuple[Tensor, ...]


def task_masks(
    modules: Sequence[nn.Module], before: Tensor, streams: Sequence[Tensor] | None
) -> tuple[Tensor, ...]:
    """A_t from [U, Â_t of the stage above]; from U alone in the first stage."""
    if streams is None:
        return tuple(module(before) for module in modules)
    return tuple(
        module(torch.cat([before, stream], dim=1))
        for module, stream in zip(modules, streams, strict=True)
    )


class CrossTaskEncoder(nn.Module):
    """CTAE, one stage: the mask of each task gates the shared feature for the other one.

    F_t = embedding([U, Â_t of the stage above]), A_t = sigmoid(attention(F_t)), and eq. 1 with
    its two symbols told apart (decision C3): Â_t = Pool(A_t' ⊙ P).

    Args:
        before: channels of U.
        channels: of P.
        above: channels of Â in the stage above; 0 in the first stage, which has none.
        pool: 2×2 max-pooling; not in the last stage (decision C5).
    """

    def __init__(self, before: int, channels: int, above: int, pool: bool) -> None:
        super().__init__()
        self.masks = nn.ModuleList(TaskMask(before + above, channels) for _ in range(2))
        self.pool = nn.MaxPool2d(2) if pool else nn.Identity()

    def forward(self, before: Tensor, last: Tensor, streams: Sequence[Tensor] | None) -> Gated:
        """Masks of both tasks, crossed.

        Args:
            before, last: U and P, B×before×H×W and B×channels×H×W.
            streams: Â_1, Â_2 of the stage above, B×above×H×W; None in the first stage.
        """
        masks = task_masks(self.masks, before, streams)
        gated = (masks[1] * last, masks[0] * last)  # eq. 1
        return Gated(masks, gated, tuple(self.pool(x) for x in gated))


def cross_attention(own: Tensor, other: Tensor, attention: str = "token") -> tuple[Tensor, Tensor]:
    """Ā_t of CTAB (eq. 2) under the readings of decision C7.

    "token"       W = softmax over keys of Ê_t'ᵀ Ê_t / √d, Ā = Ê_t Wᵀ: query from the other
                  task, key and value from the own one, as the sentence above eq. 2 says.
    "no_softmax"  the same without scale and softmax.
    "literal"     Ê_t (Ê_t'ᵀ Ê_t) as printed. The product is associative, so taking Ê as d×N or
                  as N×d gives the same numbers.
    "channel"     W = softmax over own channels of Ê_t' Ê_tᵀ / √N, Ā = W Ê_t.

    Args:
        own: Ê_t, B×d×N.
        other: Ê_t', B×d×N.
        attention: one of `ATTENTIONS`.

    Returns:
        Ā_t, B×d×N, and the weights: row i says where output i comes from. B×N×N, for "channel"
        B×d×d; rows sum to 1 only with a softmax.
    """
    if attention == "channel":
        weights = torch.softmax(other @ own.transpose(1, 2) / math.sqrt(own.shape[2]), dim=-1)
        return weights @ own, weights
    scores = other.transpose(1, 2) @ own  # B×N×N, rows: the other task's positions
    if attention == "literal":
        return own @ scores, scores.transpose(1, 2)
    weights = scores
    if attention == "token":
        weights = torch.softmax(scores / math.sqrt(own.shape[1]), dim=-1)
    return own @ weights.transpose(1, 2), weights


class Crossed(NamedTuple):
    """What CTAB returns; one entry a task.

    Attributes:
        features: Ā_t, B×d×H×W.
        weights: as of `cross_attention`.
    """

    features: Streams
    weights: Streams


class CrossTaskBottleneck(nn.Module):
    """CTAB: Ê_t = conv1×1-BN-ReLU of Â_t (decision C6), then `cross_attention` both ways.

    Args:
        channels: of Â_t.
        width: d, channels of Ê_t and Ā_t.
        attention: decision C7.
    """

    def __init__(self, channels: int, width: int, attention: str = "token") -> None:
        super().__init__()
        self.attention = choose("value of bottleneck_attention (C7)", attention, ATTENTIONS)
        self.embeddings = nn.ModuleList(conv_bn_relu(channels, width, kernel=1) for _ in range(2))

    def forward(self, streams: Sequence[Tensor]) -> Crossed:
        """Â_1, Â_2, both B×C×H×W, to Ā_1, Ā_2 and their weights."""
        maps = [embed(x) for embed, x in zip(self.embeddings, streams, strict=True)]
        tokens = [x.flatten(2) for x in maps]  # B×d×N
        first, weights_first = cross_attention(tokens[0], tokens[1], self.attention)
        second, weights_second = cross_attention(tokens[1], tokens[0], self.attention)
        return Crossed(
            (first.view_as(maps[0]), second.view_as(maps[1])), (weights_first, weights_second)
        )


class Refinement(nn.Module):
    """MTAN's residual bottleneck, shared by the tasks: 1×1, 3×3, 1×1, and a 1×1 shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        inner = outputs // 4
        self.body = nn.Sequential(
            conv_bn_relu(inputs, inner, kernel=1),
            conv_bn_relu(inner, inner),
            nn.Conv2d(inner, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """B×inputs×H×W to B×outputs×H×W."""
        return F.relu(self.body(x) + self.shortcut(x))


class TaskAttention(nn.Module):
    """MTAN, one stage: the mask of each task gates the shared feature for that task itself.

    Args:
        tasks: number of tasks.
        before: channels of b of this stage.
        channels: of t.
        below: channels of the next stage, to which the refinement leads; None in the last.
        first: whether there is no stage above; otherwise the stream has `channels` too.
    """

    def __init__(
        self, tasks: int, before: int, channels: int, below: int | None, first: bool
    ) -> None:
        super().__init__()
        inputs = before if first else before + channels
        self.masks = nn.ModuleList(TaskMask(inputs, channels) for _ in range(tasks))
        self.refine = nn.Identity()
        if below is not None:
            self.refine = nn.Sequential(Refinement(channels, below), nn.MaxPool2d(2))

    def forward(self, before: Tensor, last: Tensor, streams: Sequence[Tensor] | None) -> Gated:
        """As `CrossTaskEncoder.forward`, without crossing and for any number of tasks."""
        masks = task_masks(self.masks, before, streams)
        gated = tuple(mask * last for mask in masks)
        return Gated(masks, gated, tuple(self.refine(x) for x in gated))
