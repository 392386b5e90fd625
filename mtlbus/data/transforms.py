"""From a grey image to the network's input and back, and augmentation on batches of tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..core.spec import Fit
from .devices import as_other_device

PREPROCESSING_VERSION = "pad-square-bilinear-1"
_BLOCK = 2**22  # numbers of a square that are held at one time; a usual image has fewer


@dataclass(frozen=True)
class Frame:
    """Where an image lies inside the network's square, so that results can return to it.

    Attributes:
        height, width: of the image, pixels.
        fit: "pad" for a square with zeros beside the image, "resize" for the image stretched.
    """

    height: int
    width: int
    fit: Fit = "pad"

    @property
    def down(self) -> int:
        """Height of the network's square in pixels of the image."""
        return self.height if self.fit == "resize" else max(self.height, self.width)

    @property
    def across(self) -> int:
        """Its width in pixels of the image."""
        return self.width if self.fit == "resize" else max(self.height, self.width)

    @property
    def top(self) -> int:
        """Rows of padding above; an odd rest goes to the bottom."""
        return (self.down - self.height) // 2

    @property
    def left(self) -> int:
        """Columns of padding on the left; an odd rest goes to the right."""
        return (self.across - self.width) // 2


def square_image(pixels: np.ndarray, size: int, fit: Fit = "pad") -> Tensor:
    """Zero-pad an image to a centred square and scale it, bilinear with anti-aliasing.

    With "resize" it is scaled without padding, its two sides differently.

    The padded square is never held: that of 300×8000 pixels would have 64 million.

    Args:
        pixels: H×W or H×W×3, uint8 or float32 in 0..255.
        size: side of the result, pixels.
        fit: see `Frame`.

    Returns:
        1×size×size or 3×size×size float32 in 0..1.
    """
    how = {"mode": "bilinear", "antialias": True, "align_corners": False}
    planes = [pixels] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)
    return torch.stack(
        [_squeeze(np.ascontiguousarray(plane), size, 255, fit, **how) for plane in planes]
    ).clamp(0, 1)


def square_plane(plane: np.ndarray, size: int, fit: Fit = "pad") -> Tensor:
    """Numbers made square like their image, by nearest neighbour: to size×size float32."""
    return _squeeze(np.ascontiguousarray(plane), size, 1, fit, mode="nearest-exact")


def square_mask(mask: np.ndarray, size: int, fit: Fit = "pad") -> Tensor:
    """A mask made square like its image, by nearest neighbour: H×W bool to size×size bool."""
    return square_plane(mask, size, fit) > 0.5


