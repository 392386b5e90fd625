"""Outlines and masks over ultrasound: arrays in, encoded images out.

The grey image is scaled bilinearly and never stretched; outlines are drawn at the resolution of
the panel, so that a 256 px image does not get a blocky line.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from ..core.encoding import encoded, scaled_down
from ..core.extent import extent
from . import colours, lettering

PANEL = (680, 960)
"""Height and width, pixels, of the place that a picture fills as far as its aspect allows."""
SMALL_PANEL = (420, 480)
_STRIP, _EDGE = 30, 10  # height of a strip with one line, space at its ends; pixels


def panel_size(height: int, width: int, place: tuple[int, int] = PANEL) -> tuple[int, int]:
    """Height and width at which an image is shown, pixels: as large as fits, aspect kept."""
    scale = min(place[0] / height, place[1] / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def grey_panel(pixels: np.ndarray, place: tuple[int, int] = PANEL) -> np.ndarray:
    """An image at panel size, H×W uint8, or H×W×3 in colour, to h×w×3 uint8."""
    height, width = panel_size(*pixels.shape[:2], place)
    grey = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(grey.convert("RGB"))


def plane_panel(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A probability plane, or a boolean mask, at panel size: H×W to h×w float32 in 0..1.

    A mask is softened by half of its own pixel first, so that its steps do not show.
    """
    values = np.asarray(plane, dtype=np.float32)
    grows = size[0] / plane.shape[0]
    if plane.dtype == bool and grows > 1:
        values = ndimage.gaussian_filter(values, 0.7)
    scaled = Image.fromarray(values).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(scaled), 0, 1)


def line_alpha(inside: np.ndarray, width: float) -> np.ndarray:
    """Opacity of an anti-aliased line around a region, h×w bool to h×w float32 in 0..1.

    Args:
        inside: the region at panel size.
        width: of the line, panel pixels.
    """
    alpha = np.zeros(inside.shape, np.float32)
    box = _box_around(inside, width)
    if box is not None:
        alpha[box] = _near(_distance_to_rim(inside[box]), width)
    return alpha


def _box_around(inside: np.ndarray, width: float) -> tuple[slice, slice] | None:
    """Where a line around a region can leave a trace; None where the region has no rim."""
    return None if inside.all() else extent(inside, int(np.ceil(width)) + 4)


def _distance_to_rim(inside: np.ndarray) -> np.ndarray:
    """Pixels from the rim of a region, smoothed by one for the steps of the grid; h×w float32."""
    rim = inside & ~ndimage.binary_erosion(inside, border_value=1)
    # A rim pixel lies half a pixel inside of the rim.
    signed = ndimage.distance_transform_edt(~rim).astype(np.float32)
    signed = np.where(inside, -0.5 - signed, signed - 0.5)
    return np.abs(ndimage.gaussian_filter(signed, 1.0, truncate=3.0))


def _near(distance: np.ndarray, width: float) -> np.ndarray:
    """Opacity of a line from the distance to its middle."""
    return np.clip(width / 2 + 0.5 - distance, 0, 1)


def blend(panel: np.ndarray, alpha: np.ndarray, colour: str) -> np.ndarray:
    """Lay a colour over a panel: h×w×3 uint8, h×w in 0..1."""
    picture = Image.fromarray(panel)
    picture.paste(colour, mask=Image.fromarray((255 * alpha + 0.5).astype(np.uint8)))
    return np.asarray(picture)


def _draw_line(panel: np.ndarray, inside: np.ndarray, colour: str, line: float) -> None:
    """Draw a line with a dark rim around a region into a panel."""
    box = _box_around(inside, line + 2)
    if box is None:
        return
    distance, part = _distance_to_rim(inside[box]), panel[box]
    part = blend(part, 0.55 * _near(distance, line + 2), "#000000")
    panel[box] = blend(part, _near(distance, line), colour)


