"""A draft of a description in the words of the BI-RADS lexicon, from the measured outline.

Words only: a category is never given, and what an outline cannot tell (margin, calcifications,
associated features) is left for a reader's eye. Source of the words: D'Orsi et al., ACR BI-RADS
Atlas, 5th edition, 2013, Ultrasound. The lexicon defines them by eye and not by numbers; the limits
below are ours, and each word comes with the number that it rests on.
"""

from __future__ import annotations

from typing import NamedTuple

from ..core.wording import percent
from ..inference.measure import Lesion

BY_EYE = "…"
"""In place of a word that a reader has to give."""
DRAFT = (
    "A draft by rules of ours, from the outline above: read the image and edit it. Words of the "
    "BI-RADS lexicon, no category; that is for a physician to give."
)
_ROUND = 1.15  # long over short axis; below it an even shape is round
_IRREGULAR = 0.054  # of `margin_roughness`; 95 of 100 benign outlines of BUS-BRA lie below
_SAME = 0.9, 1.1  # of `echo_ratio`; between them the lesion is as bright as what is beside it
_BEHIND = 0.85, 1.15  # of `posterior_ratio`; between them nothing is said to happen behind it


class Term(NamedTuple):
    """A descriptor.

    Attributes:
        feature: what is described.
        word: of the lexicon; `BY_EYE` where a reader has to give it.
        why: what it rests on.
    """

    feature: str
    word: str
    why: str


def described(lesion: Lesion) -> tuple[Term, ...]:
    """The descriptors of a lesion's outline, in the order of the lexicon."""
    return (
        _shape(lesion),
        _orientation(lesion),
        Term("Margin", BY_EYE, "an outline is smooth however sharp the margin is"),
        _echo(lesion.echo_ratio),
        _posterior(lesion.posterior_ratio),
        Term("Calcifications", BY_EYE, "not looked for"),
        Term("Associated features", BY_EYE, "not looked for"),
    )


def _shape(lesion: Lesion) -> Term:
    rough = lesion.margin_roughness
    ratio = lesion.major_axis_px / lesion.minor_axis_px if lesion.minor_axis_px else float("inf")
    if lesion.major_axis_mm and lesion.minor_axis_mm:
        ratio = lesion.major_axis_mm / lesion.minor_axis_mm
    even = "round" if ratio < _ROUND else "oval"
    word = "irregular" if rough >= _IRREGULAR else even
    why = f"long to short axis {ratio:.2f}, outline {percent(rough)} longer than a band around it"
    return Term("Shape", word, why)


def _orientation(lesion: Lesion) -> Term:
    tall = lesion.height_to_width
    word = "parallel" if tall < 1 else "not parallel"
    return Term("Orientation", word, f"height to width {tall:.2f}")


def _echo(ratio: float | None) -> Term:
    if ratio is None:
        return Term("Echo pattern", BY_EYE, "no tissue beside it to compare with")
    words = ("hypoechoic", "isoechoic", "hyperechoic")
    why = f"{ratio:.2f} of the grey beside it at the same depth, not of fat"
    return Term("Echo pattern", _of(words, ratio, _SAME), why)


def _posterior(ratio: float | None) -> Term:
    if ratio is None:
        return Term("Posterior features", BY_EYE, "the image ends behind it")
    words = ("shadowing", "no posterior features", "enhancement")
    return Term(
        "Posterior features", _of(words, ratio, _BEHIND), f"{ratio:.2f} of the grey beside it"
    )


def _of(words: tuple[str, str, str], value: float, limits: tuple[float, float]) -> str:
    low, high = limits
    return words[0] if value < low else words[2] if value > high else words[1]
