"""Two points that a person sets on a picture: the ends of a line, or the corners of a box.

By two clicks, by dragging, or by keyboard. Streamlit's charts select points that are there already,
and none of them by keyboard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ...core.text import printable
from ...data.edits import Box
from ..case import Case
from ..component import component, told
from ..session import Slot
from .zoom_panels import source_of

Line = tuple[tuple[float, float], tuple[float, float]]
"""Two places, each column and row in pixels of the image."""

HINTS = {
    "line": "Click both ends, or drag from one to the other. By keyboard: arrow keys, then Enter.",
    "box": "Drag a box, or click two corners. By keyboard: arrow keys, then Enter, twice.",
}
_MOUNT = component(__file__)


def ask(key: str, case: Case, kind: Literal["line", "box"]) -> Line | None:
    """Show a case and let a person set two points; None until there are two of this image.

    Args:
        key: of the element; what it asks belongs to one image and one kind.
        case: the image; with its spacing, a length is told in mm, too.
        kind: what is drawn between the points.
    """
    height, width = case.image.pixels.shape
    mine = f"{kind} {case.image.sha256}"
    points = _points(Slot(key, None).get(), mine, width, height)
    _MOUNT(
        key=key, on_told_change=lambda: None,
        data={
            "key": mine, "kind": kind, "hint": HINTS[kind], "source": source_of(case),
            "alt": f"Ultrasound image {printable(case.title)}, to set two points on.",
            "width": width, "height": height, "mm": case.image.spacing,
            "points": points or [],
        },
    )  # fmt: skip
    return points


def _points(state: Any, mine: str, width: int, height: int) -> Line | None:
    """What a browser told, if it is two places on this image; it may tell anything."""
    points = (told(state, mine) or {}).get("points")
    if not isinstance(points, Sequence) or len(points) != 2:
        return None
    try:
        (x, y), (u, v) = ((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError):
        return None
    inside = all(0 <= x <= width and 0 <= y <= height for x, y in ((x, y), (u, v)))
    return ((x, y), (u, v)) if inside else None


def box_of(line: Line, shape: tuple[int, int]) -> Box | None:
    """The whole pixels between two corners; None where there is none.

    Args:
        line: the corners.
        shape: height and width of the image.
    """
    (x, y), (u, v) = line
    left, right = sorted((round(x), round(u)))
    top, bottom = sorted((round(y), round(v)))
    right, bottom = min(right, shape[1]), min(bottom, shape[0])
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None
