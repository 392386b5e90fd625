"""Random changes of grey values as other scanners and other hands would have made them.

Each is drawn for itself, an image at a time. The padding of the square is 0 and stays 0.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def as_other_device(grey: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Change some images of a batch by each of `CHANGES`, in their order.

    Args:
        grey: B×1×H×W in 0..1.
        share: probability of each change for an image, 0..1.
        generator: the only source of chance, on the device of the images.
    """
    inside = grey > 0
    for change in CHANGES:
        chosen = torch.rand(len(grey), generator=generator, device=grey.device) < share
        if chosen.any():
            grey = grey.clone()
            grey[chosen] = change(grey[chosen], generator).clamp(0, 1)
    return grey * inside.any(dim=2, keepdim=True) * inside.any(dim=3, keepdim=True)


def _draw(images: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    """One number an image, B×1×1×1."""
    drawn = torch.rand(len(images), generator=generator, device=images.device)
    return (drawn * (high - low) + low).view(-1, 1, 1, 1)


def _along(images: Tensor, axis: int, low: float = 0) -> Tensor:
    """From `low` to 1 along the rows (2) or columns (3) of images."""
    shape = [1, 1, 1, 1]
    shape[axis] = -1
    return torch.linspace(low, 1, images.shape[axis], device=images.device).view(shape)


def tone_curve(grey: Tensor, generator: torch.Generator) -> Tensor:
    """Another grey map: an S-curve or its inverse; 0 and 1 stay."""
    bend = _draw(grey, -0.6, 0.6, generator)
    return grey + bend * grey * (1 - grey) * (2 * grey - 1)


def depth_gain(grey: Tensor, generator: torch.Generator) -> Tensor:
    """Time-gain compensation set otherwise: brighter or darker with depth, by up to a half."""
    depth = _along(grey, 2, -1)
    return grey * (1 + _draw(grey, -0.5, 0.5, generator) * depth)


def sharpness(grey: Tensor, generator: torch.Generator) -> Tensor:
    """Smoothing or edge enhancement of the scanner: towards or away from a 3×3 mean."""
    smooth = F.avg_pool2d(F.pad(grey, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return grey + _draw(grey, -1.0, 1.0, generator) * (smooth - grey)


def speckle(grey: Tensor, generator: torch.Generator) -> Tensor:
    """Multiplicative grain, its size one or two pixels."""
    shape = len(grey), 1, -(-grey.shape[2] // 2), -(-grey.shape[3] // 2)
    half = torch.randn(shape, generator=generator, device=grey.device)
    coarse = F.interpolate(half, size=grey.shape[2:], mode="bilinear", align_corners=False)
    fine = torch.randn(grey.shape, generator=generator, device=grey.device)
    grain = torch.where(_draw(grey, 0, 1, generator) < 0.5, coarse, fine)
    return grey * (1 + _draw(grey, 0, 0.25, generator) * grain)


def resolution(grey: Tensor, generator: torch.Generator) -> Tensor:
    """A coarser beam: made smaller by up to a half and large again, all images of a call alike."""
    factor = float(torch.rand(1, generator=generator, device=grey.device)) * 0.5 + 0.5
    small = F.interpolate(
        grey, scale_factor=factor, mode="bilinear", align_corners=False, antialias=True
    )
    return F.interpolate(small, size=grey.shape[2:], mode="bilinear", align_corners=False)


def shadow(grey: Tensor, generator: torch.Generator) -> Tensor:
    """A dark beam below something that reflects, from a random depth down."""
    across, down = _along(grey, 3), _along(grey, 2)
    centre, width = (_draw(grey, a, b, generator) for a, b in ((0, 1), (0.02, 0.08)))
    top, strength = (_draw(grey, a, b, generator) for a, b in ((0, 0.7), (0.2, 0.8)))
    beam = torch.exp(-(((across - centre) / width) ** 2))
    return grey * (1 - strength * beam * (down > top))


def marks(grey: Tensor, generator: torch.Generator) -> Tensor:
    """Burned-in calipers: up to four bright crosses anywhere, as readers leave them."""
    grey = grey.clone()
    arm = max(grey.shape[3] // 64, 1)

    def whole(low: int, high: int) -> int:
        return int(torch.randint(low, high, (1,), generator=generator, device=grey.device))

    for image in grey[:, 0]:
        for _ in range(whole(1, 5)):
            row, column = (whole(arm, side - arm) for side in image.shape)
            image[row, column - arm : column + arm + 1] = 1.0
            image[row - arm : row + arm + 1, column] = 1.0
    return grey


CHANGES = (tone_curve, depth_gain, sharpness, resolution, speckle, shadow, marks)
