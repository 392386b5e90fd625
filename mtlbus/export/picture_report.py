"""Reports that show charts or maps: of inner maps, of attributions, of methods on test images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from ..core.encoding import data_uri
from ..core.quantities import heads
from .numbers import judged_numbers
from .report_page import case_rows, render
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


def image_element(picture: bytes, alt: str, kind: str = "png") -> str:
    """A picture as HTML, with a text for people who cannot see it; `kind` as in "image/png"."""
    return Markup('<img src="{}" alt="{}">').format(data_uri(picture, kind), alt)


def attention_report(view: AttentionView, pictures: Sequence[Picture], notes: Sequence[str]) -> str:
    """The inner maps that are looked at, as HTML.

    Args:
        view: the maps.
        pictures: of them, as the page shows them.
        notes: what the page says of all of them; `**` marks what is important.
    """
    random = "Random weights: this shows the wiring, not knowledge. "
    weights = view.weights_sha256 or f"random, seed {view.seed}"
    columns = ["map", "kind", "shape", "least", "mean", "greatest", "stage"]
    return _page(
        "inner maps",
        view.case.title,
        ("" if view.weights_sha256 else random) + NO_FINDING,
        [*case_rows(view.case), (f"Weights of {view.title}", weights)],
        case=view.case,
        heading=f"Inside {view.title}",
        seen=view.seen,
        pictures=pictures,
        after=notes,
        numbers="The maps in numbers",
        **frame_grid(table_of(view)[columns]),
    )


def attribution_report(
    view: AttributionView, pictures: Sequence[Picture], numbers: pd.DataFrame
) -> str:
    """Attributions with their placebos and numbers, as HTML.

    Args:
        view: the maps.
        pictures: of them.
        numbers: the table of the page, a row a map.
    """
    settings = ", ".join(f"{name} {value}" for name, value in asdict(view.options).items())
    origin = [
        *case_rows(view.case),
        (f"Weights of {view.title}", view.weights_sha256),
        ("Explained", view.target.words),
        ("Settings", settings),
    ]
    return _page(
        "attributions",
        view.case.title,
        NO_FINDING,
        origin,
        case=view.case,
        heading=f"What {view.title} rests on",
        seen=view.seen,
        before=(f"Explained: {view.target.words}.",),
        pictures=pictures,
        numbers="The maps in numbers",
        **frame_grid(numbers),
    )


def performance_report(view: PerformanceView, pictures: Sequence[Picture]) -> str:
    """Methods on test images, as HTML.

    Args:
        view: what was judged.
        pictures: the curves and matrices of the page.
    """
    titles = ", ".join(one.title for one in view.methods)
    return _page(
        "performance",
        f"Performance on {view.title}",
        "Measured on the test fold; thresholds were chosen on others or by hand.",
        [(f"Predictions of {one.title}", one.predictions_sha256) for one in view.methods],
        about=f"{titles} on images that trained none of them.",
        pictures=pictures,
        numbers="In numbers",
        columns=_JUDGED,
        rows=map(_judged, view.methods),
        note="In brackets 95 % intervals from 1000 draws of whole patients or groups.",
    )


def _page(*told: Any, **facts: Any) -> str:
    """A page of pictures; arguments as of `render`, what is not named stays empty."""
    empty = {"heading": "", "seen": "", "before": (), "after": (), "note": ""}
    return render("pictures.html", *told, **(empty | facts))


def frame_grid(frame: pd.DataFrame) -> dict[str, Any]:
    """A table as `columns` and `rows` of the template, four digits of a number."""
    rows = frame.astype(object).itertuples(index=False)
    return {"columns": frame.columns, "rows": [[_cell(value) for value in row] for row in rows]}


def _judged(one: Judged) -> list[str]:
    """A method's row under `_JUDGED`; a dash for what it does not say."""
    numbers = judged_numbers(one.rows, one.threshold)

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
