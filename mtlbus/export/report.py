"""The report of a case: one HTML file that needs nothing else, to be read, printed and kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from ..core.errors import InputError
from .case_views import LABELS, PredictView
from .drawing import Palette, drawing, outlines_of
from .origin import DISCLAIMER, now, pixels_sha256, versions
from .report_style import STYLE

ORIGINS = {
    "phantom": "A phantom: computed from physics, no person's image.",
    "upload": "An uploaded image.",
    "dataset": "An image of a dataset on disk.",
}
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

    Every text is escaped. The file holds its pictures and its style, and forbids itself to load
    or to run anything.

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
    height, width = case.image.pixels.shape
    about = case.about if case.origin == "upload" else f"{case.about} {ORIGINS[case.origin]}"
    known = "" if case.label is None else f" Known to be <strong>{LABELS[case.label]}</strong>."
    body = [
        f'<header><p class="eyebrow"><span>mtlbus · case report</span><span>{now()}</span></p>'
        f"<h1>{escape(case.title)}</h1><p>{escape(about)}{known}</p>"
        f'<p class="terms"><strong>{DISCLAIMER}</strong> Computed by a network; no medical '
        "finding.</p></header>",
        *(_finding(view, palette, len(views) > 1) for view in views),
        *sections,
        _checks(views[0]),
        _origin(views, f"{width} × {height} px"),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(case.title)} – mtlbus case report</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main><footer>{DISCLAIMER}</footer></body></html>\n"
    )


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
    lines = "".join(f"<li>{_emphasised(line)}</li>" for line in view.point.meaning)
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
    metrics, seen = view.against_truth(), _seen(view)
    if metrics is None:
        return f"<h3>What is known about this image</h3>{seen}" if seen else ""
    rows = [
        (name, "not defined" if metrics[key] != metrics[key] else form.format(metrics[key]), what)
        for key, (name, form, what) in METRICS.items()
    ]
    return f"<h3>Against the true outline</h3>{seen}{table(rows)}"


def _seen(view: PredictView) -> str:
    """The caution that the network knows this image from its training; "" where it does not."""
    if not view.seen:
        return ""
    return f'<ul class="checks"><li><strong>caution</strong> {escape(view.seen)}</li></ul>'


def _checks(view: PredictView) -> str:
    if not view.checks:
        return ""
    lines = "".join(
        f"<li><strong>{escape(state)}</strong> {_emphasised(text)}</li>"
        for state, text in view.checks
    )
    return f'<section><h3>Checks of the image</h3><ul class="checks">{lines}</ul></section>'


def _origin(views: Sequence[PredictView], size: str) -> str:
    """What everything above was computed from."""
    case, image = views[0].case, views[0].case.image
    rows = [("Image", f"{image.name or 'without a name'}, {size}")]
    if case.origin != "phantom":
        rows.append(("SHA-256 of the file", image.sha256))
    rows.append(("SHA-256 of the pixels", pixels_sha256(image.pixels)))
    if image.spacing is not None:
        down, across = image.spacing
        rows.append(("Size of a pixel", f"{across:.3g} mm wide, {down:.3g} mm high"))
    rows += [("On the way in", note) for note in image.notes]
    for view in views:
        rows.append((f"Weights of {view.title}", view.prediction.weights_sha256))
    rows += [(name, text) for name, text in versions().items()]
    cells = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows
    )
    return f'<section><h3>Made from</h3><table class="origin">{cells}</table></section>'


def table(rows: Iterable[tuple[str, str, str]]) -> str:
    """Rows of a name, a value and what it is, as HTML; `**` marks what is important."""
    cells = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{_emphasised(value)}</td>"
        f"<td>{_emphasised(what)}</td></tr>"
        for name, value, what in rows
    )
    return f"<table>{cells}</table>"


def _emphasised(text: str) -> str:
    """Escaped text in which **words** are strong."""
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text))


def percent(probability: float) -> str:
    """A probability as people read it; what would round to 0 or 100 % is given as a bound."""
    if probability < 0.001:
        return "below 0.1%"
    return "above 99.9%" if probability > 0.999 else f"{probability:.1%}"
