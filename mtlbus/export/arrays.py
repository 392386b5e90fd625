"""The arrays of a view as one NPZ file that says what it holds."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.wording import DISCLAIMER
from ..data.case import Case
from ..explain.attention import array_of
from ..findings import Finding
from .case_views import CompareView, PairView
from .origin import now, pixels_sha256
from .tables import origin_rows
from .views import AttentionView

README = "README"
Named = tuple[str, np.ndarray, str]
"""Name, array and meaning."""


def npz_of(view: Finding | CompareView | PairView | AttentionView) -> bytes:
    """A compressed NPZ of images, masks and maps.

    Its entry `README` is a text in JSON: what each array is, from what it was computed, and the
    terms. Nothing in it is pickled, so `numpy.load` opens it as it is.
    """
    found = list(_arrays_of(view))
    readme = {
        "arrays": {name: meaning for name, _, meaning in found},
        **_facts_of(view),
        **dict(origin_rows(view)),
        "pixels_sha256": pixels_sha256(view.case.image.pixels),
        "computed": now(),
        "terms": DISCLAIMER,
    }
    text = json.dumps(readme, indent=1, ensure_ascii=False)
    stream = io.BytesIO()
    arrays = {name: array for name, array, _ in found}
    np.savez_compressed(stream, allow_pickle=False, **{README: np.array(text), **arrays})
    return stream.getvalue()


def _arrays_of(view: Finding | CompareView | PairView | AttentionView) -> Iterator[Named]:
    if isinstance(view, PairView):
        for word, half in view.halves:
            for name, array, meaning in _arrays_of(half):
                joined = word if name == word else f"{word}_{name}"
                yield joined, array, f"{half.case.title}: {meaning}"
        return
    yield from _case(view.case)
    if isinstance(view, Finding):
        yield from _masks(view)
    elif isinstance(view, CompareView):
        for one in view.views:
            yield from _masks(one, f"{one.prediction.method}_")
    else:
        for name, found in view.maps.items():
            meaning = f"{found.stage}: {found.meaning}" if found.stage else found.meaning
            yield name, array_of(found), meaning


def _case(case: Case) -> Iterator[Named]:
    yield "image", case.image.pixels, "grey image, H×W, 0 black to 255 white"
    if case.truth is not None:
        yield "truth", case.truth, "true lesion, H×W"


def _masks(view: Finding, prefix: str = "") -> Iterator[Named]:
    plane, mask = view.prediction.mask_probability, view.mask
    if plane is None or mask is None:
        return
    name = f"{prefix}mask_probability"
    yield name, plane, "probability of tumour on the image's grid, H×W"
    outline = f"the outline: {name} above the mask threshold, H×W"
    yield f"{prefix}mask", mask, outline


def _facts_of(view: Finding | CompareView | PairView | AttentionView) -> dict[str, Any]:
    if isinstance(view, AttentionView):
        frame = view.frame
        if frame.fit == "resize":
            return {"square": "the image is stretched to a square"}
        return {
            "square": f"the image is padded with zeros to {frame.across}×{frame.down} px, "
            f"its upper left corner at ({frame.left}, {frame.top})"
        }
    if isinstance(view, Finding):
        return {"mask_threshold": view.mask_threshold}
    views = view.first.views if isinstance(view, PairView) else view.views
    weights = {one.prediction.method: one.prediction.weights_sha256 for one in views}
    return {"mask_threshold": views[0].mask_threshold, "weights_sha256": weights}
