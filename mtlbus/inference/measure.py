"""What can be measured on a lesion's mask: size, shape, margin, echo level, what lies behind it.

Computed from pixels, not a BI-RADS reading. The largest connected part of the mask is measured.
Grey values are those of the image, which a scanner has log-compressed: a ratio of 0.5 is half of
the grey level, not half of the echo's energy.

Where the size of a pixel is known, lengths and areas come in mm too, and shape is measured on the
true geometry: pixels that are taller than wide would make a disc an ellipse.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from ..core.errors import InputError
from ..core.extent import extent

_SMOOTHING = 1.0  # pixels; removes the steps of a pixel grid, keeps the length within 2 %
_ROUND = 1.05  # below this ratio of the axes a direction means nothing
_FEWEST = 12  # pixels of tissue that a mean needs


@dataclass(frozen=True)
class Lesion:
    """Measurements of a mask, in pixels of the image's own grid and, if that is known, in mm.

    Attributes:
        area_px: pixels of the measured part.
        area_share: the same as a share of the image, 0..1.
        box: left, top, width, height of the upright box.
        major_axis_px, minor_axis_px: axes of the ellipse with the same second moments.
        angle_deg: of the major axis against the horizontal, −90 … 90, positive when it rises to
            the right; None for a round shape.
        height_to_width: of the box; above 1 is taller than wide.
        perimeter_px: length of the outline.
        circularity: 4π·area/perimeter²; 1 for a disc, 0.79 for a square.
        margin_roughness: perimeter over the perimeter of the convex hull, minus 1; 0 for a smooth
            convex outline.
        echo_ratio: mean grey inside over mean grey left and right of it at the same depth, within
            half a box width; None where there is no such tissue in the image.
        posterior_ratio: mean grey below the lesion's middle half over mean grey beside it at the
            same depth; above 1 is enhancement, below 1 shadow; None where the image ends.
        parts: connected parts of the mask.
        other_parts_px: pixels in the parts that were not measured.
        spacing_mm: mm per pixel, down and across; None where it is unknown, as all that follows.
        area_mm2: the area.
        box_mm: width and height of the box.
        major_axis_mm, minor_axis_mm, perimeter_mm: as above.
    """

    area_px: int
    area_share: float
    box: tuple[int, int, int, int]
    major_axis_px: float
    minor_axis_px: float
    angle_deg: float | None
    height_to_width: float
    perimeter_px: float
    circularity: float
    margin_roughness: float
    echo_ratio: float | None
    posterior_ratio: float | None
    parts: int
    other_parts_px: int
    spacing_mm: tuple[float, float] | None = None
    area_mm2: float | None = None
    box_mm: tuple[float, float] | None = None
    major_axis_mm: float | None = None
    minor_axis_mm: float | None = None
    perimeter_mm: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The measurements as JSON-ready data."""
        return asdict(self)


def measure(
    mask: np.ndarray, pixels: np.ndarray, spacing: tuple[float, float] | None = None
) -> Lesion | None:
    """Measure the largest connected part of a mask; None for an empty one.

    Args:
        mask: H×W bool.
        pixels: H×W uint8, the image on the same grid.
        spacing: mm per pixel, down and across.

    Raises:
        InputError: the two are not of one size, the mask is not boolean, or the spacing is not
            two positive lengths.
    """
    mask, pixels = np.asarray(mask), np.asarray(pixels)
    if mask.ndim != 2 or mask.shape != pixels.shape:
        raise InputError(
            f"Mask of shape {mask.shape} and image of shape {pixels.shape}: "
            "give two H×W arrays of one size."
        )
    if mask.dtype != bool:
        raise InputError("The mask must be boolean; threshold the probabilities first.")
    if spacing is not None and not all(0 < step < np.inf for step in spacing):
        raise InputError(f"A spacing of {spacing} mm per pixel: give two positive lengths.")
    within = extent(mask)
    if within is None:
        return None
    labels, counts = _parts(mask[within])
    largest = int(counts.argmax()) + 1
    place = ndimage.find_objects(labels, max_label=largest)[largest - 1]
    lesion = labels[place] == largest
    rows, columns = (
        slice(whole.start + part.start, whole.start + part.stop)
        for whole, part in zip(within, place, strict=True)
    )
    area = int(lesion.sum())
    height, width = lesion.shape
    (major_px, minor_px, angle), slopes = _axes(lesion), _slopes(lesion)
    perimeter_px = _perimeter(slopes)
    down, across, perimeter = 1.0, 1.0, perimeter_px
    in_mm: dict[str, Any] = {}
    if spacing is not None:
        down, across = map(float, spacing)
        major, minor, angle = _axes(lesion, (down, across))
        perimeter = _perimeter(slopes, (down, across))
        in_mm = {
            "spacing_mm": (down, across),
            "area_mm2": area * down * across,
            "box_mm": (width * across, height * down),
            "major_axis_mm": major,
            "minor_axis_mm": minor,
            "perimeter_mm": perimeter,
        }
    return Lesion(
        area_px=area,
        area_share=area / mask.size,
        box=(int(columns.start), int(rows.start), width, height),
        major_axis_px=major_px,
        minor_axis_px=minor_px,
        angle_deg=angle,
        height_to_width=height * down / (width * across),
        perimeter_px=perimeter_px,
        circularity=min(1.0, 4 * np.pi * area * down * across / perimeter**2),
        margin_roughness=max(0.0, perimeter / _hull_perimeter(lesion, (down, across)) - 1),
        echo_ratio=_echo_ratio(lesion, mask, pixels, rows, columns),
        posterior_ratio=_posterior_ratio(mask, pixels, rows, columns),
        parts=len(counts),
        other_parts_px=int(mask.sum()) - area,
        **in_mm,
    )