def draw_region(
    panel: np.ndarray,
    plane: np.ndarray,
    colour: str,
    threshold: float = 0.5,
    line: float = 2.0,
    fill: float = 0.0,
) -> np.ndarray:
    """Outline, and if wanted fill, the region where a plane is above a threshold.

    Args:
        panel: h×w×3 uint8, of `grey_panel`.
        plane: H×W probabilities or bool, on the image's own grid or any finer one.
        colour: "#RRGGBB".
        threshold: 0..1.
        line: width of the outline, panel pixels; 0 for none.
        fill: opacity of the inside, 0..1.
    """
    inside, panel = plane_panel(plane, panel.shape[:2]) > threshold, panel.copy()
    if fill > 0:
        box = _box_around(inside, 0) or ...  # all of it where all is inside
        panel[box] = blend(panel[box], inside[box] * np.float32(fill), colour)
    if line > 0:
        _draw_line(panel, inside, colour, line)
    return panel


def draw_agreement(
    panel: np.ndarray, predicted: np.ndarray, truth: np.ndarray, fill: float = 0.45
) -> np.ndarray:
    """Colour what a mask found, marked in excess and missed; h×w×3 uint8 panel, H×W bool masks."""
    size = panel.shape[:2]
    said, true = (plane_panel(mask, size) > 0.5 for mask in (predicted, truth))
    for where, colour in (
        (said & true, colours.AGREE),
        (said & ~true, colours.EXTRA),
        (~said & true, colours.MISSED),
    ):
        panel = blend(panel, where * np.float32(fill), colour)
    return blend(panel, line_alpha(true, 1.5), "#FFFFFF")


def add_strip(panel: np.ndarray, entries: list[tuple[str | None, str]]) -> np.ndarray:
    """A dark strip below a panel with a legend: (colour or None, text) from left to right.

    Entries that do not fit go to the next line; a long text takes several.
    """
    width = panel.shape[1]
    places, x, line = [], _EDGE, 0
    for colour, text in entries:
        mark = 20 if colour else 0
        for number, part in enumerate(lettering.lines_of(text, width - 2 * _EDGE - mark)):
            needs = mark + round(lettering.font().getlength(part)) + 16
            if x > _EDGE and (number or x + needs > width):
                x, line = _EDGE, line + 1
            places.append((x, line * (_STRIP - 6) + _STRIP // 2, None if number else colour, part))
            x += needs
    strip = Image.new("RGB", (width, _STRIP + line * (_STRIP - 6)), "#0E1416")
    draw = ImageDraw.Draw(strip)
    for x, middle, colour, text in places:
        if colour:
            draw.rounded_rectangle((x, middle - 6, x + 12, middle + 6), 3, fill=colour)
        start = x + (20 if colour else 0)
        draw.text((start, middle), text, "#E4ECEE", lettering.font(), anchor="lm")
    return np.concatenate([panel, np.asarray(strip)])


def encode_jpeg(panel: np.ndarray, quality: int = 90) -> bytes:
    """A panel as JPEG, for grey pictures with little colour; h×w×3 or h×w uint8."""
    return encoded(panel, "jpeg", quality=quality, subsampling=0)


def encode_light(panel: np.ndarray, quality: int = 65) -> bytes:
    """A panel as a small JPEG, for pages with many pictures; h×w×3 or h×w uint8.

    Not WebP: `st.image` would make a JPEG of quality 90 of it.
    """
    return encoded(panel, "jpeg", quality=quality, subsampling=2)


def encode_png(panel: np.ndarray) -> bytes:
    """A panel as PNG, for masks and for keeping; h×w×3, h×w×4, h×w uint8 or h×w bool."""
    return encoded(panel.astype(np.uint8) * 255 if panel.dtype == bool else panel, "png")


def thumbnail(pixels: np.ndarray, longest: int = 160) -> bytes:
    """A small JPEG of an image, H×W or H×W×3 uint8, its longest side at most `longest` px."""
    return encoded(scaled_down(pixels, longest), "jpeg", quality=85)


def contact_print(pixels: np.ndarray, side: int) -> bytes:
    """A small JPEG of an image, H×W or H×W×3 uint8, amid a black square of `side` px."""
    height, width = pixels.shape[:2]
    longest = max(height, width)
    square = np.zeros((longest, longest, *pixels.shape[2:]), np.uint8)
    top, left = (longest - height) // 2, (longest - width) // 2
    square[top : top + height, left : left + width] = pixels
    return thumbnail(square, side)
