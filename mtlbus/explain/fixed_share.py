"""How much of a gate is the same on every image: one that does not look cannot point at anything.

The values of a gate vary between its cells, and in a cell between images. The part of the variance
that every image shares is the intraclass correlation ICC(1) with cells as classes and images as
their repeats. Source: Shrout and Fleiss, Psychological Bulletin 86 (1979), 420 to 428.
"""

from __future__ import annotations

import numpy as np

from ..core.outputs import Map


class GateRepeats:
    """Counts, sums and sums of squares of a gate in each cell, over images."""

    def __init__(self) -> None:
        self._count: np.ndarray | float = 0.0  # H×W
        self._sum: np.ndarray | float = 0.0  # C×H×W
        self._squares: np.ndarray | float = 0.0  # C×H×W

    def add(self, gate: np.ndarray, seen: np.ndarray) -> None:
        """Add an image.

        Args:
            gate: C×H×W values.
            seen: H×W bool, the cells that lie on the image; the others are padding.
        """
        values = np.where(seen, gate.astype(np.float64), 0.0)
        self._count = self._count + seen
        self._sum = self._sum + values
        self._squares = self._squares + values**2

    def share(self) -> float | None:
        """The fixed share of the variance, 0..1, its channels together; None if nothing varies.

        Cells that lie on fewer than two images are left out.
        """
        known = np.asarray(self._count) >= 2
        if known.sum() < 2:
            return None
        count = self._count[known]
        means = self._sum[:, known] / count  # C×cells
        squares = np.maximum(self._squares[:, known] - count * means**2, 0.0)
        between_images = squares.sum(axis=1) / (count - 1).sum()  # C
        # The means vary between cells also by chance, by the variance of a mean of `count` images.
        fixed = means.var(axis=1, ddof=1) - between_images * (1 / count).mean()
        total, fixed = between_images.sum(), max(float(fixed.sum()), 0.0)
        return fixed / (fixed + total) if fixed + total > 0 else None


def has_places(found: Map) -> bool:
    """Whether a map is a gate with a value for each place, not one number for all."""
    return found.kind == "gate" and found.tensor.shape[-2:] != (1, 1)
