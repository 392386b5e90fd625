"""Where a mask lies, so that only that part of a plane need be worked on."""

from __future__ import annotations

import numpy as np


def extent(mask: np.ndarray, margin: int = 0) -> tuple[slice, slice] | None:
    """The rows and columns that hold all of a mask; None for an empty one.

    Args:
        mask: H×W bool.
        margin: pixels more on each side, as far as the plane goes.
    """
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return None
    down, across = (
        slice(max(0, int(places[0]) - margin), int(places[-1]) + 1 + margin)
        for places in (rows, columns)
    )
    return down, across
