"""Attribution maps over the image, with a scale bar that says what 0 and 1 are; arrays in and out.

Signed maps diverge from a clear 0; sizes run through a perceptual colour map. A map is drawn in
its own pixels or cells: nothing is smoothed unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw
from plotly.colors import sample_colorscale
from scipy import ndimage

from ..explain.attributions import Attribution
from ..explain.request import PLACEBO
from ..explain.targets import Target
from ..explain.task_targets import TaskTarget
from ..explain.techniques import technique_of
from . import lettering, overlay
from .cells import LESS, MORE
from .colours import BENIGN, MALIGNANT, rgb

Asked = Target | TaskTarget
TOP_SHARE = 0.995
"""The end of a scale is the size that this share of the pixels does not exceed; a few pixels
of a gradient can be ten times larger than all others and would leave the rest clear."""

_POLES = {
    "benign": BENIGN, "malignant": MALIGNANT, "background": LESS, "tumour": MORE,
    "against": LESS, "for": MORE,
}  # fmt: skip
_FAINTEST = 0.35  # weight of the colour of 0, so that the image shows under nothing
_GROUND, _TEXT = "#0E1416", "#E4ECEE"
_BAR, _STRIP = 12, 46
_SHEET_COLUMNS, _SHEET_GAP = 4, 8  # gap in pixels


@dataclass(frozen=True)
class MapLook:
    """How a map is drawn.

    Attributes:
        signed: with its sign; otherwise its size.
        limit: the number that ±1 of the scale stands for.
        poles: what negative and positive numbers argue for, a key of each colour.
        opacity: of the colours, 0..1.
        smooth: standard deviation of a Gaussian blur, pixels of the image; 0 for none.
        place: height and width to fill, pixels.
    """

    signed: bool
    limit: float
    poles: tuple[str, str] = ("benign", "malignant")
    opacity: float = 0.8
    smooth: float = 0.0
    place: tuple[int, int] = overlay.SMALL_PANEL


def limit_of(plane: np.ndarray, smooth: float = 0.0) -> float:
    """The number at the end of a map's own scale, in the map's unit; 0 for a flat map of zeros."""
    size = np.abs(_smoothed(plane, smooth))
    top = float(np.quantile(size, TOP_SHARE))
    return top if top > 0 else float(size.max())


def map_panel(pixels: np.ndarray, plane: np.ndarray, look: MapLook) -> np.ndarray:
    """The image with a map over it, h×w×3 uint8.

    Args:
        pixels: H×W uint8.
        plane: H×W, the map on the image's grid.
        look: how to draw it.
    """
    panel = overlay.grey_panel(pixels, look.place)
    values = _resized(_smoothed(plane, look.smooth), panel.shape[:2]) / (look.limit or 1.0)
    colour, weight = _coloured(values, look)
    weight = (weight * look.opacity)[..., None]
    return (panel * (1 - weight) + colour * weight + 0.5).astype(np.uint8)


def add_box(panel: np.ndarray, box: tuple[int, int, int, int], width: int) -> np.ndarray:
    """Draw a box (left, top, width, height in pixels of an image `width` px wide) on a panel."""
    scale = panel.shape[1] / width
    left, top = box[0] * scale, box[1] * scale
    corners = (left, top, left + box[2] * scale - 1, top + box[3] * scale - 1)
    picture = Image.fromarray(panel)
    draw = ImageDraw.Draw(picture)
    draw.rectangle(corners, outline="#000000", width=4)
    draw.rectangle(corners, outline="#FFFFFF", width=2)
    return np.asarray(picture)


def add_cross(panel: np.ndarray, place: tuple[int, int], width: int) -> np.ndarray:
    """Mark a pixel (row, column of an image `width` px wide) on a panel."""
    scale = panel.shape[1] / width
    y, x = ((index + 0.5) * scale for index in place)
    picture = Image.fromarray(panel)
    draw = ImageDraw.Draw(picture)
    for colour, thick in (("#000000", 5), ("#FFFFFF", 2)):
        draw.line((x - 9, y, x + 9, y), fill=colour, width=thick)
        draw.line((x, y - 9, x, y + 9), fill=colour, width=thick)
    return np.asarray(picture)


def scale_bar(look: MapLook, span: int = 240) -> np.ndarray:
    """The colours from the low to the high end, h×`span`×3 uint8; where they are clear, dark."""
    values = np.broadcast_to(np.linspace(-1.0 if look.signed else 0.0, 1, span), (_BAR, span))
    colour, weight = _coloured(values, look)
    ground = np.array(rgb(_GROUND))
    return (ground * (1 - weight[..., None]) + colour * weight[..., None]).astype(np.uint8)


def add_scale(panel: np.ndarray, look: MapLook) -> np.ndarray:
    """Put the scale bar below a panel, for a picture that is kept."""
    width = panel.shape[1]
    strip = np.empty((_STRIP, width, 3), np.uint8)
    strip[:] = rgb(_GROUND)
    span = width - 24
    strip[8 : 8 + _BAR, 12 : 12 + span] = scale_bar(look, span)
    picture = Image.fromarray(strip)
    draw, font = ImageDraw.Draw(picture), lettering.font(14)
    draw.rectangle((11, 7, 12 + span, 8 + _BAR), outline="#4A555A")
    left, right = look.poles
    texts = ("0 none", "0.5", "1 strongest")
    if look.signed:
        texts = (f"−1 {left}", "0", f"+1 {right}")
    places = ((12, "lm"), (width // 2, "mm"), (width - 12, "rm"))
    for (x, anchor), text in zip(places, texts, strict=True):
        draw.text((x, _STRIP - 14), text, _TEXT, font, anchor=anchor)
    return np.concatenate([panel, np.asarray(picture)])


def labelled_png(
    pixels: np.ndarray, name: str, found: Attribution, target: Asked, terms: str
) -> bytes:
    """A map for keeping: signed where it has signs, with what it is and the terms written on it.

    Args:
        pixels: H×W uint8.
        name: of the map, a placebo's with its ending.
        found: the map.
        target: what it explains.
        terms: one sentence.
    """
    panel = _titled(pixels, name, found, target)
    return overlay.encode_png(_with_words(panel, (target.words, terms)))


def titled_png(pixels: np.ndarray, name: str, found: Attribution, target: Asked) -> bytes:
    """A map with its scale and its name; arguments as of `labelled_png`."""
    return overlay.encode_png(_titled(pixels, name, found, target))


def contact_sheet(
    pixels: np.ndarray, found: Mapping[str, Attribution], target: Asked, terms: str
) -> bytes:
    """Several maps on one picture, each with its scale, the target and the terms below; PNG.

    Args:
        pixels: H×W uint8.
        found: maps by name, a placebo's with its ending; at least one.
        target: what they explain.
        terms: one sentence.
    """
    panels = [_titled(pixels, name, one, target) for name, one in found.items()]
    tall, wide = max(len(panel) for panel in panels), panels[0].shape[1]
    columns = min(_SHEET_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    sheet = np.empty((rows * (tall + _SHEET_GAP), columns * (wide + _SHEET_GAP), 3), np.uint8)
    sheet[:] = rgb(_GROUND)
    for number, panel in enumerate(panels):
        top = number // columns * (tall + _SHEET_GAP)
        left = number % columns * (wide + _SHEET_GAP)
        sheet[top : top + len(panel), left : left + wide] = panel
    each = "Each map has its own scale: 1 is its own strongest."
    return overlay.encode_png(_with_words(sheet, (target.words, each, terms)))


def _titled(pixels: np.ndarray, name: str, found: Attribution, target: Asked) -> np.ndarray:
    """A map with its scale and its name below."""
    technique = technique_of(found.name)
    look = MapLook(technique.signed, limit_of(found.plane), target.poles)
    panel = add_scale(map_panel(pixels, found.plane, look), look)
    mark = ", PLACEBO: shuffled weights" if name.endswith(PLACEBO) else ""
    return _with_words(panel, (technique.title + mark,))


def _with_words(panel: np.ndarray, texts: tuple[str, ...]) -> np.ndarray:
    for text in texts:
        panel = overlay.add_strip(panel, [(None, text)])
    return panel


def _coloured(values: np.ndarray, look: MapLook) -> tuple[np.ndarray, np.ndarray]:
    """Values of −1..1 to colours h×w×3 and their weight h×w in 0..1."""
    if not look.signed:
        size = np.clip(np.abs(values), 0, 1).astype(np.float32)
        return _magma()[np.round(size * 255).astype(int)], _FAINTEST + (1 - _FAINTEST) * size
    negative, positive = (np.array(rgb(_POLES[pole]), np.float32) for pole in look.poles)
    colour = np.where((values < 0)[..., None], negative, positive)
    return colour, np.clip(np.abs(values), 0, 1).astype(np.float32)


@cache
def _magma() -> np.ndarray:
    """256×3 colours of Magma, 0..255."""
    table = sample_colorscale("Magma", list(np.linspace(0, 1, 256)), colortype="tuple")
    return np.array(table, np.float32) * 255


def _smoothed(plane: np.ndarray, spread: float) -> np.ndarray:
    plane = np.asarray(plane, np.float32)
    return ndimage.gaussian_filter(plane, spread) if spread > 0 else plane


def _resized(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """To panel size: pixels stay pixels where they grow, and are averaged where they shrink."""
    grows = size[0] >= plane.shape[0]
    filtering = Image.Resampling.NEAREST if grows else Image.Resampling.BOX
    return np.asarray(Image.fromarray(plane).resize((size[1], size[0]), filtering))
