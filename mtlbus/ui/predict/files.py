"""What one network says about one image, to take away: on Home and on Predict."""

from __future__ import annotations

import json
from dataclasses import asdict

from ...figures.probability import probability_figure
from ...findings import Finding
from ...findings.opinion import Opinion
from .. import charts, pictures, takeaway
from ..takeaway import Ask, File


def offer(finding: Finding, style: pictures.Style, opinion: Ask = lambda: None) -> None:
    """Draw the menu of a finding, with what else is known of it by the time that a file is made."""
    shown, numbers = "As it is shown, with its origin.", "All numbers of this view as one document."
    files = [
        File("Picture (PNG)", ".png", shown, lambda: pictures.export_png(finding, style)),
        File("Numbers (JSON)", ".json", numbers, lambda: as_json(finding, opinion())),
    ]
    if finding.call is not None:
        files.append(charts.charts_file(lambda: [_bar(finding)], "_bar.zip"))
    takeaway.offer(finding, files, opinion=opinion)


def _bar(finding: Finding) -> charts.Chart:
    """The probability with the operating point, as the page shows it."""
    probability, point = finding.prediction.probability, finding.point
    assert probability is not None and point is not None  # there is a call
    bar = probability_figure(probability, point.threshold, point.zone, doubted=finding.cautious)
    return charts.Chart("Probability of malignancy", bar, "")


def as_json(finding: Finding, opinion: Opinion | None = None) -> str:
    """All numbers of a view, with the digests that reproduce it, and what else was said."""
    case, pixels = finding.case, finding.case.image.pixels
    document = {
        **finding.numbers(),
        "case": {"key": case.key, "origin": case.origin},
        "image_size_px": [pixels.shape[1], pixels.shape[0]],
        "seconds": finding.prediction.seconds,
    }
    if opinion is not None:
        document["changes"] = [asdict(one) for one in opinion.changes]
        document["other_networks"] = [asdict(one) for one in opinion.networks]
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
