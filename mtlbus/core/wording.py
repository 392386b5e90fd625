"""Words and numbers that every page, export and verb writes the same way."""

from __future__ import annotations

import math

DISCLAIMER = "Research and education only; not a medical device."
LABELS = ("benign", "malignant")
UNDEFINED = "not defined"


def percent(share: float) -> str:
    """A share as people read it, in whole per cent: "15 %".

    What would round to nothing or to all, and is not, is given as a bound.

    Args:
        share: 0..1.
    """
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "<1 %"
    return ">99 %" if whole == 100 and share < 1 else f"{whole} %"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, a real minus, and none before zeros: "+0.25", "−1.00", "+0.00"."""
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


def with_interval(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    digits: int = 3,
    between: str = " to ",
    unit: str = "",
) -> str:
    """A number with its 95 % interval: "0.894 (0.859 to 0.925)", "92.6% (87.5 to 95.7)"."""
    if value is None or math.isnan(value):
        return UNDEFINED
    said = f"{value:.{digits}f}{unit}"
    if low is None or high is None:
        return said
    return f"{said} ({low:.{digits}f}{between}{high:.{digits}f})"


def share_with_interval(
    share: float | None, low: float | None = None, high: float | None = None
) -> str:
    """A share of one as "92.6% (87.5 to 95.7)"; "not defined" where it is not."""
    value, low, high = (None if part is None else 100 * part for part in (share, low, high))
    return with_interval(value, low, high, digits=1, unit="%")


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Names as a sentence lists them: "A", "A and B", "A, B and C"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
