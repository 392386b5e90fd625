"""The report of a case: one HTML file that needs nothing else, to be read, printed and kept."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..core.errors import InputError
from ..core.quantities import OUTLINES
from ..core.wording import percent
from ..findings import Finding
from ..findings.finding import NO_CLASS, NO_POINT
from ..findings.measured import lesion_rows
from ..findings.several import cautions_of_all, judged, tally
from ..inference.input_checks import Check
from .drawing import Palette, drawing, outlines_of
from .origin import pixels_sha256
from .report_page import about_case, case_rows, made_from, report_page, table

METRICS = [OUTLINES[name] for name in ("dice", "hd95", "pixel_tpr", "pixel_fpr")]
BAR = 400  # width of the probability bar in its own unit


def report_of(views: Sequence[Finding], palette: Palette, sections: Sequence[str] = ()) -> str:
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
    case, several = views[0].case, len(views) > 1
    shared = cautions_of_all(views) if several else ()
    body = [
        _cautions(shared),
        _together(views) if several else "",
        *(_finding(view, palette, several, shared) for view in views),
        *sections,
        made_from(
            [
                *case_rows(case),
                *((f"Weights of {view.title}", view.prediction.weights_sha256) for view in views),
            ]
        ),
    ]
    terms = "Computed by a network; no medical finding."
    return report_page("case report", case.title, about_case(case), terms, body)


def _finding(view: Finding, palette: Palette, named: bool, shared: Sequence[Check]) -> str:
    """What one network says: doubts, picture, verdict, measurements, comparison with the truth.

    Args:
        view: what it says.
        palette: colours of classes and outlines.
        named: whether the network needs a heading.
        shared: cautions that were told before, for all networks.
    """
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
    told = [*view.input_checks, *(check for check in view.cautions if check.name == "normals")]
    own = [check for check in view.cautions if not (shared and check in told)]
    return (
        f'<section class="finding">{heading}{_cautions(own)}<div class="pair">{figure}'
        f'<div class="verdict">{_verdict(view, palette, named)}</div></div>'
        f"{_measured(view)}{_truth(view)}</section>"
    )


def _together(views: Sequence[Finding]) -> str:
    """How many call it malignant, and how many are right, as on the page."""
    said = [line for line in (tally(views), judged(views)) if line]
    return f"<p><strong>{escape(' · '.join(said))}</strong></p>" if said else ""


def _cautions(checks: Sequence[Check]) -> str:
    """What speaks against an answer, before the answer; "" where nothing does."""
    lines = "".join(
        f"<li><strong>{escape(check.state)}</strong> {escape(check.reason)}</li>"
        for check in checks
    )
    return f'<ul class="checks">{lines}</ul>' if lines else ""


def _verdict(view: Finding, palette: Palette, named: bool) -> str:
    probability = view.prediction.probability
    by = "" if named else f'<p class="by">{escape(view.title)}</p>'
    judged = f"<p><strong>{escape(view.judgement.capitalize())}.</strong></p>"
    judged = judged if view.judgement else ""
    if view.nothing:
        return f"{by}<p>{escape(view.nothing)}</p>{judged}"
    if probability is None:
        return f"{by}<p>{NO_CLASS}</p>{judged}"
    if view.call is None:
        return (
            f'{by}<p class="label">Probability of malignancy</p>'
            f'<p class="number">{escape(percent(probability))}</p><p>{NO_POINT}</p>'
        )
    said = (
        f'<p class="call"><i style="background:{palette.of(view)}"></i>'
        f"<strong>{escape(view.verdict)}</strong>; malignant from "
        f"{escape(percent(view.point.threshold))} on</p>"
    )
    return (
        f'{by}<p class="label">Probability of malignancy</p>'
        f'<p class="number">{escape(percent(probability))}</p>{said}{judged}'
        f"{_bar(probability, view, palette)}{_worth(view)}"
    )


def _worth(view: Finding) -> str:
    """What the call is worth, in the words of the page; nothing is promised against a caution."""
    lines = [*view.promises, view.scope]
    if not view.cautious:
        lines.append(view.on_normals)
    items = "".join(f"<li>{escape(line)}</li>" for line in lines if line)
    what = f"<h3>What this call is worth: the {escape(view.point.name)} operating point</h3>"
    return f"{what}<ul>{items}</ul>" if items else ""


def _bar(probability: float, view: Finding, palette: Palette) -> str:
    """The probability on a line from 0 to 100 %, with the threshold and the grey zone."""
    point, x = view.point, BAR * probability
    zone = ""
    if point is not None and point.zone is not None and not view.cautious:
        low, high = (BAR * end for end in point.zone)
        zone = f'<rect x="{low:.1f}" y="10" width="{high - low:.1f}" height="12" fill="#b9bfc2"/>'
    mark, words = "", ""
    if point is not None:
        at = BAR * point.threshold
        mark = f'<path d="M{at:.1f},4V28" stroke="#17262b" stroke-width="2"/>'
        words = f"; the call is malignant from {percent(point.threshold)} on"
    alt = escape(f"Probability of malignancy {percent(probability)}{words}.")
    caption = "Line: the operating point." if mark else ""
    if zone:
        caption += " Grey: where a cautious and a strict reader would differ."
    return (
        f'<svg class="bar" viewBox="-8 0 {BAR + 16} 46" role="img" aria-label="{alt}">'
        f'<rect y="10" width="{BAR}" height="12" rx="2" fill="#e6ebec"/>{zone}{mark}'
        f'<circle cx="{x:.1f}" cy="16" r="7.5" fill="{palette.of(view)}" '
        'stroke="#fff" stroke-width="2"/>'
        f'<text x="0" y="42">0 %</text><text x="{BAR / 2}" y="42" text-anchor="middle">50 %</text>'
        f'<text x="{BAR}" y="42" text-anchor="end">100 %</text></svg>'
        f'<p class="note">{caption}</p>'
    )


def _measured(view: Finding) -> str:
    if view.prediction.mask_probability is None:
        return '<p class="note">This network draws no outline, so nothing is measured.</p>'
    lesion = view.lesion
    if lesion is None:
        return '<p class="note">No outline, so nothing is measured.</p>'
    parts = f" {lesion.parts} separate parts; the largest is measured." if lesion.parts > 1 else ""
    return (
        f"<h3>Measured on the outline</h3>{table(lesion_rows(lesion))}"
        f'<p class="note">Computed from the mask above {view.mask_threshold:.2f} tumour '
        f"probability, not a BI-RADS reading.{parts}</p>"
    )


def _truth(view: Finding) -> str:
    metrics = view.against_truth
    if metrics is None:
        return ""
    rows = [(one.title, one.said(metrics[one.name]), one.meaning) for one in METRICS]
    return f"<h3>Against the true outline</h3>{table(rows)}"
