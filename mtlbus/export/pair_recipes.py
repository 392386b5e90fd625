"""The notebooks of two images: a case and its mirror, and two cases."""

from __future__ import annotations

from . import cells
from .case_recipes import calls_cell, names_of, networks_cell, numbers_cells, shown_of
from .case_views import MirrorView, TwoCasesView
from .notebook import Cell, code, plain, words
from .numbers import mirror_numbers

MIRRORED = (
    "probability_malignant", "probability_mirrored", "mask_area", "mask_area_mirrored",
    "dice_mirrored",
)  # fmt: skip
"""The numbers that a notebook holds against those of the page; the change follows from them."""


def mirror(view: MirrorView) -> list[Cell]:
    """Several networks on one image and on the same turned left to right."""
    page = {
        one.prediction.method: mirror_numbers(
            one.prediction, turned.prediction, view.mask_threshold
        )
        for one, turned in view.by_network
    }
    return [
        cells.title(
            "A case and its mirror",
            f"What **{names_of(view.first)}** say about **{plain(view.case.title)}** and about "
            "the same image turned left to right.",
        ),
        cells.start(),
        *cells.image(view.case),
        networks_cell(view.first),
        code("""
            from mtlbus.inference.mirror import mirrored

            as_it_is = predict_all(predictors, image)
            turned = predict_all(predictors, mirrored(image))
        """),
        words("""
            The outline on the mirror is turned back before it is held against the other one. A
            number that changes is a sign of caution on this image; one that stays proves nothing.
        """),
        code(
            """
            from mtlbus.evaluation.metrics import dice_of

            MASK_THRESHOLD = $threshold  # a pixel is inside above this tumour probability


            def numbers(first, second):
                found = {
                    "probability_malignant": first.probability,
                    "probability_mirrored": second.probability,
                    "mask_area": None,
                    "mask_area_mirrored": None,
                    "dice_mirrored": None,
                }
                mask, other = first.mask(MASK_THRESHOLD), second.mask(MASK_THRESHOLD)
                if mask is not None:
                    found["mask_area"] = int(mask.sum())
                    found["mask_area_mirrored"] = int(other.sum())
                    found["dice_mirrored"] = dice_of(mask, other[:, ::-1])
                return found


            here = {one.method: numbers(one, two) for one, two in zip(as_it_is, turned)}
            """,
            threshold=view.mask_threshold,
        ),
        calls_cell(view.first),
        code("""
            import pandas as pd

            table = pd.DataFrame(here).T
            table["change_points"] = [
                None if one.probability is None else 100 * (two.probability - one.probability)
                for one, two in zip(as_it_is, turned)
            ]
            table["call"] = [call(one) for one in as_it_is]
            table["call_mirrored"] = [call(two) for two in turned]
            table
        """),
        *_both_outlines(view),
        *cells.comparison(
            {what: {name: numbers[name] for name in MIRRORED} for what, numbers in page.items()}
        ),
    ]


def _both_outlines(view: MirrorView) -> list[Cell]:
    """A picture with both outlines of the first network that draws any."""
    drawing = (one.prediction for one in view.first.views)
    first = next((p.method for p in drawing if p.mask_probability is not None), None)
    if first is None:
        return []
    return [
        words("Both outlines of one network on the image; white is that of the mirror."),
        code(
            """
            from PIL import Image
            from mtlbus.figures import colours, overlay

            NAME = $name
            number = list(WEIGHTS).index(NAME)
            panel = overlay.grey_panel(image.pixels)
            for plane, colour in (
                (as_it_is[number].mask_probability, colours.OUTLINE),
                (turned[number].mask_probability[:, ::-1], "#FFFFFF"),
            ):
                panel = overlay.draw_region(panel, plane, colour, MASK_THRESHOLD)
            Image.fromarray(panel)
            """,
            name=first,
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
            *cells.image(half.case),
            code(f"{word} = image, truth"),
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
        *numbers_cells(view.mask_threshold),
        calls_cell(view.first),
        code("""
            import pandas as pd

            here, calls = {}, []
            for word, (image, truth) in {"first": first, "second": second}.items():
                for one in predict_all(predictors, image):
                    here[f"{one.method}, {word} case"] = numbers(one, image, truth)
                    calls.append(call(one))
            table = pd.DataFrame(here).T
            table["call"] = calls
            table
        """),
        *cells.comparison(page),
    ]
