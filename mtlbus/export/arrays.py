"""The arrays of a view as one NPZ file that says what it holds."""

from __future__ import annotations

import io
import json

import numpy as np

from ..explain.attention import array_of
from .origin import DISCLAIMER, now, pixels_sha256
from .tables import origin_rows
from .views import AttentionView, PredictView

README = "README"
_MEANINGS = {
    "image": "grey image, H×W, 0 black to 255 white",
    "truth": "true lesion, H×W",
    "mask_probability": "probability of tumour on the image's grid, H×W",
    "mask": "the outline: mask_probability above the mask threshold, H×W",
}


def npz_of(view: PredictView | AttentionView) -> bytes:
    """A compressed NPZ of image, masks and maps.

    Its entry `README` is a text in JSON: what each array is, from what it was computed, and the
    terms. Nothing in it is pickled, so `numpy.load` opens it as it is.
    """
    arrays = {"image": view.case.image.pixels}
    if view.case.truth is not None:
        arrays["truth"] = view.case.truth
    meanings, facts = dict(_MEANINGS), {}
    if isinstance(view, PredictView):
        found, facts = view.prediction, {"mask_threshold": view.mask_threshold}
        if found.mask_probability is not None:
            arrays["mask_probability"] = found.mask_probability
            arrays["mask"] = found.mask(view.mask_threshold)
    else:
        for name, found in view.maps.items():
            arrays[name] = array_of(found)
            meanings[name] = f"{found.stage}: {found.meaning}" if found.stage else found.meaning
        facts = {
            "square": f"the image is padded with zeros to {view.frame.side}×{view.frame.side} px, "
            f"its upper left corner at ({view.frame.left}, {view.frame.top})"
        }
    readme = {
        "arrays": {name: meanings[name] for name in arrays},
        **facts,
        **dict(origin_rows(view)),
        "pixels_sha256": pixels_sha256(view.case.image.pixels),
        "computed": now(),
        "terms": DISCLAIMER,
    }
    text = json.dumps(readme, indent=1, ensure_ascii=False)
    stream = io.BytesIO()
    np.savez_compressed(stream, **{README: np.array(text)}, **arrays)
    return stream.getvalue()
