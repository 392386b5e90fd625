"""The measurements of an outline in words, with their unit and what they are."""

from __future__ import annotations

from ..core.wording import percent
from ..inference.measure import Lesion


def area(pixels: int, square_mm: float | None) -> str:
    """An area in pixels and, where the size of a pixel is known, first in mm²."""
    if square_mm is None:
        return f"{pixels:,} px"
    return f"{square_mm:.{0 if square_mm >= 10 else 1}f} mm² ({pixels:,} px)"


def lesion_rows(lesion: Lesion) -> list[tuple[str, str, str]]:
    """The measurements as (name, value with unit, what it is)."""

    def ratio(value: float | None) -> str:
        return "not measurable" if value is None else f"{value:.2f}"

    def both(in_mm: str | None, in_px: str) -> str:
        return in_px if in_mm is None else f"{in_mm} ({in_px})"

    left, top, width, height = lesion.box
    box = axes = None
    if lesion.spacing_mm is not None:
        box = "{:.1f} × {:.1f} mm".format(*lesion.box_mm)
        axes = f"{lesion.major_axis_mm:.1f} × {lesion.minor_axis_mm:.1f} mm"
    angle = "round" if lesion.angle_deg is None else f"{lesion.angle_deg:+.0f}°".replace("-", "−")
    return [
        ("Area", area(lesion.area_px, lesion.area_mm2),
         f"Inside the outline; {100 * lesion.area_share:.1f} % of the image."),
        ("Box", both(box, f"{width} × {height} px"),
         f"Width × height; its upper left corner is {left} px from the left, {top} px from the "
         "top."),
        ("Height to width", f"{lesion.height_to_width:.2f}", "Above 1 is taller than wide."),
        ("Axes", both(axes, f"{lesion.major_axis_px:.0f} × {lesion.minor_axis_px:.0f} px"),
         "Of the ellipse with the same second moments."),
        ("Angle of the long axis", angle,
         "Against the horizontal; positive rises to the right."),
        ("Circularity", f"{lesion.circularity:.2f}", "1 is a disc, 0.79 a square."),
        ("Margin roughness", percent(lesion.margin_roughness),
         "How much longer the outline is than a rubber band around it."),
        ("Echo of the lesion", ratio(lesion.echo_ratio),
         "Mean grey inside over mean grey left and right at the same depth; below 1 is darker."),
        ("Echo behind it", ratio(lesion.posterior_ratio),
         "Mean grey below over beside at the same depth; above 1 enhancement, below 1 shadow."),
    ]  # fmt: skip
