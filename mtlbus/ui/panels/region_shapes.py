"""Regions of an image as lines and areas: outlines, votes, and what was found or missed.

A level says how far each pixel is inside: above 0 inside, below 0 outside, on a grid as fine as any
network sees. So "and" is the smaller of two levels, "not" the negative, and the edge lies between
the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ...core.extent import extent
from ...export.contours import outlines
from ...figures import colours, overlay
from ...findings import Finding
from ...inference.predictor import Prediction
from ..pictures import RIGHT_AND_WRONG, TRUTH_BESIDE, Style
from ..results import ResultStore

_FINEST = 400  # pixels; the networks see 256
_REDUCED = ResultStore(32 * 1024**2, lambda plane: plane.nbytes)


@dataclass(frozen=True)
class Shape:
    """A region of the image, drawn as a line, an area, or both.

    Attributes:
        path: closed lines as SVG writes them, in tenths of a pixel of the grid.
        colour: "#RRGGBB".
        line: width, screen pixels; 0 for none.
        fill: opacity of the area, 0..1.
        dashed: whether the line is.
    """

    path: str
    colour: str
    line: float = 2.5
    fill: float = 0.0
    dashed: bool = False


def grid_of(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the grid on which regions of an H×W image are drawn."""
    scale = min(1.0, _FINEST / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def reduced(answer: Prediction) -> np.ndarray:
    """The tumour probability of a network that outlines, on the grid."""
    plane = answer.mask_probability
    size = grid_of(plane.shape)
    if size == plane.shape:
        return plane
    key = (answer.image_sha256, answer.weights_sha256, answer.outline_sha256)
    return _REDUCED.get(key, lambda: overlay.plane_panel(plane, size))


def level_of(finding: Finding) -> np.ndarray | None:
    """How far each pixel is inside of an outline, on the grid; None for a network without one."""
    if finding.mask is None:
        return None
    plane = reduced(finding.prediction)
    if not finding.outlined:
        return np.full_like(plane, -1)
    return plane - np.float32(finding.mask_threshold)


def reduced_mask(mask: np.ndarray) -> np.ndarray:
    """A mask, H×W bool, on the grid."""
    size = grid_of(mask.shape)
    return mask if size == mask.shape else overlay.plane_panel(mask, size) > 0.5


def level_of_mask(mask: np.ndarray) -> np.ndarray:
    """The level of a mask, H×W bool, on the grid; its steps are softened by half a pixel."""
    size, soft = grid_of(mask.shape), np.zeros(mask.shape, np.float32)
    part = extent(mask, margin=3)  # as far as the softening reaches
    if part is not None:
        soft[part] = ndimage.gaussian_filter(mask[part].astype(np.float32), 0.7)
    return (soft if size == mask.shape else overlay.plane_panel(soft, size)) - np.float32(0.5)


def lesion_box(
    levels: Sequence[np.ndarray], truth: np.ndarray | None, margin: float = 0.25
) -> tuple[float, float, float, float] | None:
    """The box of the largest part that is true or that at least half of the networks outline.

    Args:
        levels: of the networks, on one grid.
        truth: level of the true outline; None where it is unknown.
        margin: on each side, as a share of the box.

    Returns:
        Left, top, right and bottom in fractions of the image; None where there is no such part.
    """
    votes = [2 * sum(level > 0 for level in levels) >= len(levels)] if levels else []
    known = votes + ([] if truth is None else [truth > 0])
    if not known:
        return None
    where = np.logical_or.reduce(known)
    within = extent(where)
    if within is None:
        return None
    parts, _ = ndimage.label(where[within])
    largest = int(np.bincount(parts.ravel())[1:].argmax())
    (top, bottom), (left, right) = (
        _widened(all_parts.start, part, margin, length)
        for all_parts, part, length in zip(
            within, ndimage.find_objects(parts)[largest], where.shape, strict=True
        )
    )
    return left, top, right, bottom


def _widened(first: int, part: slice, margin: float, length: int) -> tuple[float, float]:
    spare, start, stop = margin * (part.stop - part.start), first + part.start, first + part.stop
    return max(0.0, (start - spare) / length), min(1.0, (stop + spare) / length)


def path_of(lines: Sequence[np.ndarray]) -> str:
    """Closed lines as steps from point to point, in tenths of a pixel: a third of the bytes.

    Args:
        lines: N×2 arrays of x and y in pixels; the last point is the first.
    """
    parts = []
    for line in lines:
        points = np.round(10 * line[:-1]).astype(int)
        steps = np.diff(points, axis=0)
        steps = steps[steps.any(axis=1)]
        start, rest = points[0], " ".join(map(str, steps.ravel().tolist()))
        parts.append(f"M{start[0]} {start[1]}l{rest}z" if rest else "")
    return "".join(parts)


def region(
    level: np.ndarray, colour: str, line: float = 2.5, fill: float = 0.0, dashed: bool = False
) -> Shape:
    """Where a level is above 0, in a colour."""
    return Shape(path_of(outlines(level, 0.0)), colour, line, fill, dashed)


def agreement(
    level: np.ndarray, truth: np.ndarray, tints: tuple[str, str, str], fill: float = 0.5
) -> tuple[Shape, ...]:
    """What was found, marked in excess and missed, as areas in these three colours."""
    parts = np.minimum(level, truth), np.minimum(level, -truth), np.minimum(-level, truth)
    return tuple(region(part, c, 0, fill) for part, c in zip(parts, tints, strict=True))


def ranked(levels: Sequence[np.ndarray]) -> np.ndarray:
    """The levels of N voters in falling order at each pixel, N×H×W."""
    found = np.stack(levels)
    for end in range(len(found) - 1, 0, -1):  # planes change places: faster than pixel by pixel
        for k in range(end):
            high, low = np.maximum(found[k], found[k + 1]), np.minimum(found[k], found[k + 1])
            found[k], found[k + 1] = high, low
    return found


def votes(ranked: np.ndarray, palette: Sequence[str]) -> tuple[Shape, ...]:
    """Areas with at least 1, 2 … N votes, each over the one before.

    Args:
        ranked: see `ranked`.
        palette: N colours.
    """
    return tuple(region(level, c, 0, 1) for level, c in zip(ranked, palette, strict=True))


def minorities(ranked: np.ndarray, palette: Sequence[str]) -> tuple[Shape, ...]:
    """Areas where at least 1, 2 … ⌊N/2⌋ voters are outvoted, each over the one before.

    Args:
        ranked: see `ranked`.
        palette: ⌊N/2⌋ colours.
    """
    split = (np.minimum(ranked[k], -ranked[-1 - k]) for k in range(len(palette)))
    return tuple(region(level, c, 0, 1) for level, c in zip(split, palette, strict=True))


def shapes_of(
    inside: np.ndarray | None, truth: np.ndarray | None, style: Style
) -> tuple[Shape, ...]:
    """What is drawn, the lowest first.

    Args:
        inside: level of the predicted outline; None where there is none.
        truth: level of the true outline; None where it is unknown.
        style: how it is drawn; its threshold is already in `inside`.
    """
    if style.agreement and truth is not None and inside is not None:
        areas = agreement(inside, truth, tuple(RIGHT_AND_WRONG))
        return (*areas, region(truth, TRUTH_BESIDE, line=1.5))
    shapes = []
    if style.truth and truth is not None:
        shapes.append(region(truth, colours.TRUTH, line=2.0))
    if inside is not None and (style.outline or style.fill > 0):
        line = 2.5 if style.outline else 0.0
        shapes.append(region(inside, style.colour, line, style.fill))
    return tuple(shapes)
