"""Outlines of several networks on one picture, and two such pictures side by side."""

from __future__ import annotations

import numpy as np

from ..core.wording import DISCLAIMER
from ..export.case_views import CompareView, PairView
from ..export.drawing import Palette, outlines_of
from ..figures import overlay
from ..findings.several import cautions_of_all

_GAP = 24  # pixels


def together(view: CompareView | PairView, palette: Palette) -> bytes:
    """All outlines of a comparison as PNG with a strip that says whose they are.

    Two images stand side by side, each with its strip.
    """
    halves = [half for _, half in view.halves] if isinstance(view, PairView) else [view]
    return overlay.encode_png(_beside([_panel(half, palette) for half in halves]))


def _panel(view: CompareView, palette: Palette) -> np.ndarray:
    panel, lines = overlay.grey_panel(view.case.image.pixels), outlines_of(view, palette)
    for line in lines:
        panel = overlay.draw_region(panel, line.plane, line.colour, line.threshold)
    said = [one.sentence for one in view.views]
    doubts = [check.reason for check in cautions_of_all(view.views)]
    texts = (view.case.title, *doubts, *said, DISCLAIMER)
    entries = [(line.colour, line.label) for line in lines]
    return overlay.add_strip(panel, [*entries, *((None, t) for t in texts)])


def _beside(panels: list[np.ndarray]) -> np.ndarray:
    """Panels in a row, white between and below them."""
    height = max(len(panel) for panel in panels)
    width = sum(panel.shape[1] + _GAP for panel in panels) - _GAP
    whole, left = np.full((height, width, 3), 255, np.uint8), 0
    for panel in panels:
        whole[: len(panel), left : left + panel.shape[1]] = panel
        left += panel.shape[1] + _GAP
    return whole
