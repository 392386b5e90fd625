"""Reports that show charts or maps: of inner maps, of attributions, of methods on test images."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from html import escape
from typing import NamedTuple

import pandas as pd

from ..core.quantities import heads
from .numbers import judged_numbers
from .report_page import about_case, case_rows, caution, emphasised, grid, made_from, report_page
from .tables import table_of
from .views import AttentionView, AttributionView, Judged, PerformanceView

_FIGURES = ("auc", "dice", "threshold", "sensitivity", "specificity")
_JUDGED = ("Network", "Images", *heads(*_FIGURES).values())
NO_FINDING = "What a network computes; no medical finding."


class Picture(NamedTuple):
    """What a page shows, with its words.

    Attributes:
        heading: what it is.
        element: HTML that draws it, its texts escaped; see `image_element`.
        said: the text below; `**` marks what is important.
    """

    heading: str
    element: str
    said: str


def image_element(png: bytes, alt: str) -> str:
    """A PNG as HTML, with a text for people who cannot see it."""
    address = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<img src="{address}" alt="{escape(alt)}">'


def attention_report(
    view: AttentionView, pictures: Sequence[Picture], notes: Sequence[str], code: str
) -> str:
    """The inner maps that are looked at, as HTML.

    Args:
        view: the maps.
        pictures: of them, as the page shows them.
        notes: what the page says of all of them; `**` marks what is important.
        code: that the pictures need.
    """
    random = view.weights_sha256 is None
    what = "Random weights: this shows the wiring, not knowledge. " if random else ""
    columns = ["map", "kind", "shape", "least", "mean", "greatest", "stage"]
    weights = f"random, seed {view.seed}" if random else view.weights_sha256
    body = [
        f"<section><h2>Inside {escape(view.title)}</h2>{caution(view.seen)}{_figures(pictures)}"
        f"{_notes(notes)}</section>",
        f"<section><h3>The maps in numbers</h3>{frame_grid(table_of(view)[columns])}</section>",
        made_from([*case_rows(view.case), (f"Weights of {view.title}", weights)]),
    ]
    about, terms = about_case(view.case), what + NO_FINDING
    return report_page("inner maps", view.case.title, about, terms, body, code)


def attribution_report(
    view: AttributionView, pictures: Sequence[Picture], numbers: pd.DataFrame
) -> str:
    """Attributions with their placebos and numbers, as HTML.

    Args:
        view: the maps.
        pictures: of them.
        numbers: the table of the page, a row a map.
    """
    rows = [
        *case_rows(view.case),
        (f"Weights of {view.title}", view.weights_sha256),
        ("Explained", view.target.words),
        ("Settings", ", ".join(f"{name} {value}" for name, value in asdict(view.options).items())),
    ]
    body = [
        f"<section><h2>What {escape(view.title)} rests on</h2>"
        f"{caution(view.seen)}<p>Explained: {escape(view.target.words)}.</p>"
        f"{_figures(pictures)}</section>",
        f"<section><h3>The maps in numbers</h3>{frame_grid(numbers)}</section>",
        made_from(rows),
    ]
    about = about_case(view.case)
    return report_page("attributions", view.case.title, about, NO_FINDING, body)


def performance_report(view: PerformanceView, pictures: Sequence[Picture], code: str) -> str:
    """Methods on test images, as HTML.

    Args:
        view: what was judged.
        pictures: the curves and matrices of the page.
        code: that the pictures need.
    """
    rows = [(f"Predictions of {one.title}", one.predictions_sha256) for one in view.methods]
    body = [
        f"<section>{_figures(pictures)}</section>",
        f"<section><h3>In numbers</h3>{grid(_JUDGED, map(_judged, view.methods))}<p class=note>In "
        "brackets 95 % intervals from 1000 draws of whole patients or groups.</p></section>",
        made_from(rows),
    ]
    about = f"{', '.join(one.title for one in view.methods)} on images that trained none of them."
    terms = "Measured on the test fold; thresholds were chosen on others or by hand."
    title = f"Performance on {view.title}"
    return report_page("performance", title, escape(about), terms, body, code)


def frame_grid(frame: pd.DataFrame) -> str:
    """A table as HTML, its first column as the names of the rows, four digits of a number."""
    rows = frame.astype(object).itertuples(index=False)
    return grid(frame.columns, ([_cell(value) for value in row] for row in rows))


def _judged(one: Judged) -> list[str]:
    """A method's row under `_JUDGED`; a dash for what it does not say."""
    numbers = judged_numbers(one)

    def said(name: str) -> str:
        return f"{numbers[name]:.3f}" if name in numbers else "–"

    def span(name: str) -> str:
        ends = f" ({said(f'{name}_low')}–{said(f'{name}_high')})" if name in numbers else ""
        return said(name) + ends

    rest = map(said, ("threshold", "sensitivity", "specificity"))
    return [one.title, str(numbers["n"]), span("auc"), span("dice"), *rest]


def _cell(value: object) -> str:
    if pd.isna(value):
        return "–"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("-", "−") if isinstance(value, float) else text


def _figures(pictures: Iterable[Picture]) -> str:
    return f'<div class="maps">{"".join(_drawn(pictures))}</div>'


def _drawn(pictures: Iterable[Picture]) -> Iterator[str]:
    for one in pictures:
        heading = f"<h3>{escape(one.heading)}</h3>" if one.heading else ""
        yield (
            f"<figure>{heading}{one.element}<figcaption>{emphasised(one.said)}</figcaption>"
            "</figure>"
        )


def _notes(notes: Iterable[str]) -> str:
    return "".join(f"<p>{emphasised(note)}</p>" for note in notes)
