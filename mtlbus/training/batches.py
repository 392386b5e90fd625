"""Samples as tensors in memory, and the order in which an epoch sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..data.dataset import Sample
from ..data.transforms import Augmentation, square_image, square_mask


class Batch(NamedTuple):
    """A batch; `grey` B×1×S×S in 0..1, `masks` B×S×S and `labels` B as float."""

    grey: Tensor
    masks: Tensor
    labels: Tensor


class Images:
    """All samples of a part at one input size, as bytes in memory.

    Args:
        samples: each with a label; a sample without a mask file has an empty mask.
        size: input side, pixels.
    """

    def __init__(self, samples: Sequence[Sample], size: int) -> None:
        self.grey = torch.empty(len(samples), 1, size, size, dtype=torch.uint8)
        self.masks = torch.zeros(len(samples), size, size, dtype=torch.bool)
        self.labels = torch.tensor([float(sample.label) for sample in samples])
        for index, sample in enumerate(samples):
            self.grey[index] = (square_image(sample.pixels(), size) * 255).round().to(torch.uint8)
            mask = sample.mask()
            if mask is not None:
                self.masks[index] = square_mask(mask, size)

    def __len__(self) -> int:
        return len(self.labels)

    def batches(
        self,
        batch_size: int,
        augmentation: Augmentation | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Batch]:
        """In random order and augmented with a generator; in order and complete without."""
        count = len(self)
        if generator is None:
            order, stop = torch.arange(count), count
        else:  # a last batch of one image would break batch normalisation
            order = torch.randperm(count, generator=generator)
            stop = max(count - count % batch_size, min(count, batch_size))
        for start in range(0, stop, batch_size):
            chosen = order[start : start + batch_size]
            grey, masks = self.grey[chosen].float() / 255, self.masks[chosen].float()
            if generator is not None and augmentation is not None:
                grey, masks = augmentation(grey, masks, generator)
            yield Batch(grey, masks, self.labels[chosen])
