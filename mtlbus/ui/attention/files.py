"""The pictures of Attention to take away, as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence

from ...export.picture_report import Picture, attention_report
from ...export.views import AttentionView
from ...figures.as_html import chart_code, chart_element
from .. import takeaway
from .look import Kept


def report(view: AttentionView, kept: Sequence[Kept]) -> takeaway.File:
    """What is on the page as one HTML file; its pictures are made when the button is pressed."""

    def make() -> str:
        pictures = [
            Picture(one.heading, chart_element(one.figure), one.text)
            for one in kept
            if one.figure is not None
        ]
        notes = [one.text for one in kept if one.figure is None]
        return attention_report(view, pictures, notes, chart_code() if pictures else "")

    return takeaway.report_file(make)