def _squeeze(plane: np.ndarray, size: int, white: int, fit: Fit, **how: Any) -> Tensor:
    """The square of a plane, its values over `white`, scaled to size×size.

    Scaling works on rows and columns apart. So some rows at a time are padded and made narrow,
    and then all of them low: the same numbers, to the last bit, as of the whole square.
    """
    height, width = plane.shape
    frame = Frame(height, width, fit)
    right = frame.across - frame.width - frame.left
    narrow = torch.zeros(1, 1, frame.down, size)
    step = max(1, _BLOCK // frame.across)
    for first in range(0, frame.height, step):
        rows = torch.from_numpy(plane[first : first + step]).float()[None, None] / white
        rows = F.pad(rows, (frame.left, right))
        top = frame.top + first
        narrow[:, :, top : top + rows.shape[2]] = _scaled(rows, (rows.shape[2], size), how)
    return _scaled(narrow, (size, size), how)[0, 0]


def _scaled(planes: Tensor, size: tuple[int, int], how: dict[str, Any]) -> Tensor:
    """`F.interpolate`, which is not asked where it would return the same numbers."""
    if planes.shape[2:] == size:
        return planes
    return F.interpolate(planes, size=size, **how)


def restore(plane: Tensor, frame: Frame) -> Tensor:
    """Bring a …×size×size float plane back to the image's own grid, …×H×W, bilinear.

    As in `square_image` the whole square is never held, and nothing of it stays behind the result.
    """
    how: dict[str, Any] = {"mode": "bilinear", "align_corners": False}
    flat = plane.reshape(1, -1, *plane.shape[-2:]).float()
    low = _scaled(flat, (flat.shape[2], frame.across), how)
    low = low[..., frame.left : frame.left + frame.width]
    restored = torch.empty(*plane.shape[:-2], frame.height, frame.width)
    target = restored.view(1, flat.shape[1], frame.height, frame.width)
    step = max(1, _BLOCK // (frame.down * flat.shape[1]))
    for first in range(0, frame.width, step):
        columns = low[..., first : first + step]
        high = _scaled(columns, (frame.down, columns.shape[3]), how)
        target[..., first : first + step] = high[:, :, frame.top : frame.top + frame.height]
    return restored


def normalise(grey: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """B×1×H×W grey or B×3×H×W colour in 0..1 to B×3×H×W, grey replicated, by channel."""
    shift = torch.tensor(mean, device=grey.device).view(1, 3, 1, 1)
    scale = torch.tensor(std, device=grey.device).view(1, 3, 1, 1)
    return (grey.expand(-1, 3, -1, -1) - shift) / scale


@dataclass(frozen=True)
class Augmentation:
    """Random changes of a training batch; every strength is the half width of its range.

    Attributes:
        rotation: degrees.
        log_scale, log_aspect: natural logarithm of zoom and of width over height.
        shift: share of the side.
        log_gamma, gain: of the grey values.
        noise: standard deviation of added Gaussian noise, drawn per image from 0 to this.
        flip, vertical_flip: probabilities.
        devices: probability of each change of `devices.CHANGES`, as other scanners would make it.
        crop: least share of the area that a random crop keeps, of 3:4 to 4:3, enlarged to the
            whole square; 1 is none.
        jitter: brightness and contrast are multiplied by 1 ± this.
    """

    rotation: float = 15.0
    log_scale: float = 0.25
    log_aspect: float = 0.1
    shift: float = 0.2
    log_gamma: float = 0.4
    gain: float = 0.2
    noise: float = 0.03
    flip: float = 0.5
    vertical_flip: float = 0.0
    devices: float = 0.0
    crop: float = 1.0
    jitter: float = 0.0

    def __call__(
        self, grey: Tensor, planes: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Move image and truth alike, then change the values of the image.

        Args:
            grey: B×1×H×W in 0..1, or B×3×H×W of colour.
            planes: B×P×H×W float, what is true of each pixel; 0 comes in from outside.
            generator: the only source of chance, on the device of the images.
        """
        batch, on = len(grey), grey.device

        def uniform(width: float) -> Tensor:
            return (torch.rand(batch, generator=generator, device=on) * 2 - 1) * width

        angle = torch.deg2rad(uniform(self.rotation))
        scale, aspect = uniform(self.log_scale), uniform(self.log_aspect)
        across = torch.exp(-(scale + aspect))
        down = torch.exp(-(scale - aspect))

        def mirror(probability: float) -> Tensor:
            drawn = torch.rand(batch, generator=generator, device=on) < probability
            return torch.where(drawn, -1.0, 1.0)

        across = across * mirror(self.flip)
        if self.vertical_flip > 0:
            down = down * mirror(self.vertical_flip)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        matrix = _affine(
            (cosine * across, -sine * down, uniform(2 * self.shift)),
            (sine * across, cosine * down, uniform(2 * self.shift)),
        )
        if self.crop < 1:
            matrix = matrix @ _crops(batch, self.crop, generator, on)
        grid = F.affine_grid(matrix[:, :2], list(grey.shape), align_corners=False)
        grey = F.grid_sample(grey, grid, mode="bilinear", align_corners=False)
        if planes.shape[1]:
            planes = F.grid_sample(planes, grid, mode="nearest", align_corners=False)

        gamma = torch.exp(uniform(self.log_gamma)).view(-1, 1, 1, 1)
        gain = (1 + uniform(self.gain)).view(-1, 1, 1, 1)
        level = torch.rand(batch, generator=generator, device=on) * self.noise
        noise = torch.randn(grey.shape, generator=generator, device=on) * level.view(-1, 1, 1, 1)
        grey = grey.clamp(0, 1).pow(gamma) * gain + noise * (grey > 0)
        grey = grey.clamp(0, 1)
        if self.jitter > 0:
            brightness, contrast = ((1 + uniform(self.jitter)).view(-1, 1, 1, 1) for _ in range(2))
            grey = (grey * brightness).clamp(0, 1)
            middle = grey.mean(dim=(1, 2, 3), keepdim=True)
            grey = (middle + contrast * (grey - middle)).clamp(0, 1)
        if self.devices > 0:
            grey = as_other_device(grey, self.devices, generator)
        return grey, planes


def _affine(*rows: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Two rows of an affine map, each number of shape B, and the third that makes it B×3×3."""
    zero, one = torch.zeros_like(rows[0][0]), torch.ones_like(rows[0][0])
    return torch.stack([torch.stack(row, 1) for row in (*rows, (zero, zero, one))], dim=1)


def _crops(batch: int, least: float, generator: torch.Generator, on: torch.device) -> Tensor:
    """From the square to a random rectangle in it, B×3×3, in coordinates of −1 to 1."""

    def drawn(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch, generator=generator, device=on)

    area, ratio = drawn(least, 1), torch.exp(drawn(math.log(3 / 4), math.log(4 / 3)))
    width, height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    left, top = drawn(-1, 1) * (1 - width), drawn(-1, 1) * (1 - height)
    zero = torch.zeros(batch, device=on)
    return _affine((width, zero, left), (zero, height, top))


NO_AUGMENTATION = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0)
