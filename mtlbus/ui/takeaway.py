"""Take it away: one small menu on each page with everything that a view can be kept as.

A file is made when its button is pressed, from results that the page holds already: no network
runs for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ..export.arrays import npz_of
from ..export.case_views import CompareView, MirrorView, PairView, TwoCasesView, stem_of
from ..export.drawing import Palette, svg_of
from ..export.method_views import MethodView, OverviewView
from ..export.pair_report import mirror_report
from ..export.recipes import notebook_of
from ..export.report import report_of
from ..export.tables import csv_of
from ..export.views import AttentionView, AttributionView, PerformanceView, View
from ..figures import colours
from ..figures.style import METHOD_COLOURS
from ..findings import Finding
from ..findings.opinion import Opinion
from .together import together

PALETTE = Palette(colours.BENIGN, colours.MALIGNANT, colours.OUTLINE, colours.TRUTH, METHOD_COLOURS)
Ask = Callable[[], Opinion | None]
_KINDS = {
    ".html": ("text/html", "description"),
    ".ipynb": ("application/x-ipynb+json", "code"),
    ".svg": ("image/svg+xml", "polyline"),
    ".png": ("image/png", "image"),
    ".csv": ("text/csv", "table"),
    ".json": ("application/json", "data_object"),
    ".npz": ("application/zip", "data_array"),
    ".zip": ("application/zip", "bar_chart"),
}
"""MIME type and Material symbol of a file by how its name ends."""


class File(NamedTuple):
    """Something to download.

    Attributes:
        label: of its button.
        ending: of its name; what stands behind its dot says of which kind it is.
        help: what it holds, one sentence.
        make: its content; called when the button is pressed, without arguments.
        icon: name of a Material symbol; "" for that of its kind.
    """

    label: str
    ending: str
    help: str
    make: Callable[[], bytes | str]
    icon: str = ""


def offer(
    view: View, more: Sequence[File] = (), key: str = "takeaway", opinion: Ask = lambda: None
) -> None:
    """Draw the menu of a view.

    `more` is what only its page can make; `opinion` tells what else is known of a finding by the
    time that a file is made.
    """
    stem = stem_of(view) if isinstance(view, Finding) else view.stem
    menu((*files(view, opinion), *more), stem, key)


def menu(files: Sequence[File], stem: str, key: str = "takeaway") -> None:
    """Draw the menu itself; `stem` is the name of the files without its ending."""
    place = st.popover("Take it away", icon=":material/download:", width="content", key=key)
    with place, st.container(gap="xxsmall"):
        for file in files:
            button(file, stem, f"{key}{file.ending}")


def button(file: File, stem: str, key: str) -> None:
    """A button for one file, whose name begins with `stem`."""
    kind, icon = _KINDS[Path(file.ending).suffix or file.ending]
    st.download_button(
        file.label, file.make, f"{stem}{file.ending}", kind, type="tertiary", on_click="ignore",
        icon=f":material/{file.icon or icon}:", help=file.help, key=key,
    )  # fmt: skip


def files(view: View, opinion: Ask = lambda: None) -> list[File]:
    """What a view can be kept as; nothing is made yet. Arguments as of `offer`."""
    found = _reports(view, opinion)
    about = "Computes this view again through mtlbus and compares the numbers."
    if not isinstance(view, OverviewView | MethodView | PerformanceView):
        about += " Image and weights are checked by their digests."
    found.append(File("Open as notebook", ".ipynb", about, lambda: notebook_of(view)))
    if isinstance(view, Finding | CompareView | PairView):
        lines = "The image with the outlines as lines that stay sharp."
        found.append(File("Drawing (SVG)", ".svg", lines, lambda: svg_of(view, PALETTE)))
    if isinstance(view, CompareView | PairView):
        every = "All outlines on one picture."
        found.append(File("Picture (PNG)", ".png", every, lambda: together(view, PALETTE)))
    if not isinstance(view, AttributionView):  # its page has tables of its own
        each = "Each number with its name, and what it was computed from."
        found.append(File("Numbers (CSV)", ".csv", each, lambda: csv_of(view)))
    if isinstance(view, Finding | CompareView | PairView | AttentionView):
        arrays = "Image, masks and maps as NumPy arrays, with a README."
        found.append(File("Arrays (NPZ)", ".npz", arrays, lambda: npz_of(view)))
    return found


def _reports(view: View, opinion: Ask) -> list[File]:
    """The reports of what is about a case."""

    if isinstance(view, TwoCasesView):  # a report is about one image
        first, second = view.first.views, view.second.views
        return [
            report_file(lambda: report_of(first, PALETTE), "first"),
            report_file(lambda: report_of(second, PALETTE), "second"),
        ]
    if isinstance(view, MirrorView):
        return [report_file(lambda: mirror_report(view, PALETTE))]
    if isinstance(view, Finding):
        return [report_file(lambda: report_of((view,), PALETTE, opinion=opinion()))]
    if isinstance(view, CompareView):
        return [report_file(lambda: report_of(view.views, PALETTE))]
    return []


def report_file(make: Callable[[], str], of: str = "") -> File:
    """A report as something to download; of the "first" or "second" case where a page has two."""
    label, ending = (f"Report of the {of} case", f"_{of}.html") if of else ("Report", ".html")
    about = "One page to read, print and keep; it needs nothing else."
    return File(f"{label} (HTML)", ending, about, make)
