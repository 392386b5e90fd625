"""Networks small enough to work out by hand, with the contract of the real ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from mtlbus.core.outputs import Map, Output
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.data.transforms import Frame
from mtlbus.explain.subject import Subject
from mtlbus.explain.targets import Target


@dataclass
class Toy:
    """What `Subject.of` needs of a network."""

    model: nn.Module
    size: int
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __post_init__(self) -> None:
        self.model.eval().requires_grad_(False)


def ask(toy: Toy, grey: Tensor, target: str = "class:difference", **more: Any) -> Subject:
    """A question to a toy about a grey image size×size that fills its square."""
    frame = more.pop("frame", Frame(toy.size, toy.size))
    return Subject.of(toy, grey[None, None], frame, Target.parse(target), **more)


class OfGrey(nn.Module):
    """One logit, any function of the first channel B×size×size."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        return Output(class_logits={MALIGNANCY.name: self.function(images[:, 0])[:, None]})


class Linear(nn.Module):
    """Two class logits, each a weighted sum of all 3×size×size inputs, and a bias."""

    def __init__(self, weights: Tensor, bias: tuple[float, float] = (0.5, -1.0)) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights)  # 2×3×size×size
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        logits = torch.einsum("bchw,kchw->bk", images, self.weights) + self.bias
        return Output(class_logits={MALIGNANCY.name: logits})


class SmallNet(nn.Module):
    """A convolutional network with overlapping max pooling, one ReLU module a place, two heads."""

    def __init__(self, reuse: bool = False, functional: bool = False) -> None:
        super().__init__()
        self.bias = nn.Sequential(nn.Linear(1, 4), nn.ReLU(inplace=True))  # never sees the image
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.second = nn.Conv2d(6, 8, 3, padding=1)
        self.relu2 = self.relu if reuse else nn.ReLU(inplace=True)
        self.head = nn.Linear(8, 2)
        self.mask = nn.Conv2d(8, 2, 1)
        self.functional = functional

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        bias = self.bias(images.new_ones(1, 1)).sum()
        low = self.pool(self.relu(self.first(images)))
        features = self.second(low)
        features = torch.relu(features) if self.functional else self.relu2(features)
        mask = nn.functional.interpolate(
            self.mask(features), size=images.shape[-2:], mode="bilinear", align_corners=False
        )
        found = {"pooled_features": Map(features, "feature", "end", 2, "A test.")} if maps else {}
        return Output(
            mask_logits=mask,
            class_logits={MALIGNANCY.name: self.head(features.mean(dim=(2, 3))) + bias},
            maps=found,
        )


def small_net(size: int = 32, seed: int = 0, **options: Any) -> Toy:
    """A seeded `SmallNet`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Toy(SmallNet(**options), size)


def hooks_of(model: nn.Module) -> int:
    """How many hooks hang on a network's modules."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)
