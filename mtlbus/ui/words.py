"""What the numbers mean, in plain sentences. Only figures that a card states are said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..inference.measure import Lesion
from ..inference.predictor import Prediction

POINT_NAMES = {
    "balanced": "balanced",
    "sensitivity_95": "sensitive",
    "specificity_95": "specific",
    "youden": "best sum of both rates",
    "cost": "least cost",
}


def operating_points(card: Mapping[str, Any]) -> dict[str, dict]:
    """The operating points of a card that have a usable threshold; the default one first."""
    points = {
        name: point
        for name, point in (card.get("operating_points") or {}).items()
        if isinstance(point.get("threshold"), int | float) and 0 <= point["threshold"] <= 1
    }
    default = card.get("default_operating_point")
    return dict(sorted(points.items(), key=lambda item: item[0] != default))


def grey_zone(card: Mapping[str, Any]) -> tuple[float, float] | None:
    """Probabilities between the points of 95 % sensitivity and 95 % specificity, if there are."""
    points = operating_points(card)
    if not {"sensitivity_95", "specificity_95"} <= points.keys():
        return None
    low, high = (points[name]["threshold"] for name in ("sensitivity_95", "specificity_95"))
    return (low, high) if low < high else None


def decision(probability: float, threshold: float) -> str:
    """ "malignant" at or above the threshold, else "benign"."""
    return "malignant" if probability >= threshold else "benign"


def zone_sentence(probability: float, zone: tuple[float, float] | None) -> str | None:
    """Whether the probability lies where the two strict operating points disagree."""
    if zone is None:
        return None
    if zone[0] <= probability < zone[1]:
        return (
            f"In the grey zone ({zone[0]:.0%} to {zone[1]:.0%}): a reader who must not miss a "
            "cancer and a reader who must not raise a false alarm would decide differently."
        )
    return None


def meaning_of_point(point: Mapping[str, Any]) -> list[str]:
    """An operating point in natural frequencies, as far as its card goes.

    The test images come before the validation images, on which the threshold was chosen.
    """
    part, figures = "test", point.get("test") or {}
    if "sensitivity" not in figures:
        part, figures = "validation", point.get("validation") or {}
    lines = [point["purpose"]] if point.get("purpose") else []
    sensitivity, specificity = (_rate(figures.get(name)) for name in ("sensitivity", "specificity"))
    if sensitivity:
        lines.append(
            f"Of 100 malignant lesions it calls **{_count(sensitivity[0])} malignant** and misses "
            f"{100 - _count(sensitivity[0])}{_interval(sensitivity)}."
        )
    if specificity:
        lines.append(
            f"Of 100 benign lesions it calls **{_count(specificity[0])} benign** and raises "
            f"{100 - _count(specificity[0])} false alarms{_interval(specificity)}."
        )
    if (sensitivity or specificity) and figures.get("n"):
        origin = (
            "test images that were not used for training"
            if part == "test"
            else "validation images, on which the threshold was chosen, so this is optimistic"
        )
        lines.append(f"Counted on {figures['n']} {origin}.")
    return lines


def _rate(entry: Any) -> tuple[float, float | None, float | None] | None:
    if isinstance(entry, Mapping):
        value, low, high = (entry.get(name) for name in ("value", "low", "high"))
    else:
        value, low, high = entry, None, None
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    return value, low, high


def _count(share: float) -> int:
    return round(100 * share)


def _interval(rate: tuple) -> str:
    _, low, high = rate
    if low is None or high is None:
        return ""
    return f" (95 % interval: {_count(low)} to {_count(high)} right)"


def agreement_note(prediction: Prediction, malignant: bool | None, mask: np.ndarray | None) -> str:
    """A caution where class and mask do not fit together; "" where they do."""
    if mask is None or malignant is None:
        return ""
    if not mask.any():
        return (
            "No pixel is above the mask threshold, so there is no outline, yet the network still "
            "gives a probability. Do not rely on it: lower the mask threshold, or look at another "
            "image. A network that has only seen lesions has no way to say “nothing here”."
        )
    share = float(mask.mean())
    if share > 0.6:
        return (
            f"The outline covers {share:.0%} of the image, more than almost any lesion it was "
            "trained on. Do not rely on it."
        )
    return ""


def timing(seconds: Mapping[str, float], kept: bool) -> str:
    """One line with the time of each stage, milliseconds."""
    names = {
        "checks": "input checks",
        "preprocess": "scale",
        "forward": "network",
        "familiarity": "familiarity",
        "restore": "back to the image",
        "draw": "picture",
        "measure": "measurements",
    }
    stages = " · ".join(
        f"{names.get(name, name)} {1000 * value:.0f} ms" for name, value in seconds.items()
    )
    total = 1000 * sum(seconds.values())
    return f"Computed in {total:.0f} ms: {stages}{' (kept from before)' if kept else ''}"


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
         f"Inside the outline; {lesion.area_share:.1%} of the image."),
        ("Box", both(box, f"{width} × {height} px"),
         f"Width × height; its upper left corner is {left} px from the left, {top} px from the "
         "top."),
        ("Height to width", f"{lesion.height_to_width:.2f}", "Above 1 is taller than wide."),
        ("Axes", both(axes, f"{lesion.major_axis_px:.0f} × {lesion.minor_axis_px:.0f} px"),
         "Of the ellipse with the same second moments."),
        ("Angle of the long axis", angle,
         "Against the horizontal; positive rises to the right."),
        ("Circularity", f"{lesion.circularity:.2f}", "1 is a disc, 0.79 a square."),
        ("Margin roughness", f"{lesion.margin_roughness:.0%}",
         "How much longer the outline is than a rubber band around it."),
        ("Echo of the lesion", ratio(lesion.echo_ratio),
         "Mean grey inside over mean grey left and right at the same depth; below 1 is darker."),
        ("Echo behind it", ratio(lesion.posterior_ratio),
         "Mean grey below over beside at the same depth; above 1 enhancement, below 1 shadow."),
    ]  # fmt: skip
