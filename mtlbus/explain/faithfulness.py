"""Does a map name the pixels that count? Insertion and deletion, infidelity, max-sensitivity.

All answers are in the unit of the target. Pixels of the padding never take part.
Sources: Petsiuk et al., RISE, BMVC 2018 (curves); Yeh et al., On the (in)fidelity and sensitivity
of explanations, NeurIPS 2019 (through `captum.metrics`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max
from torch import Tensor

from .options import Options
from .subject import BATCH, Passes, Subject
from .techniques import technique_of

CURVE_STEPS = 16
SQUARES = 32
_SQUARE_SHARE = (1 / 16, 1 / 4)  # sides of the covering squares as a share of the network's square
RANDOM_ORDERS = 4
NEIGHBOURS = 3
RADIUS = 0.02


class Curve(NamedTuple):
    """How the answer moves while pixels go or come, the strongest first.

    Attributes:
        share: of the image's pixels that were taken or shown, from 0 to 1.
        value: the answer at each share.
    """

    share: np.ndarray
    value: np.ndarray

    @property
    def area(self) -> float:
        """The mean height of the curve, in the unit of the answer."""
        return float(np.trapezoid(self.value, self.share))


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """What was measured of one map.

    Attributes:
        insertion, deletion: the curves.
        infidelity: mean squared gap between what the map promises for a covered square and what
            the answer does, after the best common scale; 0 is best.
        max_sensitivity: the largest relative change of the map over tiny changes of the image; 0
            is best. None where it was not asked for.
    """

    insertion: Curve
    deletion: Curve
    infidelity: float
    max_sensitivity: float | None = None


class RandomOrder(NamedTuple):
    """What pixels in no order do, the mean of a few draws: a map that is no better tells nothing.

    Attributes:
        insertion, deletion: the curves.
    """

    insertion: Curve
    deletion: Curve


def random_cost() -> Passes:
    """What `measure_random` runs."""
    return Passes(forwards=2 * RANDOM_ORDERS * (CURVE_STEPS - 1) + 2)


def measure_random(subject: Subject, options: Options) -> RandomOrder:
    """The curves of pixels in random orders (seeded), the reference of every map of a question.

    Args:
        subject: the question.
        options: its baseline and seed.
    """
    flat = np.zeros((subject.size, subject.size))  # of equal rank, so their order is random
    orders = [replace(options, seed=options.seed + k) for k in range(1, RANDOM_ORDERS + 1)]

    def mean(kind: Literal["insertion", "deletion"]) -> Curve:
        found = [perturbation_curve(subject, flat, one, kind, CURVE_STEPS) for one in orders]
        return Curve(found[0].share, np.mean([one.value for one in found], axis=0))

    return RandomOrder(mean("insertion"), mean("deletion"))


def faithfulness_cost(own: Passes, sensitivity: bool) -> Passes:
    """What `measure_faithfulness` runs.

    Args:
        own: cost of the attribution itself.
        sensitivity: with max-sensitivity.
    """
    curves = Passes(forwards=2 * (CURVE_STEPS - 1) + 2)
    squares = Passes(forwards=SQUARES + SQUARES // BATCH)  # each pass asks about the image again
    total = curves.plus(squares)
    return total.plus(own * (NEIGHBOURS + 1)) if sensitivity else total


def measure_faithfulness(
    subject: Subject, name: str, square: np.ndarray, options: Options, sensitivity: bool = False
) -> Faithfulness:
    """Hold a map to the answer that it explains.

    Args:
        subject: the same question that the map answers.
        name: of the attribution method.
        square: size×size, the map on the network's square.
        options: that the map was made with; pixels are replaced by its baseline.
        sensitivity: measure max-sensitivity too, which makes the map anew several times.
    """
    return Faithfulness(
        insertion=perturbation_curve(subject, square, options, "insertion", CURVE_STEPS),
        deletion=perturbation_curve(subject, square, options, "deletion", CURVE_STEPS),
        infidelity=infidelity(subject, name, square, options),
        max_sensitivity=max_sensitivity(subject, name, options) if sensitivity else None,
    )


def perturbation_curve(
    subject: Subject,
    square: np.ndarray,
    options: Options,
    kind: Literal["insertion", "deletion"],
    steps: int,
) -> Curve:
    """Take pixels away, or show them on the baseline, those that speak most for the answer first.

    Pixels of equal rank go in a random order (seeded), so that the order of rows plays no part.
    """
    device = subject.grey.device
    places = np.flatnonzero(subject.visible)
    places = np.random.default_rng(options.seed).permutation(places)
    places = places[np.argsort(-square.ravel()[places], kind="stable")]
    baseline = subject.baseline(options.baseline)
    start, end = (subject.grey, baseline) if kind == "deletion" else (baseline, subject.grey)
    shares = np.linspace(0, 1, steps + 1)
    images = []
    for share in shares[1:-1]:
        changed = torch.from_numpy(places[: round(share * len(places))]).to(device)
        image = start.flatten().clone()
        image[changed] = end.flatten()[changed]
        images.append(image.view_as(start))
    middle = subject.measured(torch.cat(images))
    ends = subject.value("image", subject.grey), subject.value(options.baseline, baseline)
    first, last = ends if kind == "deletion" else ends[::-1]
    return Curve(shares, np.array([first, *middle, last]))


def infidelity(subject: Subject, name: str, square: np.ndarray, options: Options) -> float:
    """Cover random squares with the baseline, and compare with what the map promises for them.

    A map of slopes promises slope × change of grey; any other the sum over the square. Captum
    finds the best common scale of the map first, so that maps of any unit compare.

    Returns:
        The mean squared gap, in the unit of the answer squared.
    """
    slopes = technique_of(name).unit == "slope"
    generator = np.random.default_rng(options.seed)
    baseline = subject.baseline(options.baseline)
    visible = torch.from_numpy(subject.visible).to(subject.grey)

    def cover(images: Tensor) -> tuple[Tensor, Tensor]:
        covers = torch.stack([_square(generator, subject.size) for _ in images])[:, None]
        covers = covers.to(images) * visible
        covered = torch.where(covers > 0, baseline, images)
        return (images - covered if slopes else covers), covered

    found = captum_infidelity(
        subject.values,
        cover,
        subject.grey,
        torch.from_numpy(square)[None, None].to(subject.grey),
        n_perturb_samples=SQUARES,
        max_examples_per_batch=BATCH,
        normalize=True,
    )
    return float(found.detach()[0])


def _square(generator: np.random.Generator, size: int) -> Tensor:
    side = int(generator.integers(*(round(share * size) for share in _SQUARE_SHARE)))
    top, left = generator.integers(0, size - side, 2)
    plane = torch.zeros(size, size)
    plane[top : top + side, left : left + side] = 1
    return plane


def max_sensitivity(subject: Subject, name: str, options: Options) -> float:
    """The largest ‖map(image + noise) − map(image)‖ over ‖map(image)‖, for tiny uniform noise.

    The noise stays within ±`RADIUS` of the grey range; NaN where the map itself is flat.
    """
    technique = technique_of(name)
    generator = torch.Generator().manual_seed(options.seed)

    @torch.enable_grad()  # Captum asks with gradients switched off
    def explain(images: Tensor | tuple[Tensor, ...]) -> Tensor:
        (image,) = images if isinstance(images, tuple) else (images,)  # one at a time, see below
        return technique.run(subject.of_image(image), options).detach()

    def shake(images: Tensor, radius: float) -> Tensor:
        noise = (2 * torch.rand(images.shape, generator=generator) - 1) * radius
        return images + noise.to(images)

    found = sensitivity_max(
        explain,
        subject.grey,
        perturb_func=shake,
        perturb_radius=RADIUS,
        n_perturb_samples=NEIGHBOURS,
        max_examples_per_batch=1,
    )
    return float(found[0])
