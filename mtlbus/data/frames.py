"""Which of many frames is shown first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_MOST_LOOKED_AT = 16  # frames, one after the other
MOST_PIXELS_LOOKED_AT = 12_000_000  # of them together; a compressed million takes about 0.03 s
_CLEARLY = 2.0  # times as bright; an inverted or a washed-out frame is not
_ONE_SHADE = 20  # grey levels between the darkest and the brightest percent of an empty frame


def choose_frame(frames: int, pixels: int, read: Callable[[int], np.ndarray | None]) -> int:
    """The brightest frame that shows something, counted from 0; the first where none does.

    A cine often begins black, or fades in. Else its frames are alike, so a later one must be
    clearly brighter than an earlier one to be chosen. At most `_MOST_LOOKED_AT` frames, evenly
    spaced, are looked at, one at a time: a long one costs no more memory than a short one.

    Args:
        frames: how many there are.
        pixels: of one.
        read: a frame as H×W uint8; None where it cannot be compared.
    """
    if frames < 2:
        return 0
    most = max(2, min(frames, _MOST_LOOKED_AT, MOST_PIXELS_LOOKED_AT // pixels))
    best, brightness = 0, 0.0
    for index in dict.fromkeys(np.linspace(0, frames - 1, most).round().astype(int).tolist()):
        frame = read(index)
        if frame is None:
            continue
        dark, bright = np.percentile(frame[::2, ::2], (1, 99))
        if bright - dark >= _ONE_SHADE and frame.mean() > _CLEARLY * brightness:
            best, brightness = index, float(frame.mean())
    return best
