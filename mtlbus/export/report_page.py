"""What all reports share: the templates, which escape every text, and where numbers come from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ..core.wording import DISCLAIMER, LABELS, percent
from ..data.case import Case
from .origin import now, pixels_sha256, versions

ORIGINS = {
    "phantom": "A phantom: computed from physics, no person's image.",
    "dataset": "An image of a dataset on disk.",
}  # an upload says so itself


def emphasised(text: str) -> Markup:
    """Escaped text in which **words** are strong and *words* are stressed."""
    escaped = str(escape(text))  # as `Markup` it would escape the new elements, too
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escaped)
    return Markup(re.sub(r"\*(\w[^*]*)\*", r"<em>\1</em>", strong))


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)
ENVIRONMENT.filters |= {"emphasised": emphasised, "percent": percent}
ENVIRONMENT.globals |= {"DISCLAIMER": DISCLAIMER, "LABELS": LABELS, "ORIGINS": ORIGINS}
ENVIRONMENT.globals |= {"now": now, "versions": versions, "case": None}


def render(
    template: str, kind: str, title: str, terms: str, origin: list[tuple[str, str]], **facts: Any
) -> str:
    """A report as HTML.

    Args:
        template: of the folder `templates`, one that extends `page.html`.
        kind: of report, such as "case report".
        title: of what it is about.
        terms: what to know after the disclaimer, one sentence.
        origin: what everything is computed from; the versions come by themselves.
        facts: what the template asks for, `case` or `about` among it.
    """
    page = ENVIRONMENT.get_template(template)
    return page.render(kind=kind, title=title, terms=terms, origin=origin, **facts)


def case_rows(case: Case) -> list[tuple[str, str]]:
    """Name, size, digests and history of an image, by what they are."""
    image, (height, width) = case.image, case.image.pixels.shape
    rows = [("Image", f"{image.name or 'without a name'}, {width} × {height} px")]
    if case.origin != "phantom":
        rows.append(("SHA-256 of the file", case.file_sha256))
    rows.append(("SHA-256 of the pixels", pixels_sha256(image.pixels)))
    if image.spacing is not None:
        down, across = image.spacing
        rows.append(("Size of a pixel", f"{across:.3g} mm wide, {down:.3g} mm high"))
    return rows + [("On the way in", note) for note in image.notes]
