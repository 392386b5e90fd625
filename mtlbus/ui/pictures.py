"""The pictures of the pages: drawn once for each look, then kept by content."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from ..figures import colours, overlay
from ..inference.predictor import MASK_THRESHOLD, Prediction
from .case import Case
from .records import DISCLAIMER
from .results import ResultStore

_PICTURES = ResultStore(32 * 1024**2, len)  # waits for no network
TRUTH_WORDS = "true outline"
RIGHT_AND_WRONG = {
    colours.AGREE: "found",
    colours.EXTRA: "marked, but not lesion",
    colours.MISSED: "missed",
}
TRUTH_BESIDE = "#FFFFFF"
"""The true outline among the colours of right and wrong."""


@dataclass(frozen=True)
class Look:
    """How a prediction is drawn; none of this needs the network.

    Attributes:
        colour: of the outline, "#RRGGBB".
        threshold: tumour probability above which a pixel is inside.
        outline, truth: draw the predicted and the true outline.
        fill: opacity of the inside, 0..1.
        agreement: colour what was found, marked in excess and missed, instead.
        place: height and width to fill, pixels.
    """

    colour: str = colours.OUTLINE
    threshold: float = MASK_THRESHOLD
    outline: bool = True
    truth: bool = False
    fill: float = 0.0
    agreement: bool = False
    place: tuple[int, int] = overlay.PANEL


def picture(case: Case, prediction: Prediction, look: Look) -> bytes:
    """A case with a prediction drawn on it, as JPEG."""
    key = (case.key, prediction.image_sha256, prediction.weights_sha256, astuple(look))
    return _PICTURES.get(key, lambda: overlay.encode_jpeg(draw(case, prediction, look)))


def draw(case: Case, prediction: Prediction, look: Look) -> np.ndarray:
    """The picture as h×w×3 uint8, without its legend."""
    panel = overlay.grey_panel(case.image.pixels, look.place)
    plane = prediction.mask_probability
    if look.agreement and case.truth is not None and plane is not None:
        return overlay.draw_agreement(panel, plane > look.threshold, case.truth)
    if look.truth and case.truth is not None:
        panel = overlay.draw_region(panel, case.truth, colours.TRUTH, line=2.0)
    if plane is not None and (look.outline or look.fill > 0):
        line = 2.8 if look.outline else 0.0
        panel = overlay.draw_region(
            panel, plane, look.colour, look.threshold, line=line, fill=look.fill
        )
    return panel


def legend(case: Case, prediction: Prediction, look: Look) -> list[tuple[str, str]]:
    """What the colours of a picture mean, as (colour, words); empty where one line is drawn."""
    if case.truth is None or not (look.truth or look.agreement):
        return []
    outlines = prediction.mask_probability is not None
    if look.agreement and outlines:
        return [*RIGHT_AND_WRONG.items(), (TRUTH_BESIDE, TRUTH_WORDS)]
    if not look.truth:
        return []
    entries = [(colours.TRUTH, TRUTH_WORDS)]
    if outlines and (look.outline or look.fill > 0):
        entries.append((look.colour, f"predicted outline, threshold {look.threshold:.2f}"))
    return entries


def export_png(case: Case, prediction: Prediction, look: Look, sentence: str) -> bytes:
    """The picture as PNG with its legend and a strip that says what it is and what it is not."""
    panel, entries = draw(case, prediction, look), legend(case, prediction, look)
    if entries:
        panel = overlay.add_strip(panel, entries)
    return overlay.encode_png(
        overlay.add_strip(panel, [(None, case.title), (None, sentence), (None, DISCLAIMER)])
    )
