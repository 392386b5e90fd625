"""The pictures of Attention to take away, as the page shows them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import numpy as np

from ...core.wording import DISCLAIMER
from ...export.picture_report import attention_report
from ...export.views import AttentionView
from .. import takeaway
from ..charts import Chart, charts_file, picture
from .look import Kept, Look


def arrays(look: Look) -> takeaway.File:
    """All inner maps of a look as NumPy arrays, with what each of them is."""

    def make() -> bytes:
        stream = io.BytesIO()
        about = {name: found.meaning for name, found in look.maps.items()}
        about |= {"image": look.case.image.sha256, "weights": look.weights, "terms": DISCLAIMER}
        planes = {name: found.tensor.numpy() for name, found in look.maps.items()}
        np.savez_compressed(stream, README=np.array(json.dumps(about, indent=1)), **planes)
        return stream.getvalue()

    about = "The inner maps as NumPy arrays, with a README."
    return takeaway.File("Arrays (NPZ)", ".npz", about, make)


def of_pictures(view: AttentionView, kept: Sequence[Kept]) -> list[takeaway.File]:
    """What is on the page as one HTML file, and its charts; made when a button is pressed."""
    notes = [one.text for one in kept if one.figure is None]

    def make() -> str:
        return attention_report(view, [picture(one) for one in _charts(kept)], notes)

    return [takeaway.report_file(make), charts_of(kept)]


def charts_of(kept: Sequence[Kept]) -> takeaway.File:
    """The pictures alone, as PNG and SVG."""
    return charts_file(lambda: _charts(kept))


def _charts(kept: Sequence[Kept]) -> list[Chart]:
    return [Chart(one.heading, one.figure, one.text) for one in kept if one.figure is not None]
