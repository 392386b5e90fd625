"""What every network returns, in training and out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

MapKind = Literal["gate", "attention", "region", "score", "offset", "scalar", "feature"]

SIGMOID_GATE = (
    "0 closes the gate, 1 opens it. **0.5 everywhere is the neutral start** of a gate that a "
    "sigmoid makes, not attention. A gate weighs features; it is not saliency and does not point "
    "at evidence."
)


@dataclass(frozen=True)
class MapWords:
    """How a picture of a map speaks of it, beyond what the map is.

    Attributes:
        title: of all maps of its family in words ("CTAE mask"); "" takes them from the name.
        heading: of this one beside its neighbours ("Dilation 5"); "" takes its branch.
        caution: what it is not; "" says what holds for every map of its kind.
        quantity: of values in 0..1, the title of their scale.
        ends: what 0, 0.5 and 1 are on that scale.
        learnt: of values in 0..1, whether training made them, so that they may lie too close
            together for a fixed scale.
    """

    title: str = ""
    heading: str = ""
    caution: str = ""
    quantity: str = "gate"
    ends: tuple[str, str, str] = ("0 closed", "0.5", "1 open")
    learnt: bool = True


PLAIN_WORDS = MapWords()


@dataclass(frozen=True)
class Map:
    """An inner quantity of a network, returned as a value.

    Attributes:
        tensor: B×…; by kind
            gate       B×C×H×W in 0..1
            attention  B×heads×Q×K, each row over K sums to 1; with `windows`
                       B×windows×heads×Q×K
            region     B×R×H×W weights in 0..1 that sum to 1 over R, unless regions may overlap
            score      B×classes×R or B×classes×R×H×W, signed share of a logit
            offset     B×2K×H×W in cells
            scalar     B×N
            feature    B×C×H×W, kept in the graph so that Grad-CAM can differentiate it
        kind: which of these it is.
        stage: where in the network, in words.
        stride: input pixels per cell of the map (1 = full resolution).
        meaning: one plain sentence.
        grid: rows and columns of the cells behind Q and K, for attention.
        windows: rows and columns of the windows that attend each on its own, row by row from the
            top left; `grid` is then the cells of one window, and cells past the map's lower or
            right edge are padding. None where attention is global.
        labels: names along the axis that a reader would ask about (regions, heads, scalars).
        words: how its picture speaks of it.
    """

    tensor: Tensor
    kind: MapKind
    stage: str
    stride: int
    meaning: str
    grid: tuple[int, int] | None = None
    labels: tuple[str, ...] = ()
    windows: tuple[int, int] | None = None
    words: MapWords = PLAIN_WORDS


@dataclass(frozen=True)
class Output:
    """Result of `model(images, maps=False)`; logits are never activated inside a model.

    Attributes:
        mask_logits: B×K×H×W at input size, K = 1 (sigmoid) or 2 (softmax: background, tumour),
            or the number of classes of a pixel task with more (softmax) or with classes that
            overlap (a sigmoid each); None for a method without a mask.
        class_logits: task name to B×C, C = 1 (sigmoid) or the number of classes (softmax);
            empty for a method without a class.
        maps: map name to `Map`; empty unless maps were asked for.
        pixel_values: task name to B×1×H×W at input size, in the unit of the target, for a
            regression per pixel; empty for a method without one.
    """

    mask_logits: Tensor | None = None
    class_logits: dict[str, Tensor] = field(default_factory=dict)
    maps: dict[str, Map] = field(default_factory=dict)
    pixel_values: dict[str, Tensor] = field(default_factory=dict)


def positive_logit(logits: Tensor) -> Tensor:
    """The log-odds of the positive class (last of two) along dimension 1.

    For one channel this is the logit itself; for two it is their difference, because
    softmax(l)[1] = sigmoid(l1 - l0). Shape B×1×… or B×2×… to B×….
    """
    if logits.shape[1] == 1:
        return logits[:, 0]
    if logits.shape[1] == 2:
        return logits[:, 1] - logits[:, 0]
    raise ValueError(f"Expected 1 or 2 channels for a two-class task, got {logits.shape[1]}.")


def positive_probability(logits: Tensor) -> Tensor:
    """Probability of the positive class, B×1×… or B×2×… to B×…, in float32."""
    return torch.sigmoid(positive_logit(logits.float()))
