"""What a network says about a case as one JSON document, to take away."""

from __future__ import annotations

import json

from ..findings import Finding


def as_json(finding: Finding) -> str:
    """All numbers of a view, with the digests that reproduce it."""
    case, pixels = finding.case, finding.case.image.pixels
    document = {
        **finding.numbers(),
        "case": {"key": case.key, "origin": case.origin},
        "image_size_px": [pixels.shape[1], pixels.shape[0]],
        "seconds": finding.prediction.seconds,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
