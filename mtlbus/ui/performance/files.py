"""Methods on test images to take away: predictions, numbers, and a report with the curves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ...core.tables import csv_text
from ...evaluation import judged_rows
from ...evaluation.judged_rows import Table
from ...evaluation.operating_points import Confusion
from ...export.picture_report import performance_report
from ...export.views import Judged, PerformanceView
from ...figures.calibration import calibration_figure
from ...figures.confusion import confusion_figure
from ...figures.decision import decision_figure
from ...figures.roc import OperatingPoint, precision_recall_figure, roc_figure
from ...figures.segmentation import dice_figure
from .. import takeaway
from ..charts import Chart, charts_file, picture
from ..takeaway import File

OUTLINES = (
    "The box holds the middle half, its line is the median, the dashed line the mean. Dice is 1 "
    "for the dataset's outline, 0 for no overlap."
)
_TALL = 520  # pixels: the report is narrower than the page, and its legends take more lines
BANDS = (
    "Bands hold 95 % of 500 bootstrap draws of whole patients or groups. The dot is the threshold."
)
DECISION = (
    "Net benefit: cancers found among all images, less the false alarms, weighed by the odds of "
    "the probability from which one would act. A network is worth asking where its curve lies "
    "above both acting on everybody and acting on nobody. It holds for the share of cancers among "
    "these images, and takes the probabilities as the network gives them."
)


def downloads(tables: Sequence[Table], images: str, thresholds: Mapping[str, float | None]) -> None:
    """Draw the menu.

    Args:
        tables: of the methods.
        images: as of `judged_rows.choices`.
        thresholds: by method; missing for a method without a class.
    """
    methods = tuple(
        Judged(
            table.method,
            table.title,
            table.digest,
            thresholds.get(table.method),
            judged_rows.select(table, images),
        )
        for table in tables
    )
    view = PerformanceView(images, judged_rows.title_of_images(images), methods)

    def drawn() -> Iterator[Chart]:
        return charts(tables, images, thresholds)

    takeaway.offer(view, [
        takeaway.report_file(lambda: performance_report(view, [picture(one) for one in drawn()])),
        charts_file(drawn),
        *(_predictions_of(table) for table in tables),
    ])  # fmt: skip


def _predictions_of(table: Table) -> File:
    rows, about = table.rows, "Every judged image with its probability, label and outline metrics."
    label, ending = f"Predictions of {table.title} (CSV)", f"_{table.method}_predictions.csv"
    return File(
        label, ending, about, lambda: csv_text(rows.columns, rows.itertuples(index=False)), "list"
    )


def charts(
    tables: Sequence[Table], images: str, thresholds: Mapping[str, float | None]
) -> Iterator[Chart]:
    """Curves, calibration, a confusion matrix for each method, and outlines."""
    classifying = [
        table
        for table in tables
        if thresholds.get(table.method) is not None and judged_rows.roc(table, images) is not None
    ]
    counts, points = judged_at(classifying, images, thresholds)

    def of(curve: Callable[[Table, str], Any]) -> dict[str, Any]:
        return {table.title: curve(table, images) for table in classifying}

    if classifying:
        yield Chart("ROC", roc_figure(of(judged_rows.roc), points, height=_TALL), BANDS)
        yield Chart(
            "Precision–recall",
            precision_recall_figure(of(judged_rows.precision_recall), points, height=_TALL),
            "The same bands. Precision depends on how many of the images are malignant.",
        )
        at = {title: point.threshold for title, point in points.items()}
        decisions = decision_figure(of(judged_rows.decision), at, height=_TALL)
        yield Chart("Decision", decisions, DECISION)
        yield Chart(
            "Calibration",
            calibration_figure({t: curve for t, (curve, _) in of(judged_rows.calibration).items()}),
            "Where 80 % is promised, 8 of 10 images should be malignant: a point on the dotted "
            "line. Bars are 95 % Wilson intervals.",
        )
    for table in classifying:
        yield Chart(
            f"Confusion matrix of {table.title}",
            confusion_figure(counts[table.title]),
            f"Called malignant from {thresholds[table.method]:.3f} on.",
        )
    if outlined := outlines(tables, images):
        yield Chart("Outlines", outlines_figure(outlined), f"Dice of each image. {OUTLINES}")


def outlines(tables: Sequence[Table], images: str) -> dict[str, pd.DataFrame]:
    """The judged outlines of each method that draws any, by title."""
    found = {table.title: judged_rows.select(table, images) for table in tables}
    found = {title: rows.dropna(subset=["dice"]) for title, rows in found.items()}
    return {title: rows for title, rows in found.items() if len(rows)}


def outlines_figure(found: Mapping[str, pd.DataFrame]) -> go.Figure:
    """The Dice of each image, by title of the method."""
    return dice_figure(
        {t: (rows["dice"].to_numpy(float), rows["image_id"].tolist()) for t, rows in found.items()}
    )


def judged_at(
    tables: Sequence[Table], images: str, thresholds: Mapping[str, float]
) -> tuple[dict[str, Confusion], dict[str, OperatingPoint]]:
    """What comes of each method's threshold, and where that puts it on the curves; by title."""
    counts, points = {}, {}
    for table in tables:
        at = thresholds[table.method]
        counts[table.title] = found = judged_rows.counts(table, images, at)
        points[table.title] = OperatingPoint(at, found.sensitivity, found.specificity, found.ppv)
    return counts, points
