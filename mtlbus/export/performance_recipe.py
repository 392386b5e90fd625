"""The notebook of Performance: how good methods are, from their `predictions.csv`."""

from __future__ import annotations

from . import cells
from .notebook import Cell, code, plain, words
from .numbers import judged_numbers
from .views import PerformanceView


def performance(view: PerformanceView) -> list[Cell]:
    """AUC and Dice with their intervals, and the confusion matrix at each method's threshold."""
    names = ", ".join(plain(one.title) for one in view.methods)
    return [
        cells.title("Performance", f"How good **{names}** are on {plain(view.title)}."),
        cells.start(),
        code(
            """
            IMAGES = $images  # a dataset, or "real": all real images together
            PREDICTIONS = $files
            tables = {name: replay.judged_images(name, file) for name, file in PREDICTIONS.items()}
            """,
            images=view.images,
            files={one.method: one.predictions_sha256 for one in view.methods},
        ),
        words("""
            Intervals hold 95 % of 1000 draws of whole patients or groups within each dataset. An
            image is called malignant from the threshold on; `tp` are cancers that were found.
        """),
        code(
            """
            from mtlbus.export.numbers import judged_numbers

            THRESHOLD = $thresholds


            def test_images(table):
                real = table["dataset"] != "phantom"
                chosen = real if IMAGES == "real" else table["dataset"] == IMAGES
                return table[(table["part"] == "test") & chosen]


            here = {
                name: judged_numbers(test_images(table), THRESHOLD[name])
                for name, table in tables.items()
            }
            """,
            thresholds={one.method: one.threshold for one in view.methods},
        ),
        *cells.comparison(
            {one.method: judged_numbers(one.rows, one.threshold) for one in view.methods}
        ),
    ]
