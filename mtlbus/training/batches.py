"""Samples as tensors, and the order in which an epoch sees them.

Each is read and made square once for an input size, by workers where there are some. Where all do
not fit into memory they lie in a file beside the run that has no name any more, so that the system
keeps what is read again and takes the rest back when it needs the memory, and nothing stays behind
however the run ends. A batch is the same wherever its images lie.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core import processes
from ..core.declaration import BREAST
from ..core.errors import DataError, InputError, MtlbusError
from ..core.spec import Fit
from ..core.tasks import Task
from ..data.ahead import in_order
from ..data.dataset import Sample
from ..data.transforms import Augmentation, square_image, square_mask, square_plane
from .room import Room
from .windows import through_windows

CPU = torch.device("cpu")


class Batch(NamedTuple):
    """The share of this process in a batch of images, and what is true of them.

    Attributes:
        images: B×1×S×S grey or B×3×S×S colour, in 0..1.
        truth: by task, float: of pixel classes B×S×S numbers of classes, of overlapping ones
            B×K×S×S of 0 and 1; of values B×S×S, NaN where they do not count; of image classes B,
            the number of the class.
        known: by task, B bool, on the CPU: of what is not known of an image there is no loss,
            whatever its truth holds. The mask of a normal image is known: it is empty.
        chance: state of the generator after this batch was drawn; None without one.
    """

    images: Tensor
    truth: dict[str, Tensor]
    known: dict[str, Tensor]
    chance: Tensor | None = None


class _Drawn(NamedTuple):
    """A batch before it is on its device: what was chosen, and the seed of its augmentation."""

    chosen: Tensor
    images: Tensor
    planes: Tensor
    known: dict[str, Tensor]
    seed: int
    chance: Tensor | None


class Images:
    """All samples of a part at one input size.

    Args:
        samples: of each something is known.
        size: input side, pixels.
        tasks: what is asked about them; of the breast where nothing is said.
        fit: how they become square, see `transforms.Frame`.
        workers: processes that read them; 0 reads them here.
        beside: folder for the file of those that do not fit into memory; None keeps them there.

    Attributes:
        pixels: N×C×S×S, bytes, or float32 in 0..1 where the files have more than bytes.
        truth, known: of all samples, as in `Batch`; classes of pixels as bytes.
        normal: N bool, the images that are known to show no lesion.
        problems: a line for each truth that is there but cannot be used.

    Raises:
        DataError: some are grey and some have colours.
        OutputError: they fit neither into memory nor on the disk.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        size: int,
        tasks: Sequence[Task] = BREAST.tasks,
        fit: Fit = "pad",
        workers: int = 0,
        beside: Path | None = None,
    ) -> None:
        form = samples[0].form
        if any(sample.form != form for sample in samples):
            raise DataError("Images of several forms cannot be trained on together.")
        self.tasks = tuple(tasks)
        count, kind = len(samples), torch.uint8 if form.bits == 8 else torch.float32
        image = (form.channels, size, size)
        shapes = {task.name: _form(task, size) for task in tasks}
        a_sample = sum(math.prod(shape) * one.itemsize for shape, one in shapes.values())
        room = Room(count * (math.prod(image) * kind.itemsize + a_sample), beside)
        self.pixels = room.tensor((count, *image), kind)
        self.truth = {
            name: room.tensor((count, *shape), one) for name, (shape, one) in shapes.items()
        }
        self.known = {task.name: room.tensor((count,), torch.bool) for task in tasks}
        self.normal = torch.tensor([sample.normal for sample in samples])
        own = range(count)
        if room.common:
            own = own[processes.rank() :: processes.count()]
        squares = _Squares([samples[index] for index in own], size, self.tasks, fit)
        found = processes.gathered(lambda: self._fill(own, squares, workers))
        shares = found if room.common else found[:1]
        self.problems = [line for _, line in sorted(one for share in shares for one in share)]

    def _fill(self, own: Sequence[int], squares: _Squares, workers: int) -> list[tuple[int, str]]:
        """Read some samples; what is wrong with their truth, by the number of the sample.

        Raises:
            MtlbusError: one cannot be read.
        """
        problems = []
        for index, found in zip(own, in_order(squares, workers), strict=True):
            if isinstance(found, MtlbusError):
                raise found
            self.pixels[index] = found.square
            for name, of_all in self.truth.items():
                self.known[name][index] = name in found.truth
                of_all[index] = found.truth.get(name, math.nan if of_all.is_floating_point() else 0)
            problems += [(index, line) for line in found.problems]
        return problems

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def masks(self) -> Tensor:
        """Of a lesion, as they are learned: N×S×S, NaN where none is known."""
        known = self.known["segmentation"][:, None, None]
        return self.truth["segmentation"].float().masked_fill(~known, math.nan)

    def batches(
        self,
        batch_size: int,
        augmentation: Augmentation | None = None,
        generator: torch.Generator | None = None,
        windows: float = 0.0,
        device: torch.device = CPU,
        first: int = 0,
        chance: Tensor | None = None,
    ) -> Iterator[Batch]:
        """In random order and augmented with a generator; in order and complete without.

        Args:
            batch_size: images of all processes.
            augmentation: random changes, computed on the device.
            generator: on the CPU; the only source of chance.
            windows: share of the images that are looked at beside their lesion, and of those that
                are looked at close to it (`windows.through_windows`).
            device: that the batches are on; for a GPU they are read ahead.
            first: how many batches to leave out, of an epoch that goes on.
            chance: state of the generator after these (`Batch.chance`).
        """
        drawn = self._drawn(batch_size, generator, windows, device, first, chance)
        if device.type != "cpu":
            drawn = read_ahead(drawn)
        for batch in drawn:
            images = batch.images.to(device, non_blocking=True)
            planes = batch.planes.to(device, non_blocking=True)
            images = images.float() / 255 if images.dtype == torch.uint8 else images
            if generator is not None and augmentation is not None:
                source = generator
                if device.type != "cpu":
                    source = torch.Generator(device).manual_seed(batch.seed)
                images, planes = augmentation(images, planes, source)
            truth = self._apart(batch.chosen, planes)
            state = batch.chance
            if generator is not None and device.type == "cpu":
                state = generator.get_state()
            yield Batch(images, truth, batch.known, state)

    def _shares(
        self, batch_size: int, generator: torch.Generator | None, first: int, chance: Tensor | None
    ) -> Iterator[Tensor]:
        """The numbers of the samples of this process, a batch at a time."""
        order, number = torch.arange(len(self)), processes.rank()
        if generator is None:  # in one piece, so that those of all processes are in order
            yield from order.tensor_split(processes.count())[number].split(batch_size)
            return
        order = torch.randperm(len(self), generator=generator)
        if number > 0:  # one order, but each share has chance of its own
            generator.manual_seed(generator.initial_seed() + 7_919 * number)
        if chance is not None:
            generator.set_state(chance)
        # A last batch of one image would break batch normalisation.
        stop = max(len(self) - len(self) % batch_size, min(len(self), batch_size))
        for whole in order[first * batch_size : stop].split(batch_size):
            yield whole.tensor_split(processes.count())[number]

    def _drawn(
        self,
        batch_size: int,
        generator: torch.Generator | None,
        windows: float,
        device: torch.device,
        first: int,
        chance: Tensor | None,
    ) -> Iterator[_Drawn]:
        """Batches from where the images lie."""
        for chosen in self._shares(batch_size, generator, first, chance):
            images, planes = self.pixels[chosen], self._planes(chosen)
            known = {name: of_all[chosen] for name, of_all in self.known.items()}
            seed, state = 0, None
            if generator is not None and windows > 0:
                images = images.float() / 255 if images.dtype == torch.uint8 else images
                drawing, lesion = self._lesion()
                images, planes, beside = through_windows(
                    images, planes, lesion, known[drawing], windows, generator
                )
                for task in self.tasks:
                    known[task.name] = known[task.name] & (~beside | task.of_pixels)
            if device.type != "cpu":
                images, planes = images.pin_memory(), planes.pin_memory()
                if generator is not None:
                    seed = int(torch.randint(2**62, (1,), generator=generator))
                    state = generator.get_state()
            yield _Drawn(chosen, images, planes, known, seed, state)

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
                found[task.name] = self.truth[task.name][chosen].to(planes.device)
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


