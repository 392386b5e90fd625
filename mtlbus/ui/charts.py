"""Charts: on a page, in a report, and each as PNG and SVG in one file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import plotly.graph_objects as go
import streamlit as st

from ..export.picture_report import Picture, image_element
from ..figures.static import plain, png_of_chart, svg_of_chart
from ..figures.style import CONFIG
from .takeaway import File, button
from .theme import readable


class Chart(NamedTuple):
    """A chart with its words.

    Attributes:
        heading: what it is.
        figure: as the page shows it.
        said: the text below; `**` marks what is important.
    """

    heading: str
    figure: go.Figure
    said: str


def show(
    figure: go.Figure, key: str, alt: str, config: Mapping[str, Any] = CONFIG, **clicks: Any
) -> None:
    """Draw a chart on the page, with letters that stand out from it.

    Args:
        figure: what to draw; its letters are changed.
        key: of the element.
        alt: what a person who cannot see it should know.
        config: its tool bar, one of `figures.style`.
        clicks: `on_select` and `selection_mode` of a chart that can be clicked.
    """
    st.plotly_chart(readable(figure), key=key, config=dict(config), alt=alt, **clicks)


def picture(chart: Chart) -> Picture:
    """The chart in a report: drawn, so that the report runs nothing and stays small."""
    alt = chart.heading or plain(chart.said)
    element = image_element(svg_of_chart(chart.figure).encode(), alt, "svg+xml")
    return Picture(chart.heading, element, chart.said)


def charts_file(make: Callable[[], Iterable[Chart]], ending: str = "_charts.zip") -> File:
    """All charts of a page as something to download, made when its button is pressed."""
    about = "Every chart as PNG and as SVG, on a light ground."
    return File("Charts (ZIP)", ending, about, lambda: _zipped(make()))


def offer(heading: str, figure: go.Figure, name: str) -> None:
    """A button below a chart that takes it away, where the page's menu does not have it.

    `heading` says what it is; `name` is that of the file, without its ending, and of the button.
    """
    file = charts_file(lambda: [Chart(heading, figure, "")], ".zip")
    button(file._replace(label="Chart (PNG, SVG)"), name, f"_chart_{name}")


def _zipped(charts: Iterable[Chart]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, chart in enumerate(charts, start=1):
            word = re.sub(r"[^a-z0-9]+", "-", chart.heading.casefold()).strip("-") or "chart"
            archive.writestr(f"{number:02}-{word[:40]}.svg", svg_of_chart(chart.figure))
            archive.writestr(f"{number:02}-{word[:40]}.png", png_of_chart(chart.figure))
    return stream.getvalue()
