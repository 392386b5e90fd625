"""Words and numbers that every page, export and verb writes the same way."""

from __future__ import annotations

DISCLAIMER = "Research and education only; not a medical device."
LABELS = ("benign", "malignant")


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


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Names as a sentence lists them: "A", "A and B", "A, B and C"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
