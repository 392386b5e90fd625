"""A case as SVG: the grey image inside, the outlines as lines that stay sharp at any size."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from ..core.encoding import data_uri, encoded, scaled_down
from ..core.wording import DISCLAIMER
from ..findings import Finding
from .case_views import CompareView, PairView
from .contours import outlines, svg_path
from .tables import origin_rows

LONGEST_PICTURE = 1600  # pixels; a larger image is embedded scaled down, the outlines are not
SHOWN = 960  # longest side at which a viewer opens the drawing
_LINE, _TEXT = 1 / 340, 1 / 46  # of the longer side: width of an outline, size of the letters
_SIZE = re.compile(r'width="(\d+)" height="(\d+)" role="img"')  # of an element of `drawing`
_PALE, _DARK = "#E4ECEE", "#0E1416"


class Palette(NamedTuple):
    """The colours of the explorer as "#RRGGBB".

    Attributes:
        benign, malignant, neutral: of a call, and of none.
        truth: of the true outline.
        methods: of methods that are drawn together, in their order.
    """

    benign: str
    malignant: str
    neutral: str
    truth: str
    methods: tuple[str, ...]

    def of(self, finding: Finding) -> str:
        """The colour of a call; neutral where there is none, or one with a caution."""
        call = None if finding.cautious else finding.call
        return {"benign": self.benign, "malignant": self.malignant}.get(call or "", self.neutral)


class Outline(NamedTuple):
    """A line around where a plane is above a threshold.

    Attributes:
        plane: H×W probabilities or bool, on the image's grid.
        threshold: 0..1.
        colour: "#RRGGBB".
        label: what it is, in words.
    """

    plane: np.ndarray
    threshold: float
    colour: str
    label: str


def svg_of(view: Finding | CompareView | PairView, palette: Palette) -> str:
    """A view as an SVG file, with a strip that says what it is and what it is not.

    Two images stand side by side.
    """
    halves = [half for _, half in view.halves] if isinstance(view, PairView) else [view]
    drawn = [_drawn(half, palette) for half in halves]
    about = [f"{name}: {digest}" for name, digest in _weights(halves[0]).items()]
    about += [f"{name}: {text}" for name, text in origin_rows(view)]
    return document(drawn[0] if len(drawn) == 1 else beside(drawn), "; ".join(about))


def _drawn(view: Finding | CompareView, palette: Palette) -> str:
    said = [one.sentence for one in _networks(view)]
    lines = outlines_of(view, palette)
    alt = f"Ultrasound image {view.case.title} with {len(lines)} outlines. {' '.join(said)}"
    return drawing(view.case.image.pixels, lines, alt, (view.case.title, *said, DISCLAIMER))


def _networks(view: Finding | CompareView) -> tuple[Finding, ...]:
    return view.views if isinstance(view, CompareView) else (view,)


def _weights(view: Finding | CompareView) -> dict[str, str]:
    found = (one.prediction for one in _networks(view))
    return {one.method: one.weights_sha256 for one in found}


def beside(elements: Sequence[str], gap: int = 24) -> str:
    """SVG elements from `drawing` side by side, as one."""
    parts, left, tallest = [], 0, 0
    for element in elements:
        width, height = map(int, _SIZE.findall(element)[0])
        parts.append(f'<g transform="translate({left})">{element}</g>')
        left, tallest = left + width + gap, max(tallest, height)
    width = left - gap
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {tallest}" '
        f'width="{width}" height="{tallest}">{"".join(parts)}</svg>'
    )


def outlines_of(view: Finding | CompareView, palette: Palette) -> list[Outline]:
    """The true outline where it is known, then what the networks outlined.

    One network draws in the colour of its call; several each in a colour of their own.
    """
    several = isinstance(view, CompareView)
    found = []
    if view.case.truth is not None:
        found.append(Outline(view.case.truth, 0.5, palette.truth, "true outline"))
    for number, one in enumerate(_networks(view)):
        plane = one.prediction.mask_probability
        if plane is None or not one.outlined:
            continue
        own = palette.methods[number % len(palette.methods)]
        colour = own if several else palette.of(one)
        who = one.title if several else "predicted outline"
        label = f"{who}, threshold {one.mask_threshold:.2f}"
        found.append(Outline(plane, one.mask_threshold, colour, label))
    return found


def jpeg_uri(pixels: np.ndarray) -> str:
    """An image as a JPEG data address, H×W uint8; only pixels, no metadata."""
    return data_uri(encoded(scaled_down(pixels, LONGEST_PICTURE), "jpeg", quality=92), "jpeg")


def drawing(
    pixels: np.ndarray, lines: Sequence[Outline], alt: str, words: Sequence[str] = ()
) -> str:
    """An image with outlines, as an SVG element whose unit is the pixel of the image.

    Args:
        pixels: H×W uint8.
        lines: drawn in this order.
        alt: what it shows, one sentence.
        words: lines of text on a strip below, after the legend; without any there is no strip.
    """
    height, width = pixels.shape
    longer = max(height, width)
    strip = _strip(width, height, longer * _TEXT, lines, words) if words else ""
    whole = height + (_strip_height(width, longer * _TEXT, lines, words) if words else 0)
    scale = SHOWN / max(width, whole)
    drawn = "".join(_line(line, longer * _LINE) for line in lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole:.1f}" '
        f'width="{width * scale:.0f}" height="{whole * scale:.0f}" role="img" '
        f"aria-label={quoteattr(_clean(alt))}>"
        f"<title>{escape(_clean(alt))}</title>"
        f'<image width="{width}" height="{height}" preserveAspectRatio="none" '
        f'href="{jpeg_uri(pixels)}"/>'
        f'<g fill="none" stroke-linejoin="round">{drawn}</g>{strip}</svg>'
    )


def document(element: str, about: str) -> str:
    """An SVG element as a file of its own; `about`, where it comes from, goes into its metadata."""
    start = element.index(">") + 1
    described = f"<metadata>{escape(_clean(about))}</metadata>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{element[:start]}{described}{element[start:]}\n'
    )


def _line(line: Outline, width: float) -> str:
    """The outline on a dark edge, so that it can be seen on bright tissue."""
    path = svg_path(outlines(line.plane, line.threshold))
    if not path:
        return ""
    return (
        f"<g aria-label={quoteattr(_clean(line.label))}>"
        f'<path d="{path}" stroke="#000" stroke-opacity=".55" stroke-width="{2 * width:.3f}"/>'
        f'<path d="{path}" stroke="{line.colour}" stroke-width="{width:.3f}"/></g>'
    )


def _wrapped(width: float, size: float, words: Sequence[str]) -> list[str]:
    """The lines that fit below the image, a letter taken as 0.56 of its height."""
    most = max(12, int((width - 2 * size) / (0.56 * size)))
    return [part for line in words for part in textwrap.wrap(_clean(line), most) or [""]]


def _strip_height(
    width: float, size: float, lines: Sequence[Outline], words: Sequence[str]
) -> float:
    return size * (1.6 * (len(lines) + len(_wrapped(width, size, words))) + 1)


def _strip(
    width: float, top: float, size: float, lines: Sequence[Outline], words: Sequence[str]
) -> str:
    """A dark strip with the legend and the words."""
    tall = _strip_height(width, size, lines, words)
    parts = [f'<rect y="{top}" width="{width}" height="{tall:.2f}" fill="{_DARK}"/>']
    y = top + 1.6 * size
    for line in lines:
        parts.append(
            f'<rect x="{size:.2f}" y="{y - 0.75 * size:.2f}" width="{0.8 * size:.2f}" '
            f'height="{0.8 * size:.2f}" rx="{0.2 * size:.2f}" fill="{line.colour}"/>'
            f'<text x="{2.3 * size:.2f}" y="{y:.2f}">{escape(_clean(line.label))}</text>'
        )
        y += 1.6 * size
    for text in _wrapped(width, size, words):
        parts.append(f'<text x="{size:.2f}" y="{y:.2f}">{escape(text)}</text>')
        y += 1.6 * size
    return (
        f'<g fill="{_PALE}" font-size="{size:.2f}" '
        f'font-family="system-ui, sans-serif">{"".join(parts)}</g>'
    )


def _clean(text: str) -> str:
    """Without the control characters that XML forbids; a line break becomes a space."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
