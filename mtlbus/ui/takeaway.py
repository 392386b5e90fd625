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
from ..export.case_views import (
    CompareView,
    MirrorView,
    PairView,
    Point,
    PredictView,
    TwoCasesView,
)
from ..export.drawing import Palette, sentence_of, svg_of
from ..export.method_views import MethodView, OverviewView
from ..export.pair_report import mirror_report
from ..export.recipes import notebook_of
from ..export.report import report_of
from ..export.tables import csv_of
from ..export.views import AttentionView, AttributionView, PerformanceView, View
from ..figures import colours
from ..figures.style import METHOD_COLOURS
from ..inference.input_checks import Check
from ..inference.predictor import Prediction
from . import pictures, records, seen, services, words
from .case import Case
from .together import together

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
    found = _reports(view)
    about = "Computes this view again through mtlbus and compares the numbers."
    if not isinstance(view, OverviewView | MethodView | PerformanceView):
        about += " Image and weights are checked by their digests."
    found.append(File(
        "Open as notebook", ".ipynb", "application/x-ipynb+json", "code", about,
        lambda: notebook_of(view),
    ))  # fmt: skip
    if isinstance(view, PredictView | CompareView | PairView):
        found.append(File(
            "Drawing (SVG)", ".svg", "image/svg+xml", "polyline",
            "The image with the outlines as lines that stay sharp.", lambda: svg_of(view, PALETTE),
        ))  # fmt: skip
    if isinstance(view, CompareView | PairView):
        found.append(File(
            "Picture (PNG)", ".png", "image/png", "image", "All outlines on one picture.",
            lambda: together(view, PALETTE),
        ))  # fmt: skip
    if not isinstance(view, AttributionView):  # its page has tables of its own
        found.append(File(
            "Numbers (CSV)", ".csv", "text/csv", "table",
            "Each number with its name, and what it was computed from.", lambda: csv_of(view),
        ))  # fmt: skip
    if isinstance(view, PredictView | CompareView | PairView | AttentionView):
        found.append(File(
            "Arrays (NPZ)", ".npz", "application/zip", "data_array",
            "Image, masks and maps as NumPy arrays, with a README.", lambda: npz_of(view),
        ))  # fmt: skip
    return found


def _reports(view: View) -> list[File]:
    """The reports of what is about a case."""

    if isinstance(view, TwoCasesView):  # a report is about one image
        first, second = view.first.views, view.second.views
        return [
            report_file(lambda: report_of(first, PALETTE), "first"),
            report_file(lambda: report_of(second, PALETTE), "second"),
        ]
    if isinstance(view, MirrorView):
        return [report_file(lambda: mirror_report(view, PALETTE))]
    if isinstance(view, PredictView | CompareView):
        views = view.views if isinstance(view, CompareView) else (view,)
        return [report_file(lambda: report_of(views, PALETTE))]
    return []


def report_file(make: Callable[[], str], of: str = "") -> File:
    """A report as something to download.

    Args:
        make: its HTML.
        of: "first" or "second" where the page has two cases.
    """
    label, ending = (f"Report of the {of} case", f"_{of}.html") if of else ("Report", ".html")
    about = "One page to read, print and keep; it needs nothing else."
    return File(f"{label} (HTML)", ending, "text/html", "description", about, make)


def offer_prediction(view: PredictView, look: pictures.Look, checks: Sequence[Check] = ()) -> None:
    """Draw the menu of a prediction.

    Args:
        view: what one network says about one image.
        look: how it is drawn.
        checks: what speaks against the image.
    """
    case, prediction = view.case, view.prediction
    said, threshold = sentence_of(view), None if view.point is None else view.point.threshold
    offer(view, [
        File(
            "Picture (PNG)", ".png", "image/png", "image", "As it is shown, with its origin.",
            lambda: pictures.export_png(case, prediction, look, said),
        ),
        File(
            "Numbers (JSON)", ".json", "application/json", "data_object",
            "All numbers of this view as one document.",
            lambda: records.as_json(
                case, prediction, view.title, threshold, look.threshold, view.lesion(),
                view.against_truth(), checks, view.seen),
        ),
    ])  # fmt: skip


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
    return PredictView(
        case, title, prediction, mask_threshold, chosen, words.lesion_rows, found,
        checkpoint.card.get("parameters"), seen.sentence(case, checkpoint.card),
    )  # fmt: skip


def compared(case: Case, found: Mapping[str, Prediction], mask_threshold: float) -> CompareView:
    """Several predictions of one image as a view, each at the default point of its card."""
    return CompareView(case, tuple(
        predicted(case, prediction, services.checkpoint(method), mask_threshold)
        for method, prediction in found.items()
    ))  # fmt: skip
