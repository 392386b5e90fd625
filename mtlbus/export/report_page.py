"""What all reports share: the page around them, tables, and where their numbers come from.

A report is one HTML file. It holds its pictures and its style, and forbids itself to load
anything, and to run anything but the code of its own charts. Every text in it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from ..core.wording import DISCLAIMER, LABELS
from ..data.case import Case
from .origin import now, pixels_sha256, versions
from .report_style import STYLE

ORIGINS = {
    "phantom": "A phantom: computed from physics, no person's image.",
    "upload": "An uploaded image.",
    "dataset": "An image of a dataset on disk.",
}


def report_page(
    kind: str, title: str, about: str, terms: str, body: Iterable[str], code: str = ""
) -> str:
    """A report as HTML.

    Args:
        kind: of report, such as "case report".
        title: of what it is about.
        about: one or two sentences on that; HTML whose texts are escaped.
        terms: what to know after the disclaimer, one sentence.
        body: sections, HTML whose texts are escaped.
        code: script elements that draw the charts of the body; "" where it has none.
    """
    runs = " script-src 'unsafe-inline';" if code else ""
    images = "data: blob:" if code else "data:"  # the camera of a chart makes a blob
    head = (
        f'<header><p class="eyebrow"><span>mtlbus · {kind}</span><span>{now()}</span></p>'
        f"<h1>{escape(title)}</h1><p>{about}</p>"
        f'<p class="terms"><strong>{DISCLAIMER}</strong> {escape(terms)}</p></header>'
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        f"{runs} style-src 'unsafe-inline'; img-src {images}\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – mtlbus {kind}</title><style>{STYLE}</style>{code}</head>"
        f"<body><main>{head}{''.join(body)}</main><footer>{DISCLAIMER}</footer></body></html>\n"
    )


def about_case(case: Case) -> str:
    """What an image is and what is known about it, as HTML."""
    about = case.about if case.origin == "upload" else f"{case.about} {ORIGINS[case.origin]}"
    known = "" if case.label is None else f" Known to be <strong>{LABELS[case.label]}</strong>."
    return f"{escape(about)}{known}"


def caution(text: str) -> str:
    """What speaks against an answer, as HTML; "" where nothing does."""
    if not text:
        return ""
    return f'<ul class="checks"><li><strong>caution</strong> {escape(text)}</li></ul>'


def case_rows(case: Case) -> list[tuple[str, str]]:
    """Name, size, digests and history of an image, as rows of `made_from`."""
    image, (height, width) = case.image, case.image.pixels.shape
    rows = [("Image", f"{image.name or 'without a name'}, {width} × {height} px")]
    if case.origin != "phantom":
        rows.append(("SHA-256 of the file", case.file_sha256))
    rows.append(("SHA-256 of the pixels", pixels_sha256(image.pixels)))
    if image.spacing is not None:
        down, across = image.spacing
        rows.append(("Size of a pixel", f"{across:.3g} mm wide, {down:.3g} mm high"))
    return rows + [("On the way in", note) for note in image.notes]


def made_from(rows: Iterable[tuple[str, str]]) -> str:
    """The last section: what everything above was computed from, and by which versions."""
    cells = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(text)}</td></tr>"
        for name, text in (*rows, *versions().items())
    )
    return f'<section><h3>Made from</h3><table class="origin">{cells}</table></section>'


def table(rows: Iterable[tuple[str, str, str]]) -> str:
    """Rows of a name, a value and what it is, as HTML; `**` marks what is important."""
    cells = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{emphasised(value)}</td>"
        f"<td>{emphasised(what)}</td></tr>"
        for name, value, what in rows
    )
    return f"<table>{cells}</table>"


def grid(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table with a head; the first cell of a row is its name."""
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in columns)
    body = "".join(
        f"<tr><th scope=row>{escape(name)}</th>"
        + "".join(f"<td>{emphasised(value)}</td>" for value in values)
        + "</tr>"
        for name, *values in rows
    )
    return f'<table class="grid"><tr>{head}</tr>{body}</table>'


def emphasised(text: str) -> str:
    """Escaped text in which **words** are strong and *words* are stressed."""
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text))
    return re.sub(r"\*(\w[^*]*)\*", r"<em>\1</em>", strong)
