"""A phantom planning CT of head and neck with its organs and the dose of a plan, from physics.

Anatomy is a list of ellipses in mm (0, 0 the middle of the head, down towards the neck's back),
later ones over earlier ones, each of one CT number; noise is drawn once for each slice. The dose is
that of coplanar parallel photon beams:

    dose(x) = Σ over beams  fluence · (1 − exp(−β d)) · exp(−μ d)

with d the depth in water behind the skin along the beam (Σ density · mm), μ and β of a beam of
about 6 MV, fluence 1 where the beam's eye sees the target and a margin, less where it sees the cord
in front of or behind it, blurred by the penumbra; then some scatter, and the mean dose of the
target is the prescribed one. No scatter kernel, no divergence, no optimisation: a phantom shows how
networks react, and says nothing about a clinic. The same name gives the same bytes.

The form is that of OpenKBP (`openkbp.DECLARATION`): 128×128, its window of CT numbers, its classes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ..core.errors import choose
from .openkbp import DECLARATION, DOSE, ORGANS
from .task_case import Picture, TaskCase

SIZE, PIXEL = 128, 2.4  # pixels of a side; mm of a pixel
FINER = 2  # drawn so much finer, then averaged: edges are soft as in a scanner
LOW, HIGH = -300, 400  # Hounsfield units that become black and white, as in the challenge's window
NOISE = 14.0  # Hounsfield units
ATTENUATION, BUILD_UP = 0.0046, 0.16  # a mm of water
MARGIN, PENUMBRA = 4.0, 3.0  # mm
SPARED = 0.35  # fluence that is left where the cord is seen
SCATTER, SPREAD = 0.07, 18.0  # share of the dose, mm

AIR, FAT, MUSCLE, BRAIN, GLAND, TUMOUR, MARROW, BONE = -1000, -95, 55, 35, 5, 48, 320, 1100


class Ellipse(NamedTuple):
    """A part of the body: its middle and half axes in mm, its CT number, and what it is.

    Attributes:
        x, y, across, down: mm.
        number: Hounsfield units.
        organ: a class of `ORGANS`, "target", or "" for what nobody asks for.
    """

    x: float
    y: float
    across: float
    down: float
    number: int
    organ: str = ""


@dataclass(frozen=True)
class PlanningCT:
    """A slice.

    Attributes:
        title, text: for people.
        parts: of the body, the skin first.
        beams: directions from which it is treated, degrees around the patient, 0 from the front.
        prescribed: mean dose of the target, Gy.
        seed: of the noise.
    """

    title: str
    text: str
    parts: tuple[Ellipse, ...]
    beams: tuple[int, ...]
    prescribed: float
    seed: int


_SKIN = (Ellipse(0, 0, 76, 96, FAT), Ellipse(0, 0, 71, 91, MUSCLE))
_EVENLY = (0, 40, 80, 120, 160, 200, 240, 280, 320)

SLICES = {
    "planning-ct-parotids": PlanningCT(
        "Planning CT, parotids",
        "Level of the jaw: both parotids and the cord; the target is in the throat.",
        (
            *_SKIN,
            Ellipse(0, -52, 46, 40, BONE), Ellipse(0, -46, 37, 40, MUSCLE),  # jaw, open to the back
            Ellipse(0, -30, 60, 22, MUSCLE), Ellipse(-45, -22, 5, 17, BONE),
            Ellipse(45, -22, 5, 17, BONE), Ellipse(0, -14, 13, 7, AIR),
            Ellipse(0, 34, 22, 17, BONE), Ellipse(0, 30, 15, 10, MARROW),  # a vertebra
            Ellipse(-16, 38, 5, 5, MUSCLE), Ellipse(16, 38, 5, 5, MUSCLE),
            Ellipse(0, 43, 10, 8, BRAIN), Ellipse(0, 43, 6.5, 5, BRAIN + 8, "spinal cord"),
            Ellipse(0, 70, 30, 12, FAT), Ellipse(0, 66, 4, 10, BONE),
            Ellipse(-56, 6, 11, 18, GLAND, "right parotid"),
            Ellipse(57, 5, 11, 19, GLAND, "left parotid"),
            Ellipse(-14, 2, 19, 14, TUMOUR, "target"),
        ),
        _EVENLY, 66.0, 11,
    ),
    "planning-ct-skull-base": PlanningCT(
        "Planning CT, skull base",
        "Level of the ears: the brain stem between the petrous bones; the target is behind the "
        "nose.",
        (
            *_SKIN,
            Ellipse(0, 22, 66, 66, BONE), Ellipse(0, 24, 58, 58, BRAIN),
            Ellipse(0, -50, 44, 38, MUSCLE), Ellipse(0, -58, 36, 30, MARROW),
            Ellipse(-19, -62, 11, 17, AIR), Ellipse(19, -62, 11, 17, AIR),
            Ellipse(0, -64, 4, 22, BONE), Ellipse(-44, 4, 26, 8, BONE), Ellipse(44, 4, 26, 8, BONE),
            Ellipse(-52, 10, 9, 5, AIR), Ellipse(52, 10, 9, 5, AIR), Ellipse(0, -8, 24, 8, BONE),
            Ellipse(0, 22, 14, 11, BRAIN + 6, "brain stem"), Ellipse(0, 36, 8, 3, 8),
            Ellipse(4, -24, 25, 12, TUMOUR, "target"),
        ),
        (0, 36, 72, 108, 252, 288, 324), 70.0, 12,
    ),
    "planning-ct-neck": PlanningCT(
        "Planning CT, neck",
        "Level of the larynx: cord and vertebra; the target is a chain of nodes on one side.",
        (
            Ellipse(0, 8, 62, 60, FAT), Ellipse(0, 8, 57, 55, MUSCLE),
            Ellipse(0, -22, 16, 17, MARROW), Ellipse(0, -20, 12, 14, MUSCLE),
            Ellipse(0, -18, 7, 10, AIR), Ellipse(0, 22, 19, 14, BONE),
            Ellipse(0, 19, 14, 9, MARROW), Ellipse(-14, 26, 4, 4, MUSCLE),
            Ellipse(14, 26, 4, 4, MUSCLE), Ellipse(0, 31, 10, 8, BRAIN),
            Ellipse(0, 31, 6, 4.5, BRAIN + 8, "spinal cord"), Ellipse(0, 52, 4, 12, BONE),
            Ellipse(-30, 2, 6, 6, MUSCLE + 25), Ellipse(30, 2, 6, 6, MUSCLE + 25),
            Ellipse(-32, -6, 8, 8, TUMOUR),
            Ellipse(34, -4, 13, 17, TUMOUR, "target"),
        ),
        (20, 60, 100, 140, 180, 330), 60.0, 13,
    ),
}  # fmt: skip
"""The slices that ship, by their names in the address."""


@lru_cache(maxsize=len(SLICES))
def planning_ct(name: str) -> TaskCase:
    """A slice as a case, with the true classes and the true dose, which counts inside the body.

    Raises:
        UnknownNameError: there is no such slice.
    """
    found = SLICES[choose("planning CT", name, SLICES)]
    numbers, organs = _drawn(found)
    body = ndimage.binary_fill_holes(numbers > LOW)
    dose = _dose(found, numbers, organs)
    noise = np.random.default_rng(found.seed).normal(0, NOISE, numbers.shape)
    grey = 255 * (numbers + noise * body - LOW) / (HIGH - LOW)
    pixels = grey.round().clip(0, 255).astype(np.uint8)
    classes = np.zeros(numbers.shape, np.uint8)
    for number, organ in enumerate(ORGANS.classes):
        classes[organs == organ] = number
    truths: dict[str, np.ndarray] = {
        ORGANS.name: classes,
        DOSE.name: np.where(body, dose, np.nan).astype(np.float32),
    }
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    about = f"{found.text} A phantom, {SIZE}×{SIZE} px of {PIXEL} mm; the dose is computed."
    image = Picture(pixels, digest, f"{name}.png")
    return TaskCase(name, found.title, image, DECLARATION, truths, "phantom", about)


def _drawn(found: PlanningCT) -> tuple[np.ndarray, np.ndarray]:
    """CT numbers H×W, and the name of the organ of each pixel or ""."""
    fine = SIZE * FINER
    at = (np.arange(fine) + 0.5) * PIXEL / FINER - SIZE * PIXEL / 2
    numbers = np.full((fine, fine), float(AIR))
    organs = np.full((SIZE, SIZE), "", object)
    for part in found.parts:
        inside = ((at[None] - part.x) / part.across) ** 2 + (
            (at[:, None] - part.y) / part.down
        ) ** 2 <= 1
        numbers[inside] = part.number
        organs[_coarse(inside) > 0.5] = part.organ
    return ndimage.gaussian_filter(_coarse(numbers), 0.5), organs


def _coarse(fine: np.ndarray) -> np.ndarray:
    """The mean of each pixel."""
    return fine.reshape(SIZE, FINER, SIZE, FINER).mean(axis=(1, 3))


def _dose(found: PlanningCT, numbers: np.ndarray, organs: np.ndarray) -> np.ndarray:
    """The dose of all beams in Gy, H×W."""
    density = (1 + numbers / 1000).clip(0, 2)
    target, cord = organs == "target", organs == "spinal cord"
    total = np.zeros(numbers.shape)
    for angle in found.beams:
        turned, seen, spared = (_turn(one.astype(float), angle) for one in (density, target, cord))
        depth = np.cumsum(turned, axis=0) * PIXEL
        fluence = ndimage.binary_dilation(seen.max(axis=0) > 0.5, iterations=round(MARGIN / PIXEL))
        fluence = np.where(spared.max(axis=0) > 0.5, SPARED, 1.0) * fluence
        fluence = ndimage.gaussian_filter1d(fluence, PENUMBRA / PIXEL)
        beam = fluence * (1 - np.exp(-BUILD_UP * depth)) * np.exp(-ATTENUATION * depth)
        total += _turn(beam, -angle)
    total = total.clip(0)
    total += SCATTER * ndimage.gaussian_filter(total, SPREAD / PIXEL)
    return total * found.prescribed / total[target].mean()


def _turn(plane: np.ndarray, angle: float) -> np.ndarray:
    """A plane turned so that a beam of this direction comes from the top."""
    return ndimage.rotate(plane, angle, reshape=False, order=1, mode="nearest")
