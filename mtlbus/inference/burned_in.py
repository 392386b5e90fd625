"""What was drawn into the pixels: lines of text, calipers, and a black frame around the scan.

Nothing here speaks against an image: most pictures of BUSI and BUS-BRA carry such marks. But a
network may look at them, and people want to know and to crop them away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from ..data.edits import Box

_SIDE = 640  # pixels, the longer side at which marks are looked for
_STROKE = 7  # pixels; what is wider is no stroke
_SHARP, _BRIGHT = 75, 140  # grey levels: above the surroundings, and at all
_LETTERS = 3  # that stand in one line
_LETTER = 5, 40  # least and greatest height, pixels
_BLACK = 8  # greatest grey level of a frame, 95th percentile of a line
_FRAME = 0.15  # share of the image from which a frame is worth a word


@dataclass(frozen=True)
class BurnedIn:
    """The marks of an image, in its own pixels.

    Attributes:
        text: boxes of lines of letters.
        calipers: boxes of crosses.
        scan: the part inside a large black frame; None where there is no such frame.
    """

    text: tuple[Box, ...] = ()
    calipers: tuple[Box, ...] = ()
    scan: Box | None = None


def burned_in(pixels: np.ndarray) -> BurnedIn:
    """Look for marks in an image, H×W uint8."""
    scale = min(1.0, _SIDE / max(pixels.shape))
    grey = pixels
    if scale < 1:
        size = [max(1, round(side * scale)) for side in reversed(pixels.shape)]
        grey = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
    strokes = _strokes(grey)
    lines = _lines([box for box, _ in strokes])
    crosses = tuple(box for box, shape in strokes if _is_cross(shape))

    def back(boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        return tuple(tuple(round(value / scale) for value in box) for box in boxes)

    calipers = back(crosses) if len(crosses) > 1 else ()  # one measures nothing
    return BurnedIn(back(lines), calipers, _scan(pixels))


def in_words(marks: BurnedIn) -> str:
    """What was found, one sentence; "" where nothing was."""
    found = []
    if marks.text:
        found.append("text" if len(marks.text) == 1 else f"{len(marks.text)} lines of text")
    if marks.calipers:
        found.append(f"{len(marks.calipers)} caliper crosses")
    if not found:
        return ""
    return (
        f"Burned into the pixels: {' and '.join(found)}, as far as they can be told from speckle. "
        "A network may look at them."
    )


def _strokes(grey: np.ndarray) -> list[tuple[Box, np.ndarray]]:
    """Thin bright shapes sharper than speckle: box and H×W bool of each."""
    values = grey.astype(np.int16)
    sharp = values - _opened(grey)
    labels, count = ndimage.label((sharp > _SHARP) & (values > _BRIGHT), np.ones((3, 3)))
    found = []
    for number, place in enumerate(ndimage.find_objects(labels, count), start=1):
        shape = labels[place] == number
        if shape.sum() >= 5 and max(shape.shape) <= 3 * _LETTER[1]:
            rows, columns = place
            found.append(((columns.start, rows.start, shape.shape[1], shape.shape[0]), shape))
    return found


def _opened(grey: np.ndarray) -> np.ndarray:
    """The grey opening by a square of `_STROKE`, as SciPy's, in a tenth of its time; H×W uint8."""
    for extreme in (np.minimum, np.maximum):
        for axis in (0, 1):
            room = [(0, 0), (0, 0)]
            room[axis] = (_STROKE // 2, _STROKE // 2)
            line = np.swapaxes(np.pad(grey, room, "symmetric"), 0, axis)
            span = 1  # of the pixels that each number is the extreme of
            while span < _STROKE:
                step = min(span, _STROKE - span)
                line, span = extreme(line[:-step], line[step:]), span + step
            grey = np.swapaxes(line, 0, axis)
    return grey


def _lines(boxes: list[Box]) -> tuple[Box, ...]:
    """Boxes around three and more letters of one height that stand side by side on one line."""
    letters = sorted(
        box for box in boxes if _LETTER[0] <= box[3] <= _LETTER[1] and box[2] <= 3 * box[3]
    )
    lines: list[list[Box]] = []
    for box in letters:
        for line in lines:
            left, top, width, height = line[-1]
            apart = box[0] - (left + width)
            level = abs(box[1] + box[3] - top - height) <= max(2, 0.3 * height)
            alike = max(box[3], height) <= 1.7 * min(box[3], height)
            if -2 <= apart <= 1.6 * height and level and alike:
                line.append(box)
                break
        else:
            lines.append([box])
    return tuple(_around(line) for line in lines if len(line) >= _LETTERS)


def _around(boxes: list[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(box[0] + box[2] for box in boxes)
    bottom = max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def _is_cross(shape: np.ndarray) -> bool:
    """A plus sign: one full row and one full column near the middle, empty corners."""
    height, width = shape.shape
    if not (5 <= height <= _LETTER[1] and 0.7 <= width / height <= 1.4):
        return False
    rows, columns = shape.mean(axis=1), shape.mean(axis=0)
    middle = abs(int(rows.argmax()) - height // 2) <= max(1, height // 5) and abs(
        int(columns.argmax()) - width // 2
    ) <= max(1, width // 5)
    high, wide = max(1, height // 4), max(1, width // 4)
    ends = np.concatenate([shape[:high], shape[-high:]])
    corners = np.concatenate([ends[:, :wide], ends[:, -wide:]], axis=1)
    return bool(middle and rows.max() >= 0.8 and columns.max() >= 0.8 and corners.mean() < 0.34)


def _scan(pixels: np.ndarray) -> Box | None:
    """The box inside a black frame that takes a good part of the image; None without one."""
    rows = np.flatnonzero(np.quantile(pixels, 0.95, axis=1) > _BLACK)
    columns = np.flatnonzero(np.quantile(pixels, 0.95, axis=0) > _BLACK)
    if not rows.size or not columns.size:
        return None
    left, top = int(columns[0]), int(rows[0])
    width, height = int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top
    if width * height > (1 - _FRAME) * pixels.size:
        return None
    return left, top, width, height
