"""The pictures of the pages: drawn once for each look, then kept by content."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from itertools import combinations

import numpy as np
from plotly.colors import sample_colorscale

from ..figures import colours, overlay
from ..inference.predictor import MASK_THRESHOLD, Prediction
from .case import Case
from .records import DISCLAIMER
from .results import ResultStore

_PICTURES = ResultStore(32 * 1024**2, len)
TRUTH_WORDS = "true outline"


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
    """The picture as h×w×3 uint8."""
    panel = overlay.grey_panel(case.image.pixels, look.place)
    plane = prediction.mask_probability
    if look.agreement and case.truth is not None and plane is not None:
        panel = overlay.draw_agreement(panel, plane > look.threshold, case.truth)
        entries = [
            (colours.AGREE, "found"),
            (colours.EXTRA, "marked, but not lesion"),
            (colours.MISSED, "missed"),
            ("#FFFFFF", TRUTH_WORDS),
        ]
        return overlay.add_strip(panel, entries)
    entries = []
    if look.truth and case.truth is not None:
        panel = overlay.draw_region(panel, case.truth, colours.TRUTH, line=2.0)
        entries.append((colours.TRUTH, TRUTH_WORDS))
    if plane is not None and (look.outline or look.fill > 0):
        line = 2.8 if look.outline else 0.0
        panel = overlay.draw_region(
            panel, plane, look.colour, look.threshold, line=line, fill=look.fill
        )
        entries.append((look.colour, f"predicted outline, threshold {look.threshold:.2f}"))
    return overlay.add_strip(panel, entries) if look.truth and entries else panel


def export_png(case: Case, prediction: Prediction, look: Look, sentence: str) -> bytes:
    """The picture as PNG with a strip that says what it is and what it is not."""
    panel = draw(case, prediction, look)
    return overlay.encode_png(
        overlay.add_strip(panel, [(None, case.title), (None, sentence), (None, DISCLAIMER)])
    )


def votes(
    case: Case, planes: dict[str, np.ndarray], threshold: float, place: tuple[int, int]
) -> bytes:
    """How many methods call each pixel lesion, as JPEG.

    Args:
        case: the image.
        planes: tumour probability of each method, H×W.
        threshold: above which a pixel is lesion.
        place: height and width to fill, pixels.
    """
    panel = overlay.grey_panel(case.image.pixels, place)
    palette = vote_palette(len(planes))
    panel = overlay.draw_levels(panel, _count(planes, threshold, panel), palette)
    entries = [(c, f"{n} of {len(planes)}") for n, c in enumerate(palette, start=1)]
    return overlay.encode_jpeg(overlay.add_strip(panel, entries))


def disagreement(
    case: Case, planes: dict[str, np.ndarray], threshold: float, place: tuple[int, int]
) -> bytes:
    """The pixels on which the methods do not agree, as JPEG; arguments as of `votes`."""
    panel = overlay.grey_panel(case.image.pixels, place)
    total = _count(planes, threshold, panel)
    split = (total > 0) & (total < len(planes))
    panel = overlay.draw_levels(panel, split.astype(np.uint8), [colours.EXTRA], fill=0.6)
    return overlay.encode_jpeg(overlay.add_strip(panel, [(colours.EXTRA, "not unanimous")]))


def _count(planes: dict[str, np.ndarray], threshold: float, panel: np.ndarray) -> np.ndarray:
    """Votes at the resolution of the panel, so that their edges are as fine as the outlines."""
    size = panel.shape[:2]
    return sum(
        (overlay.plane_panel(plane, size) > threshold).astype(np.uint8)
        for plane in planes.values()
    )


def vote_palette(count: int) -> list[str]:
    """Colours for 1 … count votes, dark to bright in viridis."""
    stops = np.linspace(0.25, 1.0, count) if count > 1 else [1.0]
    mixed = sample_colorscale("Viridis", list(map(float, stops)), colortype="tuple")
    return ["#" + "".join(f"{round(255 * part):02X}" for part in colour) for colour in mixed]


def pairwise_dice(masks: dict[str, np.ndarray]) -> dict[tuple[str, str], float]:
    """Dice of each pair of masks; 1 where both are empty."""
    result = {}
    for first, second in combinations(masks, 2):
        a, b = masks[first], masks[second]
        whole = int(a.sum()) + int(b.sum())
        result[first, second] = 2 * int((a & b).sum()) / whole if whole else 1.0
    return result
