"""The picture of Predict: the image with its regions as lines, drawn again without the network."""

from __future__ import annotations

import numpy as np

from ...core.wording import percent
from ...findings import Finding
from .. import pictures
from ..case import Case
from ..panels import region_shapes, zoom_panels
from ..panels.case_shapes import shapes_of
from ..panels.zoom_panels import Panel
from ..pictures import Style


def show(finding: Finding, style: Style) -> None:
    """The picture under its zoom, and what its colours mean.

    Args:
        finding: what the network says about the case.
        style: how it is drawn.
    """
    case, truth = finding.case, None
    inside = region_shapes.level_of(finding)
    if case.truth is not None:
        truth = region_shapes.level_of_mask(case.truth)
    panel = Panel("", _alt(case, style, finding.mask), shapes_of(inside, truth, style))
    lesion = region_shapes.lesion_box([] if inside is None else [inside], truth)
    legend = pictures.legend(finding, style)
    zoom_panels.show("predict_picture", [case], [panel], [lesion], legend)


def _alt(case: Case, style: Style, mask: np.ndarray | None) -> str:
    if mask is None:
        drawn = "without an outline"
    elif not mask.any():
        drawn = "in which the network outlines nothing"
    else:
        drawn = f"with a predicted outline around {percent(mask.mean())} of the image"
        if style.agreement and case.truth is not None:
            drawn += ", coloured by what was found, marked in excess and missed"
    return f"Ultrasound image {case.title} {drawn}."
