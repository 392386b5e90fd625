"""The report of a case with what the networks say about its mirror."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.wording import percent
from .case_views import MirrorView
from .drawing import Palette
from .numbers import mirror_numbers
from .report import report_of
from .report_page import table


def mirror_report(view: MirrorView, palette: Palette) -> str:
    """The report of the case as HTML, with a section on its mirror."""
    return report_of(view.first.views, palette, [mirror_section(view)])


def mirror_section(view: MirrorView) -> str:
    """Probability both ways and how far the outlines agree, network by network."""
    return (
        f"<section><h3>The same image, turned left to right</h3>{table(_rows(view))}"
        '<p class="note">A lesion in a mirror is the same lesion. A number that changes is a sign '
        "of caution on this image; one that stays proves nothing.</p></section>"
    )


def _rows(view: MirrorView) -> Iterator[tuple[str, str, str]]:
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
                f"Dice {numbers['dice_mirrored']:.2f}",
                "Of the outline and that on the mirror, turned back; 1 is the same, 0 no overlap.",
            )
