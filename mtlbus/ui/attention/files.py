"""The pictures of Attention to take away, as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence

from ...export.picture_report import attention_report
from ...export.views import AttentionView
from .. import takeaway
from ..charts import Chart, charts_file, picture
from .look import Kept


def of_pictures(view: AttentionView, kept: Sequence[Kept]) -> list[takeaway.File]:
    """What is on the page as one HTML file, and its charts; made when a button is pressed."""
    charts = [Chart(one.heading, one.figure, one.text) for one in kept if one.figure is not None]
    notes = [one.text for one in kept if one.figure is None]

    def make() -> str:
        return attention_report(view, [picture(one) for one in charts], notes)

    return [takeaway.report_file(make), charts_file(lambda: charts)]
