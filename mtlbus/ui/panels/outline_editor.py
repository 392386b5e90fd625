"""A polygon that a person draws on a picture with outlines, to add to one or to cut it.

Streamlit's charts select points that are there already, and none of them by keyboard or finger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Literal

from ...core.errors import InputError
from ...core.text import printable
from ...data.outline_steps import OutlineStep, polygon_step
from ..case import Case
from ..component import component, told
from ..session import Slot
from .region_shapes import Shape, grid_of
from .zoom_panels import source_of

HINT = {
    "add": "Draw around what to add, or click corners. By keyboard: arrows, space bar, Enter.",
    "cut": "Draw around what to cut off, or click corners. By keyboard: arrows, space bar, Enter.",
}
_MOST = 500  # corners that a browser may tell
_MOUNT = component(__file__)


def draw(
    key: str,
    case: Case,
    shapes: Sequence[Shape],
    kind: Literal["add", "cut"],
    take: Callable[[OutlineStep], None],
) -> None:
    """Show a case with outlines, the lowest first, and let a person draw.

    `kind` is what becomes of the next polygon; `take` is given each that was drawn, as a callback.
    """
    height, width = case.image.pixels.shape

    def drawn() -> None:
        step = step_told(Slot(key, None).get(), case.image.sha256)
        if step is not None:
            take(step)

    _MOUNT(
        key=key, on_told_change=drawn,
        data={
            "key": case.image.sha256, "kind": kind, "hint": HINT[kind], "source": source_of(case),
            "alt": f"Ultrasound image {printable(case.title)} with its outline, to draw on.",
            "width": width, "height": height,
            "scale": width / (10 * grid_of((height, width))[1]),
            "shapes": [asdict(shape) for shape in shapes],
        },
    )  # fmt: skip


def step_told(state: Any, image: str) -> OutlineStep | None:
    """What a browser told, if it is a polygon for this image; it may tell anything.

    Args:
        state: of the element.
        image: digest of what it was drawn on.
    """
    found = told(state, image) or {}
    kind, points = found.get("kind"), found.get("points")
    if kind not in HINT or not isinstance(points, Sequence) or len(points) > _MOST:
        return None
    try:
        return polygon_step(kind, [(float(x), float(y)) for x, y in points])
    except (InputError, TypeError, ValueError, OverflowError):  # no numbers, or no area
        return None
