"""The notebooks of Predict and Compare: what networks say about one image."""

from __future__ import annotations

from typing import Any

from ..findings import Finding
from ..findings.finding import flat
from ..findings.several import cautions_of_all
from . import cells
from .case_views import CompareView
from .notebook import Cell, code, plain, words

COMPARED = ("probability", "threshold", "mask_area_px", "area_px", "circularity", "dice", "hd95")
"""The numbers of a finding that a notebook holds against those of the page."""


def prediction(view: Finding) -> list[Cell]:
    """One network on one image."""
    found = view.prediction
    written = [
        cells.title(
            "A prediction",
            f"What **{plain(view.title)}** says about **{plain(view.case.title)}**.",
        ),
        *told(view.cautions),
        cells.start(),
        *cells.image(view.case),
        cells.case(view.case),
        code(
            "predictor = replay.network($method, weights=$weights)",
            method=found.method,
            weights=found.weights_sha256,
        ),
        cells.asked([view], "[predictor]"),
        code("""
            (finding,) = found
            finding.numbers()
        """),
    ]
    if found.mask_probability is not None:
        written += _picture()
    return [
        *written,
        findings_in_numbers(),
        *cells.comparison({found.method: shown_of(view)}),
    ]


def comparison(view: CompareView) -> list[Cell]:
    """Several networks on one image."""
    return [
        cells.title(
            "A comparison", f"What **{names_of(view)}** say about **{plain(view.case.title)}**."
        ),
        *told(cautions_of_all(view.views)),
        cells.start(),
        *cells.image(view.case),
        cells.case(view.case),
        networks_cell(view),
        cells.asked(view.views),
        findings_in_numbers(),
        code("""
            import pandas as pd

            table = pd.DataFrame(here).T
            table
        """),
        *cells.comparison({one.prediction.method: shown_of(one) for one in view.views}),
    ]


def told(cautions: Any) -> list[Cell]:
    """What speaks against the answers, before them."""
    lines = [f"- **{check.state}** {plain(check.reason)}" for check in cautions]
    return [words("\n".join(lines))] if lines else []


def names_of(view: CompareView) -> str:
    """The networks of a comparison, for Markdown."""
    return ", ".join(plain(one.title) for one in view.views)


def networks_cell(view: CompareView) -> Cell:
    """Give `predictors`."""
    return code(
        """
        WEIGHTS = $weights
        predictors = [replay.network(name, weights) for name, weights in WEIGHTS.items()]
        """,
        weights={one.prediction.method: one.prediction.weights_sha256 for one in view.views},
    )


def findings_in_numbers() -> Cell:
    """Give `here` from `found`: the numbers of each network by name."""
    return code("""
        from mtlbus.findings.finding import flat

        here = {one.prediction.method: flat(one.numbers()) for one in found}
    """)


def _picture() -> list[Cell]:
    return [
        code("""
            from PIL import Image

            from mtlbus.figures import colours, overlay

            panel = overlay.grey_panel(image.pixels)
            if truth is not None:
                panel = overlay.draw_region(panel, truth, colours.TRUTH)
            if finding.outlined:
                plane = finding.prediction.mask_probability
                panel = overlay.draw_region(panel, plane, colours.OUTLINE, finding.mask_threshold)
            Image.fromarray(panel)
        """),
    ]


def shown_of(view: Finding) -> dict[str, Any]:
    """The numbers of the page that a notebook is held against."""
    numbers = flat(view.numbers())
    return {name: numbers[name] for name in COMPARED if name in numbers}
