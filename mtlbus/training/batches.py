"""Samples as tensors in memory, and the order in which an epoch sees them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core.errors import DataError, InputError
from ..core.spec import Fit
from ..core.tasks import Task
from ..data.dataset import Sample
from ..data.transforms import Augmentation, square_image, square_mask, square_plane
from .windows import through_windows


class Batch(NamedTuple):
    """A batch of images and what is true of them.

    Attributes:
        images: B×1×S×S grey or B×3×S×S colour, in 0..1.
        truth: by task, float: of pixel classes B×S×S numbers of classes, of overlapping ones
            B×K×S×S of 0 and 1; of values B×S×S, NaN where they do not count; of image classes B,
            the number of the class.
        known: by task, B bool: of what is not known of an image there is no loss, whatever its
            truth holds. The mask of a normal image is known: it is empty.
    """

    images: Tensor
    truth: dict[str, Tensor]
    known: dict[str, Tensor]

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return Batch(
            self.images.to(device),
            {name: tensor.to(device) for name, tensor in self.truth.items()},
            {name: tensor.to(device) for name, tensor in self.known.items()},
        )


class Images:
    """All samples of a part at one input size, in memory.

    Args:
        samples: of each something is known.
        size: input side, pixels.
        tasks: what is asked about them.
        fit: how they become square, see `transforms.Frame`.

    Attributes:
        pixels: N×C×S×S, bytes, or float32 in 0..1 where the files have more than bytes.
        truth, known: of all samples, as in `Batch`; classes of pixels as bytes.
        normal: N bool, the images that are known to show no lesion.
        problems: a line for each truth that is there but cannot be used.

    Raises:
        DataError: some are grey and some have colours.
    """

    def __init__(
        self, samples: Sequence[Sample], size: int, tasks: Sequence[Task], fit: Fit = "pad"
    ) -> None:
        form = samples[0].form
        if any(sample.form != form for sample in samples):
            raise DataError("Images of several forms cannot be trained on together.")
        self.tasks = tuple(tasks)
        count, kind = len(samples), torch.uint8 if form.bits == 8 else torch.float32
        self.pixels = torch.empty(count, form.channels, size, size, dtype=kind)
        self.truth = {task.name: _empty(task, count, size) for task in tasks}
        self.known = {task.name: torch.zeros(count, dtype=torch.bool) for task in tasks}
        self.normal = torch.tensor([sample.normal for sample in samples])
        self.problems = []
        for index, sample in enumerate(samples):
            pixels = sample.pixels()
            square = square_image(pixels, size, fit)
            self.pixels[index] = (square * 255).round().to(kind) if form.bits == 8 else square
            for task in tasks:
                truth, problem = sample.truth(task, pixels.shape[:2])
                if truth is not None:
                    self.truth[task.name][index] = _square(task, truth, size, fit)
                    self.known[task.name][index] = True
                if problem:
                    self.problems.append(f"no {task.name} loss: {problem}")

    def __len__(self) -> int:
        return len(self.pixels)

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
            images = self.pixels[chosen].float()
            if self.pixels.dtype == torch.uint8:
                images = images / 255
            planes = self._planes(chosen)
            known = {name: of_all[chosen] for name, of_all in self.known.items()}
            if generator is not None and windows > 0:
                drawing, lesion = self._lesion()
                images, planes, beside = through_windows(
                    images, planes, lesion, known[drawing], windows, generator
                )
                for task in self.tasks:
                    known[task.name] = known[task.name] & (~beside | task.of_pixels)
            if generator is not None and augmentation is not None:
                images, planes = augmentation(images, planes, generator)
            yield Batch(images, self._apart(chosen, planes), known)

    def _planes(self, chosen: Tensor) -> Tensor:
        """What is true of each pixel for all tasks, B×P×S×S float; where values count is a plane
        of its own, so that what comes in from outside does not."""
        found = [self.pixels.new_empty(len(chosen), 0, *self.pixels.shape[2:]).float()]
        for task in self.tasks:
            if task.of_pixels:
                truth = self.truth[task.name][chosen].float()
                found.append(truth if truth.ndim == 4 else truth[:, None])
            if task.kind == "pixel_regression":
                found[-1] = torch.cat([found[-1].nan_to_num(), found[-1].isfinite().float()], 1)
        return torch.cat(found, dim=1)

    def _lesion(self) -> tuple[str, int]:
        """The task whose classes of pixels windows are drawn around, and its first plane."""
        plane = 0
        for task in self.tasks:
            if task.kind == "pixel_class":
                return task.name, plane
            plane += 2 * task.of_pixels
        raise InputError("No task outlines anything to see something beside. Leave out --windows.")

    def _apart(self, chosen: Tensor, planes: Tensor) -> dict[str, Tensor]:
        """The planes by task again, as in `Batch`, with the classes of the images."""
        found, start = {}, 0
        for task in self.tasks:
            if not task.of_pixels:
                found[task.name] = self.truth[task.name][chosen]
            elif task.kind == "pixel_regression":
                values, counts = planes[:, start], planes[:, start + 1] > 0.5
                found[task.name] = torch.where(counts, values, math.nan)
                start += 2
            elif task.overlapping:
                found[task.name] = planes[:, start : start + task.channels]
                start += task.channels
            else:
                found[task.name] = planes[:, start]
                start += 1
        return found


def _empty(task: Task, count: int, size: int) -> Tensor:
    """Room for the truth of a task, in which nothing is known."""
    if not task.of_pixels:
        return torch.full((count,), math.nan)
    if task.kind == "pixel_regression":
        return torch.full((count, size, size), math.nan)
    planes = (task.channels,) if task.overlapping else ()
    return torch.zeros(count, *planes, size, size, dtype=torch.uint8)


def _square(task: Task, truth: np.ndarray, size: int, fit: Fit) -> Tensor:
    """The truth of an image on the network's square."""
    if not task.of_pixels:
        return torch.tensor(float(truth))
    if task.kind == "pixel_regression":
        counts = square_mask(np.isfinite(truth), size, fit)
        return torch.where(counts, square_plane(np.nan_to_num(truth), size, fit), math.nan)
    if task.overlapping:
        return torch.stack([square_plane(plane, size, fit) for plane in truth]).to(torch.uint8)
    return square_plane(truth, size, fit).to(torch.uint8)
