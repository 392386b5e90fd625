"""The colours of the explorer, in one place; all from the colour-blind safe set of Okabe and Ito.

Source: Okabe, Ito: Color Universal Design, 2008.
"""

from __future__ import annotations

BENIGN = "#009E73"
MALIGNANT = "#D55E00"
UNSURE = "#999999"

OUTLINE = "#56B4E9"
"""The outline of a method that names no class, and anything that is neither class."""

TRUTH = "#F0E442"
AGREE = "#56B4E9"
EXTRA = "#E69F00"
MISSED = "#CC79A7"
"""Pixels of a mask against the truth: found, marked but not lesion, lesion but not marked."""


def of_class(malignant: bool | None) -> str:
    """The colour of a decision; None for no decision."""
    return OUTLINE if malignant is None else MALIGNANT if malignant else BENIGN


def rgb(colour: str) -> tuple[int, int, int]:
    """ "#RRGGBB" to three numbers 0..255."""
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))
