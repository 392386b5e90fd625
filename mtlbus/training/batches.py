"""Samples as tensors in memory, and the order in which an epoch sees them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..data.dataset import Sample
from ..data.transforms import Augmentation, square_image, square_mask
from .windows import through_windows


class Batch(NamedTuple):
    """A batch; `grey` B×1×S×S in 0..1, `masks` B×S×S and `labels` B as float.

    What is not known of an image is left out of its losses: a label is NaN where there is no class
    (normal images, and lesions of which only the mask is known); `outlined`, B bool, is False where
    the mask is not known. The mask of a normal image is known: it is empty.
    """

    grey: Tensor
    masks: Tensor
    labels: Tensor
    outlined: Tensor


class Images:
    """All samples of a part at one input size, as bytes in memory.

    Args:
        samples: each with a class, a mask or both.
        size: input side, pixels.

    Attributes:
        grey, masks, labels, outlined: of all samples, as in `Batch`, grey values and masks as
            bytes.
        normal: N bool, the images that are known to show no lesion.
        problems: a line for each mask that is there but cannot be used.
    """

    def __init__(self, samples: Sequence[Sample], size: int) -> None:
        self.grey = torch.empty(len(samples), 1, size, size, dtype=torch.uint8)
        self.masks = torch.zeros(len(samples), size, size, dtype=torch.bool)
        labels = [math.nan if sample.label is None else float(sample.label) for sample in samples]
        self.labels = torch.tensor(labels)
        self.outlined = torch.zeros(len(samples), dtype=torch.bool)
        self.normal = torch.tensor([sample.normal for sample in samples])
        self.problems = []
        for index, sample in enumerate(samples):
            pixels = sample.pixels()
            self.grey[index] = (square_image(pixels, size) * 255).round().to(torch.uint8)
            mask, problem = sample.usable_mask(pixels.shape)
            if mask is not None:
                self.masks[index] = square_mask(mask, size)
                self.outlined[index] = True
            if problem:
                self.problems.append(problem)

    def __len__(self) -> int:
        return len(self.labels)

    def batches(
        self,
        batch_size: int,
        augmentation: Augmentation | None = None,
        generator: torch.Generator | None = None,
        windows: float = 0.0,
    ) -> Iterator[Batch]:
        """In random order and augmented with a generator; in order and complete without.

        `windows` is the share of the images that are looked at beside their lesion, and of those
        that are looked at close to it (`windows.through_windows`).
        """
        count = len(self)
        if generator is None:
            order, stop = torch.arange(count), count
        else:  # a last batch of one image would break batch normalisation
            order = torch.randperm(count, generator=generator)
            stop = max(count - count % batch_size, min(count, batch_size))
        for start in range(0, stop, batch_size):
            chosen = order[start : start + batch_size]
            grey, masks, labels = (
                self.grey[chosen].float() / 255,
                self.masks[chosen].float(),
                self.labels[chosen],
            )
            if generator is not None and windows > 0:
                grey, masks, labels = through_windows(
                    grey, masks, labels, self.outlined[chosen], windows, generator
                )
            if generator is not None and augmentation is not None:
                grey, masks = augmentation(grey, masks, generator)
            yield Batch(grey, masks, labels, self.outlined[chosen])
