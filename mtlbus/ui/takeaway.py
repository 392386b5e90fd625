"""Take it away: one small menu on each page with everything that a view can be kept as.

A file is made when its button is pressed, from results that the page holds already: no network
runs for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from ..checkpoints import Checkpoint
from ..export.arrays import npz_of
from ..export.drawing import Palette, outlines_of, sentence_of, svg_of
from ..export.origin import DISCLAIMER
from ..export.recipes import notebook_of
from ..export.report import report_of
from ..export.tables import csv_of
from ..export.views import (
    AttentionView,
    AttributionView,
    CompareView,
    Judged,
    PerformanceView,
    Point,
    PredictView,
    View,
)
from ..figures import colours, overlay
from ..figures.style import METHOD_COLOURS
from ..inference.input_checks import Check
from ..inference.predictor import Prediction
from . import services, words
from .case import Case
from .performance import judged_rows

PALETTE = Palette(
    colours.BENIGN, colours.MALIGNANT, colours.OUTLINE, colours.TRUTH, METHOD_COLOURS
)


class File(NamedTuple):
    """Something to download.

    Attributes:
        label: of its button.
        ending: of its name, with the dot.
        kind: its MIME type.
        icon: name of a Material symbol.
        help: what it holds, one sentence.
        make: its content; called when the button is pressed, without arguments.
    """

    label: str
    ending: str
    kind: str
    icon: str
    help: str
    make: Callable[[], bytes | str]


def offer(view: View, more: Sequence[File] = (), key: str = "takeaway") -> None:
    """Draw the menu of a view.

    Args:
        view: what is looked at.
        more: what only its page can make, such as its picture.
        key: of the menu, if a page has several.
    """
    menu = st.popover("Take it away", icon=":material/download:", width="content", key=key)
    with menu, st.container(gap="xxsmall"):
        for file in (*files(view), *more):
            st.download_button(
                file.label, file.make, f"{view.stem}{file.ending}", file.kind, type="tertiary",
                icon=f":material/{file.icon}:", on_click="ignore", help=file.help,
                key=f"{key}{file.ending}",
            )  # fmt: skip


def files(view: View) -> list[File]:
    """What a view can be kept as; nothing is made yet."""
    found = [File(
        "Open as notebook", ".ipynb", "application/x-ipynb+json", "code",
        "Computes this view again through mtlbus, checks image and weights by their digests, and "
        "compares the numbers.", lambda: notebook_of(view),
    )]  # fmt: skip
    if isinstance(view, PredictView | CompareView):
        views = view.views if isinstance(view, CompareView) else (view,)
        found = [
            File("Report (HTML)", ".html", "text/html", "description",
                 "One page to read, print and keep; it needs nothing else.",
                 lambda: report_of(views, PALETTE)),
            *found,
            File("Drawing (SVG)", ".svg", "image/svg+xml", "polyline",
                 "The image with the outlines as lines that stay sharp.",
                 lambda: svg_of(view, PALETTE)),
        ]  # fmt: skip
    if isinstance(view, CompareView):
        found.append(File(
            "Picture (PNG)", ".png", "image/png", "image", "All outlines on one picture.",
            lambda: together(view),
        ))  # fmt: skip
    if not isinstance(view, AttributionView):  # its page has tables of its own
        found.append(File(
            "Numbers (CSV)", ".csv", "text/csv", "table",
            "Each number with its name, and what it was computed from.", lambda: csv_of(view),
        ))  # fmt: skip
    if isinstance(view, PredictView | AttentionView):
        found.append(File(
            "Arrays (NPZ)", ".npz", "application/zip", "data_array",
            "Image, masks and maps as NumPy arrays, with a README.", lambda: npz_of(view),
        ))  # fmt: skip
    return found


def predicted(
    case: Case,
    prediction: Prediction,
    checkpoint: Checkpoint,
    mask_threshold: float,
    point: str | None = None,
    checks: Sequence[Check] = (),
) -> PredictView:
    """A prediction as a view.

    Args:
        case: the image.
        prediction: what the network said.
        checkpoint: whose card says what that is worth.
        mask_threshold: tumour probability above which a pixel is inside.
        point: name of the operating point; None for the default one of the card.
        checks: what speaks against the image.
    """
    points = words.operating_points(checkpoint.card)
    name = point if point in points else next(iter(points), None)
    chosen = None
    if name is not None and prediction.probability is not None:
        chosen = Point(
            words.POINT_NAMES.get(name, name),
            points[name]["threshold"],
            words.grey_zone(checkpoint.card),
            tuple(words.meaning_of_point(points[name])),
        )
    title = checkpoint.card.get("title", prediction.method)
    found = tuple((check.state, check.reason) for check in checks)
    return PredictView(case, title, prediction, mask_threshold, chosen, words.lesion_rows, found)


def compared(
    case: Case, found: Mapping[str, Prediction], mask_threshold: float
) -> CompareView:
    """Several predictions of one image as a view, each at the default point of its card."""
    return CompareView(case, tuple(
        predicted(case, prediction, services.checkpoint(method), mask_threshold)
        for method, prediction in found.items()
    ))  # fmt: skip


def together(view: CompareView) -> bytes:
    """All outlines of a comparison on one picture, as PNG with a strip that says whose they are."""
    panel, lines = overlay.grey_panel(view.case.image.pixels), outlines_of(view, PALETTE)
    for line in lines:
        panel = overlay.draw_region(panel, line.plane, line.colour, line.threshold)
    texts = (view.case.title, *map(sentence_of, view.views), DISCLAIMER)
    entries = [(line.colour, line.label) for line in lines]
    return overlay.encode_png(overlay.add_strip(panel, [*entries, *((None, t) for t in texts)]))


def offer_judged(
    tables: Sequence[judged_rows.Table], images: str, thresholds: Mapping[str, float | None]
) -> None:
    """Draw the menu of methods on test images.

    Args:
        tables: of the methods.
        images: as of `performance.choices`.
        thresholds: by method; missing for a method without a class.
    """
    methods = tuple(
        Judged(
            table.method, table.title, table.digest, thresholds.get(table.method),
            judged_rows.select(table, images),
        )
        for table in tables
    )  # fmt: skip
    view = PerformanceView(images, judged_rows.title_of_images(images), methods)
    offer(view, [_predictions_of(table) for table in tables])


def _predictions_of(table: judged_rows.Table) -> File:
    return File(
        f"Predictions of {table.title} (CSV)", f"_{table.method}_predictions.csv", "text/csv",
        "list", "Every judged image with its probability, label and outline metrics.",
        lambda: table.rows.to_csv(index=False),
    )  # fmt: skip