class _Read(NamedTuple):
    """What was read of a sample: its square, what is known of it, and lines about what is wrong."""

    square: Tensor
    truth: dict[str, Tensor]
    problems: list[str]


class _Squares:
    """Samples as workers read them, by number; one that cannot be read is its error."""

    def __init__(
        self, samples: Sequence[Sample], size: int, tasks: Sequence[Task], fit: Fit
    ) -> None:
        self.samples, self.size, self.tasks, self.fit = samples, size, tasks, fit

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> _Read | MtlbusError:
        sample = self.samples[index]
        try:
            pixels = sample.pixels()
        except MtlbusError as error:
            return error
        square = square_image(pixels, self.size, self.fit)
        if sample.form.bits == 8:
            square = (square * 255).round().to(torch.uint8)
        found = _Read(square, {}, [])
        for task in self.tasks:
            truth, problem = sample.truth(task, pixels.shape[:2])
            if truth is not None:
                found.truth[task.name] = _square(task, truth, self.size, self.fit)
            if problem:
                found.problems.append(f"no {task.name} loss: {problem}")
        return found


def read_ahead(batches: Iterator[_Drawn]) -> Iterator[_Drawn]:
    """The same, each taken from where it lies while the one before it is computed with."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = reader.submit(next, batches, None)
            yield batch


def _form(task: Task, size: int) -> tuple[tuple[int, ...], torch.dtype]:
    """Shape and kind of the truth of a task for one image."""
    if not task.of_pixels:
        return (), torch.float32
    if task.kind == "pixel_regression":
        return (size, size), torch.float32
    planes = (task.channels,) if task.overlapping else ()
    return (*planes, size, size), torch.uint8


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
