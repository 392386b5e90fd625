"""The report of a case: one HTML file that needs nothing else, to be read, printed and kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..core.errors import InputError
from ..core.quantities import OUTLINES
from ..findings import Finding
from ..findings.description import DRAFT, described
from ..findings.finding import NO_CLASS, NO_POINT
from ..findings.measured import lesion_rows
from ..findings.opinion import STEADY, Opinion
from ..findings.several import cautions_of_all, judged, tally
from ..inference.input_checks import Check
from .drawing import Outline, Palette, drawing, outlines_of
from .origin import pixels_sha256
from .report_page import ENVIRONMENT, case_rows, render

COMPARED = [OUTLINES[name] for name in ("dice", "hd95", "pixel_tpr", "pixel_fpr")]
Row = tuple[str, str, str]


def compared_rows(view: Finding) -> list[Row]:
    """How far an outline and the true one agree, as (name, value, what it is)."""
    metrics, mm = view.against_truth or {}, view.square_mm
    said = {one.name: one.said(metrics.get(one.name)) for one in COMPARED}
    far = metrics.get("hd95", math.nan)
    if mm is not None and not math.isnan(far):
        said["hd95"] += f" ({far * mm:.1f} mm)"
    return [(one.title, said[one.name], one.meaning) for one in COMPARED]


ENVIRONMENT.filters |= {"rows": lesion_rows, "compared": compared_rows, "described": described}
ENVIRONMENT.globals |= {"NO_CLASS": NO_CLASS, "NO_POINT": NO_POINT, "DRAFT": DRAFT}


class _Shown(NamedTuple):
    """A finding as the template draws it: cautions of its own, colour, lines, and the drawing."""

    view: Finding
    own: list[Check]
    colour: str
    lines: list[Outline]
    drawing: str


def report_of(
    views: Sequence[Finding],
    palette: Palette,
    mirror: Iterable[Row] | None = None,
    opinion: Opinion | None = None,
) -> str:
    """The report of one case as HTML.

    Args:
        views: what one or more networks say about one image; at least one.
        palette: colours of classes and outlines.
        mirror: what they say about its mirror, see `pair_report`; None where that was not asked.
        opinion: what else was said about it; None where that was not asked.

    Raises:
        InputError: no view, or views of different images.
    """
    if len({pixels_sha256(view.case.image.pixels) for view in views}) != 1:
        raise InputError("A report is about one image: give one or more views of the same case.")
    case, several = views[0].case, len(views) > 1
    shared = cautions_of_all(views) if several else ()
    facts: dict[str, Any] = {
        "case": case,
        "several": several,
        "shared": shared,
        "together": " · ".join(filter(None, (tally(views), judged(views)))) if several else "",
        "findings": [_shown(view, palette, shared) for view in views],
        "mirror": mirror,
        "asked": opinion is not None,
        "opinion": opinion.lines if opinion else (),
        "local": opinion.worth if opinion else (),
        "steady": STEADY if opinion and opinion.steadiness else "",
        "others": opinion.networks if opinion else (),
    }
    origin = [
        *case_rows(case),
        *((f"Weights of {view.title}", view.prediction.weights_sha256) for view in views),
        *((f"{view.title} computed by", view.prediction.computed_by) for view in views),
    ]
    terms = "Computed by a network; no medical finding."
    return render("case.html", "case report", case.title, terms, origin, **facts)


def _shown(view: Finding, palette: Palette, shared: Sequence[Check]) -> _Shown:
    """One network; cautions in `shared` were told before, for all networks."""
    lines = outlines_of(view, palette)
    alt = f"Ultrasound image {view.case.title}"
    alt += f" with {' and '.join(line.label for line in lines)}." if lines else "."
    told = [*view.input_checks, *(check for check in view.cautions if check.name == "normals")]
    own = [check for check in view.cautions if not (shared and check in told)]
    picture = drawing(view.case.image.pixels, lines, alt)
    return _Shown(view, own, palette.of(view), lines, picture)
