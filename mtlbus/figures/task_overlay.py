"""The answers of any tasks over their image: regions in their colours, values as a heat map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from plotly.colors import sample_colorscale, sequential

from ..core.tasks import Task
from ..inference.task_predictor import Answer
from . import lettering, overlay
from .colours import rgb

# Of Okabe and Ito, for classes without a colour of their own.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
TOO_LITTLE, TOO_MUCH = "#56B4E9", "#E69F00"  # of values, against the true ones
STEPS = 256
SEEN = 0.6  # of a heat map over the image
FAINT = 0.02  # of the span; less is left clear
_BAR, _STRIP, _EDGE = 10, 40, 12  # pixels of a scale below a picture
_CUT = 0.6  # of the sides: an image that shows something on less is cut to that


class Window(NamedTuple):
    """The part of an image that is shown.

    Attributes:
        rows, columns: of the image.
    """

    rows: slice
    columns: slice

    def of(self, plane: np.ndarray) -> np.ndarray:
        """That part of a plane of the image."""
        return plane[self.rows, self.columns]


def window(pixels: np.ndarray) -> Window:
    """All of an image, or where it is not black if that is little, and some room around it."""
    shown = pixels.max(axis=2) if pixels.ndim == 3 else pixels
    height, width = shown.shape
    lit = [np.flatnonzero(shown.max(axis=axis) > 8) for axis in (1, 0)]
    whole = Window(slice(0, height), slice(0, width))
    if not all(len(one) for one in lit):
        return whole
    (top, bottom), (left, right) = ((one[0], one[-1] + 1) for one in lit)
    room = max(4, (max(bottom - top, right - left)) // 20)
    cut = Window(
        slice(max(0, top - room), min(height, bottom + room)),
        slice(max(0, left - room), min(width, right + room)),
    )
    tall, wide = cut.rows.stop - cut.rows.start, cut.columns.stop - cut.columns.start
    return (
        cut if max(tall / height, wide / width) < 1 and tall * wide < _CUT * shown.size else whole
    )


def picture(pixels: np.ndarray, answers: Iterable[Answer], note: str = "") -> np.ndarray:
    """One panel an answer, side by side, each with its legend below; h×w×3 uint8.

    Args:
        pixels: H×W or H×W×3 uint8.
        answers: of the image.
        note: a last line under all.
    """
    drawn = [_drawn(overlay.grey_panel(pixels), answer) for answer in answers]
    tallest = max(len(one) for one in drawn)
    padded = [np.pad(one, ((0, tallest - len(one)), (0, 0), (0, 0))) for one in drawn]
    joined = np.concatenate(padded, axis=1)
    return overlay.add_strip(joined, [(None, note)]) if note else joined


def class_colours(task: Task) -> dict[str, str]:
    """The colour of each foreground class of a task."""
    chosen = task.colours or COLOURS
    return {name: chosen[number % len(chosen)] for number, name in enumerate(task.foreground)}


def regions(panel: np.ndarray, task: Task, planes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Classes of pixels as outlines with a faint fill.

    Args:
        panel: h×w×3 uint8.
        task: theirs.
        planes: H×W bool by class.
    """
    colours = class_colours(task)
    for name, plane in planes.items():
        if plane.any():
            panel = overlay.draw_region(panel, plane, colours[name], fill=0.25)
    return panel


def heat(panel: np.ndarray, task: Task, values: np.ndarray) -> np.ndarray:
    """Values from 0 to the span, clear where they are next to nothing or do not count (NaN)."""
    share = np.clip(_at(panel, np.nan_to_num(values)) / task.span, 0, 1)
    table = _table(task)
    seen = np.where(share > FAINT, SEEN, 0.0)[..., None]
    mixed = (1 - seen) * panel + seen * table[(share * (STEPS - 1)).round().astype(int)]
    return _with_scale(mixed.round().astype(np.uint8), table, _ends(task, 0, task.span))


def difference(panel: np.ndarray, task: Task, values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """What a network says less what is true, in steps of the unit, clear where they agree.

    The scale ends at a quarter of the span on both sides.
    """
    limit = task.span / 4
    gap = np.where(np.isfinite(truth), values - np.nan_to_num(truth), 0)
    share = np.clip(_at(panel, gap) / limit, -1, 1)[..., None]
    low, high = (np.array(rgb(colour)) for colour in (TOO_LITTLE, TOO_MUCH))
    seen = SEEN * np.abs(share)
    mixed = panel * (1 - seen) + seen * np.where(share < 0, low, high)
    ramp = np.linspace(-1, 1, STEPS)[:, None]
    table = np.abs(ramp) * np.where(ramp < 0, low, high) + (1 - np.abs(ramp)) * 40
    return _with_scale(mixed.round().astype(np.uint8), table, _ends(task, -limit, limit))


def _drawn(panel: np.ndarray, answer: Answer) -> np.ndarray:
    task = answer.task
    if answer.values is not None:
        return overlay.add_strip(heat(panel, task, answer.values), [(None, task.name)])
    if answer.classes is not None:
        planes, colours = answer.planes(), class_colours(task)
        legend = [(colours[name], name) for name, plane in planes.items() if plane.any()]
        said = [(None, f"{task.name}:"), *(legend or [(None, "none")])]
        return overlay.add_strip(regions(panel, task, planes), said)
    ranked = sorted(answer.probabilities.items(), key=lambda one: -one[1])
    said = [(None, f"{name} {100 * chance:.0f} %") for name, chance in ranked]
    return overlay.add_strip(panel, [(None, f"{task.name}:"), *said])


def _at(panel: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """A plane of the image at the size of its panel, bilinear."""
    size = (panel.shape[1], panel.shape[0])
    resized = Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(resized)


def _table(task: Task) -> np.ndarray:
    """The colours of values, low to high, 256×3 in 0..255."""
    scale = task.colours or sequential.Inferno
    return 255 * np.array(sample_colorscale(scale, np.linspace(0, 1, STEPS), colortype="tuple"))


def _ends(task: Task, low: float, high: float) -> list[str]:
    numbers = [f"{number:+g}" if low < 0 else f"{number:g}" for number in (low, (low + high) / 2)]
    numbers[1] = "0" if low < 0 else numbers[1]
    last = f"{high:+g}" if low < 0 else f"{high:g}"
    return [number.replace("-", "−") for number in (*numbers, f"{last} {task.unit}".strip())]


def _with_scale(panel: np.ndarray, table: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """A bar of all colours below a panel, with words at its ends and in its middle."""
    width = panel.shape[1]
    strip = Image.new("RGB", (width, _STRIP), "#0E1416")
    span = width - 2 * _EDGE
    colours = table[np.linspace(0, STEPS - 1, span).round().astype(int)].astype(np.uint8)
    strip.paste(Image.fromarray(np.broadcast_to(colours, (_BAR, span, 3))), (_EDGE, 6))
    draw, font = ImageDraw.Draw(strip), lettering.font(14)
    places = ((_EDGE, "lm"), (width // 2, "mm"), (width - _EDGE, "rm"))
    for (x, anchor), text in zip(places, texts, strict=True):
        draw.text((x, _STRIP - 13), text, "#E4ECEE", font, anchor=anchor)
    return np.concatenate([panel, np.asarray(strip)])
