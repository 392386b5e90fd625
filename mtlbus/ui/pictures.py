"""The pictures of the pages: drawn once for each style, then kept by content."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from ..core.wording import DISCLAIMER
from ..data.task_case import TaskCase
from ..figures import colours, overlay
from ..findings import Finding
from ..inference.predictor import MASK_THRESHOLD
from .case import Case
from .memory import slider
from .results import ResultStore

_PICTURES = ResultStore(32 * 1024**2, len)  # waits for no network
TRUTH_WORDS = "true outline"
RIGHT_AND_WRONG = {
    colours.AGREE: "found",
    colours.EXTRA: "marked, but not lesion",
    colours.MISSED: "missed",
}
_LINES = {False: (2.0, 2.8), True: (7.0, 4.0)}
"""Widths of the true and the predicted outline, near and far: from afar two thin ones that run
together have one colour, so the true one is a band that the other lies on."""
TRUTH_BESIDE = "#FFFFFF"
"""The true outline among the colours of right and wrong."""


@dataclass(frozen=True)
class Style:
    """How a prediction is drawn; none of this needs the network.

    Attributes:
        colour: of the outline, "#RRGGBB".
        threshold: tumour probability above which a pixel is inside.
        outline, truth: draw the predicted and the true outline.
        fill: opacity of the inside, 0..1.
        agreement: colour what was found, marked in excess and missed, instead.
        place: height and width to fill, pixels.
        far: broad lines, for the last row of a lecture.
    """

    colour: str = colours.OUTLINE
    threshold: float = MASK_THRESHOLD
    outline: bool = True
    truth: bool = False
    fill: float = 0.0
    agreement: bool = False
    place: tuple[int, int] = overlay.PANEL
    far: bool = False


def pick_threshold(where: str) -> float:
    """From which tumour probability on a pixel is inside; `where` it counts is said in the help."""
    return slider(
        "Mask threshold", "mask_threshold", MASK_THRESHOLD, 0.05, 0.95, step=0.05,
        help=f"A pixel is inside from this tumour probability on; {where}.",
    )  # fmt: skip


def pick_fill(name: str, disabled: bool) -> float:
    """Opacity of the inside, 0..1, kept under a name."""
    percent = slider(
        "Fill", name, 0, 0, 80, step=5, format="%d %%", disabled=disabled,
        help="Opacity of the inside. Right and wrong has a fill of its own.",
    )  # fmt: skip
    return percent / 100


def plain(case: Case | TaskCase, place: tuple[int, int] = overlay.PANEL) -> bytes:
    """A case as it came, as JPEG that fills a place of this height and width."""
    seen = case.image.seen if isinstance(case, TaskCase) else case.image.pixels
    return overlay.encode_jpeg(overlay.grey_panel(seen, place))


def nothing_said(case: Case) -> str:
    """The words for `plain` of a refused image, for whoever cannot see it."""
    return f"{case.title}, about which nothing is predicted."


def in_words(finding: Finding) -> str:
    """The words for `picture`."""
    drawn = "with the outline that" if finding.outlined else "in which"
    rest = "draws" if finding.outlined else "outlines nothing"
    return f"{finding.case.title} {drawn} {finding.title} {rest}."


def picture(finding: Finding, style: Style) -> bytes:
    """A case with a finding drawn on it, as JPEG."""
    said = finding.prediction
    key = (
        finding.case.key, said.image_sha256, said.weights_sha256, said.outline_sha256,
        finding.outlined, astuple(style),
    )  # fmt: skip
    return _PICTURES.get(key, lambda: overlay.encode_jpeg(draw(finding, style)))


def draw(finding: Finding, style: Style) -> np.ndarray:
    """The picture as h×w×3 uint8, without its legend."""
    case = finding.case
    panel = overlay.grey_panel(case.image.pixels, style.place)
    true_line, own_line = _LINES[style.far]
    if style.agreement and case.truth is not None and finding.mask is not None:
        return overlay.draw_agreement(panel, finding.mask, case.truth)
    if style.truth and case.truth is not None:
        panel = overlay.draw_region(panel, case.truth, colours.TRUTH, line=true_line)
    if finding.outlined and (style.outline or style.fill > 0):
        line, plane = own_line if style.outline else 0.0, finding.prediction.mask_probability
        panel = overlay.draw_region(
            panel, plane, style.colour, style.threshold, line=line, fill=style.fill
        )
    return panel


def legend(finding: Finding, style: Style) -> list[tuple[str, str]]:
    """What the colours of a picture mean, as (colour, words); empty where one line is drawn."""
    if finding.case.truth is None or not (style.truth or style.agreement):
        return []
    if style.agreement and finding.mask is not None:
        return [*RIGHT_AND_WRONG.items(), (TRUTH_BESIDE, TRUTH_WORDS)]
    if not style.truth:
        return []
    entries = [(colours.TRUTH, TRUTH_WORDS)]
    if finding.outlined and (style.outline or style.fill > 0):
        entries.append((style.colour, f"predicted outline, threshold {style.threshold:.2f}"))
    return entries


def export_png(finding: Finding, style: Style) -> bytes:
    """The picture as PNG with its legend and a strip that says what it is and what it is not."""
    panel, entries = draw(finding, style), legend(finding, style)
    if entries:
        panel = overlay.add_strip(panel, entries)
    said = [finding.case.title, finding.sentence, *(c.reason for c in finding.cautions), DISCLAIMER]
    return overlay.encode_png(overlay.add_strip(panel, [(None, text) for text in said]))
