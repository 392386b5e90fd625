"""The notebooks of two images: a case and its mirror, and two cases."""

from __future__ import annotations

from ..findings.several import cautions_of_all
from . import cells
from .case_recipes import names_of, networks_cell, shown_of, told
from .case_views import MirrorView, TwoCasesView
from .notebook import Cell, code, plain, words
from .numbers import mirror_numbers

MIRRORED = (
    "probability",
    "probability_mirrored",
    "mask_area_px",
    "mask_area_px_mirrored",
    "dice_mirrored",
)
"""The numbers that a notebook holds against those of the page; the change follows from them."""


def mirror(view: MirrorView) -> list[Cell]:
    """Several networks on one image and on the same turned left to right."""
    page = {one.prediction.method: mirror_numbers(one, two) for one, two in view.by_network}
    return [
        cells.title(
            "A case and its mirror",
            f"What **{names_of(view.first)}** say about **{plain(view.case.title)}** and about "
            "the same image turned left to right.",
        ),
        *told(cautions_of_all(view.first.views)),
        cells.start(),
        *cells.image(view.case),
        cells.case(view.case),
        networks_cell(view.first),
        cells.asked(view.first.views, name="as_it_is"),
        code("""
            from mtlbus.inference.mirror import mirror_of

            mirror = mirror_of(case)
        """),
        cells.asked(view.second.views, of="mirror", name="turned"),
        words("""
            The outline on the mirror is turned back before it is held against the other one. A
            number that changes is a sign of caution on this image; one that stays proves nothing.
        """),
        code("""
            import pandas as pd

            from mtlbus.export.numbers import mirror_numbers

            here = {
                one.prediction.method: mirror_numbers(one, two)
                for one, two in zip(as_it_is, turned, strict=True)
            }
            table = pd.DataFrame(here).T
            table
        """),
        *_both_outlines(view),
        *cells.comparison(
            {what: {name: numbers[name] for name in MIRRORED} for what, numbers in page.items()}
        ),
    ]


def _both_outlines(view: MirrorView) -> list[Cell]:
    """A picture with both outlines of the first network that draws any."""
    first = next((n for n, one in enumerate(view.first.views) if one.mask is not None), None)
    if first is None:
        return []
    return [
        words("Both outlines of one network on the image; white is that of the mirror."),
        code(
            """
            from PIL import Image

            from mtlbus.figures import colours, overlay

            NUMBER = $number  # of the network
            panel = overlay.grey_panel(image.pixels)
            for mask, colour in (
                (as_it_is[NUMBER].mask, colours.OUTLINE),
                (turned[NUMBER].mask[:, ::-1], "#FFFFFF"),
            ):
                panel = overlay.draw_region(panel, mask, colour)
            Image.fromarray(panel)
            """,
            number=first,
        ),
    ]


def two_cases(view: TwoCasesView) -> list[Cell]:
    """Several networks on two images."""
    titles = [plain(half.case.title) for _, half in view.halves]
    opened = [
        cell
        for (word, half), title in zip(view.halves, titles, strict=True)
        for cell in (
            words(f"## The {word} case: {title}"),
            *told(cautions_of_all(half.views)),
            *cells.image(half.case),
            cells.case(half.case),
            code(f"{word} = case"),
        )
    ]
    page = {
        f"{one.prediction.method}, {word} case": shown_of(one)
        for word, half in view.halves
        for one in half.views
    }
    return [
        cells.title(
            "Two cases",
            f"What **{names_of(view.first)}** say about **{titles[0]}** and **{titles[1]}**.",
        ),
        cells.start(),
        *opened,
        words("## What the networks say"),
        networks_cell(view.first),
        *(cells.asked(half.views, of=word, name=f"of_{word}") for word, half in view.halves),
        code("""
            import pandas as pd

            from mtlbus.findings.finding import flat

            here = {
                f"{one.prediction.method}, {word} case": flat(one.numbers())
                for word, found in {"first": of_first, "second": of_second}.items()
                for one in found
            }
            table = pd.DataFrame(here).T
            table
        """),
        *cells.comparison(page),
    ]
