"""The measurements of an outline in words, with their unit and what they are."""

from __future__ import annotations

from ..core.quantities import MEASURED
from ..core.wording import signed
from ..inference.measure import Lesion


def area(pixels: int, square_mm: float | None) -> str:
    """An area in pixels and, where the size of a pixel is known, first in mm²."""
    if square_mm is None:
        return f"{pixels:,} px"
    return f"{square_mm:.{0 if square_mm >= 10 else 1}f} mm² ({pixels:,} px)"


def lesion_rows(lesion: Lesion) -> list[tuple[str, str, str]]:
    """The measurements as (name, value with unit, what it is)."""

    def both(in_mm: str | None, in_px: str) -> str:
        return in_px if in_mm is None else f"{in_mm} ({in_px})"

    def row(name: str) -> tuple[str, str, str]:
        one, value = MEASURED[name], getattr(lesion, name)
        return one.title, "not measurable" if value is None else one.said(value), one.meaning

    left, top, width, height = lesion.box
    box = axes = None
    if lesion.box_mm is not None:
        box = "{:.1f} × {:.1f} mm".format(*lesion.box_mm)
        axes = f"{lesion.major_axis_mm:.1f} × {lesion.minor_axis_mm:.1f} mm"
    angle, turn = MEASURED["angle_deg"], lesion.angle_deg
    return [
        ("Area", area(lesion.area_px, lesion.area_mm2),
         f"Inside the outline; {100 * lesion.area_share:.1f} % of the image."),
        ("Box", both(box, f"{width} × {height} px"),
         f"Width × height; its upper left corner is {left} px from the left, {top} px from the "
         "top."),
        row("height_to_width"),
        ("Axes", both(axes, f"{lesion.major_axis_px:.0f} × {lesion.minor_axis_px:.0f} px"),
         MEASURED["major_axis_px"].meaning),
        (angle.title, "round" if turn is None else f"{signed(turn, angle.digits)}°", angle.meaning),
        *map(row, ("circularity", "margin_roughness", "echo_ratio", "posterior_ratio")),
    ]  # fmt: skip
