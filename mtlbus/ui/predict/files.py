"""What one network says about one image, to take away: on Home and on Predict."""

from __future__ import annotations

from ...figures.probability import probability_figure
from ...findings import Finding
from .. import charts, pictures, records, takeaway
from ..takeaway import Ask, File


def offer(finding: Finding, style: pictures.Style, opinion: Ask = lambda: None) -> None:
    """Draw the menu of a finding.

    Args:
        finding: what one network says about one image.
        style: how it is drawn.
        opinion: what else is known of it by the time that a file is made.
    """
    files = [
        File(
            "Picture (PNG)", ".png", "image/png", "image", "As it is shown, with its origin.",
            lambda: pictures.export_png(finding, style),
        ),
        File(
            "Numbers (JSON)", ".json", "application/json", "data_object",
            "All numbers of this view as one document.",
            lambda: records.as_json(finding, opinion()),
        ),
    ]  # fmt: skip
    if finding.call is not None:
        files.append(charts.charts_file(lambda: [_bar(finding)], "_bar.zip"))
    takeaway.offer(finding, files, opinion=opinion)


def _bar(finding: Finding) -> charts.Chart:
    """The probability with the operating point, as the page shows it."""
    probability, point = finding.prediction.probability, finding.point
    assert probability is not None and point is not None  # there is a call
    bar = probability_figure(probability, point.threshold, point.zone, doubted=finding.cautious)
    return charts.Chart("Probability of malignancy", bar, "")
