"""Parts of the image that belong together, for methods that take them away as a whole."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from sklearn.cluster import KMeans

_SPECKLE = 2.0  # pixels; smoothing before grey values are compared
_COMPACT = 3.0  # a full step of grey weighs as much as this many superpixel widths
_ROUNDS = 8


def grid_of(visible: np.ndarray, count: int) -> tuple[int, int]:
    """Rows and columns of a grid of about `count` equal parts over the visible rectangle."""
    height, width = visible.any(axis=1).sum(), visible.any(axis=0).sum()
    rows = max(1, round(float(np.sqrt(count * height / width))))
    return rows, max(1, round(count / rows))


def superpixels(grey: np.ndarray, visible: np.ndarray, count: int) -> np.ndarray:
    """Cut an image into parts of like place and grey: k-means from a regular grid, as SLIC does.

    Source: Achanta et al., SLIC superpixels, IEEE TPAMI 34(11), 2012; here with one global
    k-means and after smoothing, because speckle is no edge.

    Args:
        grey: size×size in 0..1.
        visible: size×size bool, a rectangle; the padding outside joins the part beside it.
        count: about how many; exactly rows·columns of `grid_of`.

    Returns:
        size×size int64, 0 to parts − 1.
    """
    rows, columns = grid_of(visible, count)
    top, left = (int(np.flatnonzero(visible.any(axis=axis))[0]) for axis in (1, 0))
    height, width = int(visible.any(axis=1).sum()), int(visible.any(axis=0).sum())
    smooth = ndimage.gaussian_filter(grey.astype(np.float32), _SPECKLE)
    part = smooth[top : top + height, left : left + width]
    side = np.sqrt(height * width / (rows * columns))
    y, x = np.mgrid[:height, :width]
    points = np.stack([y / side, x / side, _COMPACT * part], axis=-1).reshape(-1, 3)
    centre_y = ((np.arange(rows) + 0.5) * height / rows).astype(int)
    centre_x = ((np.arange(columns) + 0.5) * width / columns).astype(int)
    start = points.reshape(height, width, 3)[np.ix_(centre_y, centre_x)].reshape(-1, 3)
    # Nothing is drawn with a given start; but without a seed it would use the global state.
    found = KMeans(len(start), init=start, n_init=1, max_iter=_ROUNDS, random_state=0).fit(points)
    labels = found.labels_.reshape(height, width).astype(np.int64)
    below, right = grey.shape[0] - top - height, grey.shape[1] - left - width
    return np.pad(labels, ((top, below), (left, right)), mode="edge")
