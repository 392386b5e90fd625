"""Some training images are seen through a window: with the lesion in it, or beside the lesion.

Of 2,109 training images 95 show a normal breast, too few to learn from that a dark patch need not
be a lesion. Beside a lesion, though, lies tissue without one in nearly every image, of both
collections. As many windows hold a lesion, so that a close view by itself tells nothing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

SMALLEST = 0.35  # side of a window over the side of the image
MARGIN = 0.03  # of the image, between the lesion and the window's edge
SHOWN = 0.6  # of a window, at least, is image and not the black around it


def through_windows(
    images: Tensor,
    planes: Tensor,
    lesion: int,
    known: Tensor,
    share: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Look at some images of a batch through a square window, brought back to the input size.

    An image whose window cannot be drawn (no room beside the lesion, or too much of the black
    border in it), or whose mask is not known, stays as it is.

    Args:
        images: B×C×S×S in 0..1.
        planes: B×P×S×S, what is true of each pixel.
        lesion: which of the planes is the mask.
        known: B bool, the images whose mask is known.
        share: of the images that are looked at beside their lesion, and of those that are looked
            at with all of it, 0 to 0.5.
        generator: the only source of chance.

    Returns:
        Images and planes anew, and B bool, those that are seen beside their lesion: the mask is
        empty, and a class is no longer known of them.
    """
    images, planes = images.clone(), planes.clone()
    moved = torch.zeros(len(images), dtype=torch.bool)
    side = images.shape[-1]
    drawn = torch.rand(len(images), generator=generator)
    for index in torch.nonzero((drawn < 2 * share) & known).flatten().tolist():
        beside = bool(drawn[index] < share)
        draw = torch.rand(4, generator=generator).tolist()
        box = _box(planes[index, lesion])
        window = _beside(box, side, draw) if beside else _around(box, side, draw)
        if window is None:
            continue
        top, left, length = window
        rows, columns = slice(top, top + length), slice(left, left + length)
        seen = images[index : index + 1, :, rows, columns]
        if float((seen > 0).float().mean()) < SHOWN:
            continue
        truth = planes[index : index + 1, :, rows, columns]
        images[index] = F.interpolate(
            seen, size=(side, side), mode="bilinear", align_corners=False, antialias=True
        )[0].clamp(0, 1)
        planes[index] = F.interpolate(truth, size=(side, side), mode="nearest-exact")[0]
        moved[index] = beside
    return images, planes, moved


def _box(mask: Tensor) -> tuple[int, int, int, int] | None:
    """First and last row, first and last column of a mask; None of an empty one."""
    rows, columns = torch.nonzero(mask, as_tuple=True)
    if not len(rows):
        return None
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


Window = tuple[int, int, int]  # top, left, side, pixels


def _beside(box: tuple[int, int, int, int] | None, side: int, draw: list[float]) -> Window | None:
    """A window of `side`×`side` that misses the box, in one of the four strips."""
    if box is None:
        return _inside((0, side), (0, side), side, draw)
    gap, least = math.ceil(MARGIN * side), math.ceil(SMALLEST * side)
    top, bottom, left, right = box[0] - gap, box[1] + 1 + gap, box[2] - gap, box[3] + 1 + gap
    whole = (0, side)
    strips = [
        ((0, top), whole),
        ((bottom, side), whole),
        (whole, (0, left)),
        (whole, (right, side)),
    ]
    wide = [
        (rows, columns)
        for rows, columns in strips
        if min(rows[1] - rows[0], columns[1] - columns[0]) >= least
    ]
    if not wide:
        return None
    return _inside(*wide[int(draw[0] * len(wide))], side, draw)


def _inside(
    rows: tuple[int, int], columns: tuple[int, int], side: int, draw: list[float]
) -> Window:
    """A window within a strip: its side first, then where it lies."""
    least, most = math.ceil(SMALLEST * side), min(rows[1] - rows[0], columns[1] - columns[0])
    length = least + int(draw[1] * (most - least + 1))
    top = rows[0] + int(draw[2] * (rows[1] - rows[0] - length + 1))
    left = columns[0] + int(draw[3] * (columns[1] - columns[0] - length + 1))
    return top, left, length


def _around(box: tuple[int, int, int, int] | None, side: int, draw: list[float]) -> Window | None:
    """A window of `side`×`side` that holds the whole box and its margin; any of a normal image."""
    if box is None:
        return _inside((0, side), (0, side), side, draw)
    gap = math.ceil(MARGIN * side)
    first = (max(box[0] - gap, 0), max(box[2] - gap, 0))
    last = (min(box[1] + 1 + gap, side), min(box[3] + 1 + gap, side))
    least = max(last[0] - first[0], last[1] - first[1], math.ceil(SMALLEST * side))
    length = least + int(draw[1] * (side - least + 1))
    corner = []
    for begin, end, chance in zip(first, last, draw[2:], strict=True):
        lowest, highest = max(end - length, 0), min(begin, side - length)
        corner.append(lowest + int(chance * (highest - lowest + 1)))
    return corner[0], corner[1], length
