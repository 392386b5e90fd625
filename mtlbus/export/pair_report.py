"""The report of a case with what the networks say about its mirror."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.quantities import QUANTITIES
from ..core.wording import percent
from .case_views import MirrorView
from .drawing import Palette
from .numbers import mirror_numbers
from .report import Row, report_of


def mirror_report(view: MirrorView, palette: Palette) -> str:
    """The report of the case as HTML, with a section on its mirror."""
    return report_of(view.first.views, palette, _rows(view))


def _rows(view: MirrorView) -> Iterator[Row]:
    """Probability both ways and how far the outlines agree, network by network."""
    dice = QUANTITIES["dice_mirrored"]
    for one, turned in view.by_network:
        numbers = mirror_numbers(one, turned)
        if numbers["probability"] is not None:
            both = numbers["probability"], numbers["probability_mirrored"]
            calls = " → ".join(dict.fromkeys(call for call in (one.call, turned.call) if call))
            meaning = "Probability of malignancy, then that of the mirror."
            if calls:
                meaning += f" Called {calls}{', with caution' if one.cautious else ''}."
            yield one.title, " → ".join(map(percent, both)), meaning
        if numbers["dice_mirrored"] is not None:
            yield (
                one.title,
                f"Dice {dice.said(numbers['dice_mirrored'])}",
                dice.meaning,
            )
