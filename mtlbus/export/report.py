"""The report of a case: one HTML file that needs nothing else, to be read, printed and kept."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..core.errors import InputError
from .case_views import PredictView
from .drawing import Palette, drawing, outlines_of
from .origin import pixels_sha256
from .report_page import (
    about_case,
    case_rows,
    caution,
    emphasised,
    made_from,
    percent,
    report_page,
    table,
)

METRICS = {
    "dice": ("Dice", "{:.3f}", "Overlap with the true outline; 1 is the same, 0 none."),
    "hd95": ("HD95", "{:.1f} px", "95 of 100 outline points are nearer than this to the other "
             "outline; pixels of the network's square."),
    "pixel_tpr": ("Found", "{:.1%}", "Share of the lesion's pixels that is inside the outline."),
    "pixel_fpr": ("In excess", "{:.1%}", "Pixels beside the lesion, over the lesion's own size."),
}  # fmt: skip
BAR = 400  # width of the probability bar in its own unit


def report_of(
    views: Sequence[PredictView], palette: Palette, sections: Sequence[str] = ()
) -> str:
    """The report of one case as HTML.

    Args:
        views: what one or more networks say about one image; at least one.
        palette: colours of classes and outlines.
        sections: more to say after the findings, as HTML whose texts are escaped.

    Raises:
        InputError: no view, or views of different images.
    """
    if len({pixels_sha256(view.case.image.pixels) for view in views}) != 1:
        raise InputError("A report is about one image: give one or more views of the same case.")
    case = views[0].case
    body = [
        *(_finding(view, palette, len(views) > 1) for view in views),
        *sections,
        _checks(views[0]),
        made_from([
            *case_rows(case),
            *((f"Weights of {view.title}", view.prediction.weights_sha256) for view in views),
        ]),
    ]  # fmt: skip
    terms = "Computed by a network; no medical finding."
    return report_page("case report", case.title, about_case(case), terms, body)


def _finding(view: PredictView, palette: Palette, named: bool) -> str:
    """What one network says: picture, verdict, measurements, comparison with the truth."""
    heading = f"<h2>{escape(view.title)}</h2>" if named else ""
    lines = outlines_of(view, palette)
    alt = f"Ultrasound image {view.case.title}"
    alt += f" with {' and '.join(line.label for line in lines)}." if lines else "."
    legend = "".join(
        f'<li><i style="background:{line.colour}"></i>{escape(line.label)}</li>' for line in lines
    )
    figure = (
        f"<figure>{drawing(view.case.image.pixels, lines, alt)}"
        f"<figcaption><ul>{legend}</ul></figcaption></figure>"
    )
    return (
        f'<section class="finding">{heading}<div class="pair">{figure}'
        f'<div class="verdict">{_verdict(view, palette, named)}</div></div>'
        f"{_measured(view)}{_truth(view)}</section>"
    )


def _verdict(view: PredictView, palette: Palette, named: bool) -> str:
    probability = view.prediction.probability
    by = "" if named else f'<p class="by">{escape(view.title)}</p>'
    if probability is None:
        return f"{by}<p>This network outlines only; it does not say benign or malignant.</p>"
    call, point = "", view.point
    if point is not None:
        call = (
            f'<p class="call"><i style="background:{palette.of_call(view.call)}"></i>called '
            f"<strong>{view.call}</strong>; malignant from {point.threshold:.1%} on</p>"
        )
    return (
        f'{by}<p class="label">Probability of malignancy</p>'
        f'<p class="number">{percent(probability)}</p>{call}'
        f"{_bar(probability, view, palette)}{_meaning(view)}"
    )


def _meaning(view: PredictView) -> str:
    """What the operating point is worth, in the words of the page."""
    if view.point is None:
        return "<p>The card of this network states no operating point, so there is no call.</p>"
    lines = "".join(f"<li>{emphasised(line)}</li>" for line in view.point.meaning)
    what = f"<h3>What this call is worth: the {escape(view.point.name)} operating point</h3>"
    return f"{what}<ul>{lines}</ul>" if lines else ""


def _bar(probability: float, view: PredictView, palette: Palette) -> str:
    """The probability on a line from 0 to 100 %, with the threshold and the grey zone."""
    point, x = view.point, BAR * probability
    zone = ""
    if point is not None and point.zone is not None:
        low, high = (BAR * end for end in point.zone)
        zone = f'<rect x="{low:.1f}" y="10" width="{high - low:.1f}" height="12" fill="#b9bfc2"/>'
    mark, words = "", ""
    if point is not None:
        at = BAR * point.threshold
        mark = f'<path d="M{at:.1f},4V28" stroke="#17262b" stroke-width="2"/>'
        words = f"; the call is malignant from {point.threshold:.1%} on"
    alt = f"Probability of malignancy {probability:.1%}{words}."
    caption = "Line: the operating point." if mark else ""
    if zone:
        caption += " Grey: where a cautious and a strict reader would differ."
    return (
        f'<svg class="bar" viewBox="-8 0 {BAR + 16} 46" role="img" aria-label="{alt}">'
        f'<rect y="10" width="{BAR}" height="12" rx="2" fill="#e6ebec"/>{zone}{mark}'
        f'<circle cx="{x:.1f}" cy="16" r="7.5" fill="{palette.of_call(view.call)}" '
        'stroke="#fff" stroke-width="2"/>'
        f'<text x="0" y="42">0%</text><text x="{BAR / 2}" y="42" text-anchor="middle">50%</text>'
        f'<text x="{BAR}" y="42" text-anchor="end">100%</text></svg>'
        f'<p class="note">{caption}</p>'
    )


def _measured(view: PredictView) -> str:
    if view.prediction.mask_probability is None:
        return '<p class="note">This network draws no outline, so nothing is measured.</p>'
    lesion = view.lesion()
    if lesion is None:
        return '<p class="note">The outline is empty at this threshold; nothing is measured.</p>'
    rows = view.describe(lesion) if view.describe else [("Area", f"{lesion.area_px} px", "")]
    parts = (
        f" {lesion.parts} separate parts; the largest is measured." if lesion.parts > 1 else ""
    )
    return (
        f"<h3>Measured on the outline</h3>{table(rows)}"
        f'<p class="note">Computed from the mask above {view.mask_threshold:.2f} tumour '
        f"probability, not a BI-RADS reading.{parts}</p>"
    )


def _truth(view: PredictView) -> str:
    metrics, seen = view.against_truth(), caution(view.seen)
    if metrics is None:
        return f"<h3>What is known about this image</h3>{seen}" if seen else ""
    rows = [
        (name, "not defined" if metrics[key] != metrics[key] else form.format(metrics[key]), what)
        for key, (name, form, what) in METRICS.items()
    ]
    return f"<h3>Against the true outline</h3>{seen}{table(rows)}"


def _checks(view: PredictView) -> str:
    if not view.checks:
        return ""
    lines = "".join(
        f"<li><strong>{escape(state)}</strong> {emphasised(text)}</li>"
        for state, text in view.checks
    )
    return f'<section><h3>Checks of the image</h3><ul class="checks">{lines}</ul></section>'
