"""What a network says about a case as one JSON document, to take away."""

from __future__ import annotations

import json
from dataclasses import asdict

from ..findings import Finding
from ..findings.opinion import Opinion


def as_json(finding: Finding, opinion: Opinion | None = None) -> str:
    """All numbers of a view, with the digests that reproduce it.

    Args:
        finding: the view.
        opinion: what else was said; None where nothing was asked.
    """
    case, pixels = finding.case, finding.case.image.pixels
    document = {
        **finding.numbers(),
        "case": {"key": case.key, "origin": case.origin},
        "image_size_px": [pixels.shape[1], pixels.shape[0]],
        "seconds": finding.prediction.seconds,
    }
    if opinion is not None:
        document["changes"] = [asdict(one) for one in opinion.changes]
        document["other_networks"] = [asdict(one) for one in opinion.networks]
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