def largest_part(mask: np.ndarray) -> tuple[int, int]:
    """Pixels of the part that `measure` measures, and how many parts there are; H×W bool.

    For many masks at once: this takes a tenth of the time of all measurements.
    """
    within = extent(mask)
    if within is None:
        return 0, 0
    counts = _parts(mask[within])[1]
    return int(counts.max()), len(counts)


def _parts(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of its connected part by pixel, from 1, and how many pixels each part has."""
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    return labels, np.bincount(labels.ravel())[1:]


def _axes(
    lesion: np.ndarray, step: tuple[float, float] = (1.0, 1.0)
) -> tuple[float, float, float | None]:
    """Major and minor axis and direction (degrees) from the second moments.

    1/12 is the second moment of a single pixel; a filled ellipse has axes of 4·√eigenvalue.

    Args:
        lesion: H×W bool.
        step: length of a pixel, down and across; the axes come in its unit.
    """
    y, x = np.nonzero(lesion)
    down, across = step
    within = np.diag([across**2, down**2]) / 12
    spread = np.cov(np.stack([x * across, -y * down]), bias=True) + within
    values, vectors = np.linalg.eigh(spread)
    minor, major = 4 * np.sqrt(values)
    if major < _ROUND * minor:
        return float(major), float(minor), None
    angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
    return float(major), float(minor), float((angle + 90) % 180 - 90)


def _slopes(lesion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the smoothed mask down and across, a pixel each; with room around it."""
    padded = np.pad(lesion, int(4 * _SMOOTHING) + 2).astype(np.float32)
    down, across = (
        ndimage.gaussian_filter(padded, _SMOOTHING, order=order) for order in ((1, 0), (0, 1))
    )
    return down, across


def _perimeter(
    slopes: tuple[np.ndarray, np.ndarray], step: tuple[float, float] = (1.0, 1.0)
) -> float:
    """Length of the outline: ∫|∇g| of the smoothed mask g (coarea formula); `step` as above."""
    down, across = slopes
    # ∂g/∂y · area of a pixel = ∂g/∂row · width of a pixel, and the other way round.
    return float(np.hypot(down * step[1], across * step[0]).sum(dtype=np.float64))


def _hull_perimeter(lesion: np.ndarray, step: tuple[float, float] = (1.0, 1.0)) -> float:
    """Perimeter of the convex hull: of the pixel centres, grown by half a pixel; `step` as above.

    The perimeter of a convex sum is the sum of the perimeters; an ellipse as large as a pixel
    stands for the pixel (its perimeter by Ramanujan, π for a pixel of side 1).
    """
    a, b = step[0] / 2, step[1] / 2
    grown = np.pi * (3 * (a + b) - np.sqrt((3 * a + b) * (a + 3 * b)))
    height, width = lesion.shape
    ends = np.column_stack([lesion.argmax(axis=1), width - 1 - lesion[:, ::-1].argmax(axis=1)])
    points = np.column_stack([np.arange(height).repeat(2), ends.ravel()])  # of every row
    try:
        return float(ConvexHull(points * step).area) + grown  # `area` is a length in 2-D
    except (QhullError, ValueError):  # fewer than three pixels, or all on one line
        return 2.0 * float(np.hypot((height - 1) * step[0], (width - 1) * step[1])) + grown


def _beside(mask: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """True left and right of the box in `rows`, within half its width, outside the mask."""
    reach = max(1, (columns.stop - columns.start) // 2)
    where = np.zeros(mask.shape, bool)
    where[rows, max(0, columns.start - reach) : columns.start] = True
    where[rows, columns.stop : columns.stop + reach] = True
    return where & ~mask


def _mean(pixels: np.ndarray, where: np.ndarray) -> float | None:
    values = pixels[where]
    return float(values.mean()) if values.size >= _FEWEST else None


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def _echo_ratio(
    lesion: np.ndarray, mask: np.ndarray, pixels: np.ndarray, rows: slice, columns: slice
) -> float | None:
    inside = float(pixels[rows, columns][lesion].mean())
    return _ratio(inside, _mean(pixels, _beside(mask, rows, columns)))


def _posterior_ratio(
    mask: np.ndarray, pixels: np.ndarray, rows: slice, columns: slice
) -> float | None:
    """Below the box for half its height, the middle half of its width, against beside it."""
    height, width = rows.stop - rows.start, columns.stop - columns.start
    behind = slice(rows.stop, min(mask.shape[0], rows.stop + max(2, height // 2)))
    middle = slice(columns.start + width // 4, columns.stop - width // 4)
    below = np.zeros(mask.shape, bool)
    below[behind, middle] = True
    return _ratio(_mean(pixels, below & ~mask), _mean(pixels, _beside(mask, behind, columns)))
