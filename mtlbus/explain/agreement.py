"""Maps against the mask and against each other, on the image's own grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage
from scipy.stats import spearmanr

from ..core.outputs import Map
from ..data.transforms import Frame
from .attention import attention_grid, cells_on_image, received, score_cells
from .views import can_be_seen, displacement, feature_plane, gate_plane


def peak(plane: np.ndarray) -> tuple[int, int]:
    """Row and column of the strongest place: where |plane| is largest.

    A map in cells is largest on a whole cell; then it is the pixel nearest to the middle of the
    first such cell.
    """
    size = np.abs(plane)
    labels, _ = ndimage.label(size == size.max())
    first = np.argwhere(labels == 1)
    nearest = ((first - first.mean(axis=0)) ** 2).sum(axis=1).argmin()
    return int(first[nearest][0]), int(first[nearest][1])


def points_into(plane: np.ndarray, mask: np.ndarray) -> bool | None:
    """The pointing game: whether the strongest place lies in the mask.

    None for a flat map, which points nowhere. Source: Zhang et al., Top-down neural attention by
    excitation backprop, ECCV 2016.
    """
    return bool(mask[peak(plane)]) if np.ptp(plane) > 0 else None


def mass_inside(plane: np.ndarray, mask: np.ndarray) -> float | None:
    """Share of Σ|plane| that lies in the mask, 0..1; None for a map of zeros.

    A map without any knowledge has about the share of pixels that are in the mask.
    """
    size = np.abs(plane).astype(np.float64)
    total = size.sum()
    return float(size[mask].sum() / total) if total > 0 else None


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Spearman's ρ over all pixels, −1..1; None where one of the two is flat."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(spearmanr(np.ravel(first), np.ravel(second)).statistic)


def rank_correlations(planes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Spearman's ρ of each pair of planes of one size, N×N; NaN where one of them is flat."""
    names = list(planes)
    moving = [index for index, name in enumerate(names) if np.ptp(planes[name]) > 0]
    table = np.full((len(names), len(names)), np.nan)
    if len(moving) >= 2:
        columns = np.stack([np.ravel(planes[names[index]]) for index in moving], axis=1)
        found = np.atleast_2d(spearmanr(columns).statistic)
        if found.shape == (1, 1):  # two columns give one number
            found = np.array([[1.0, found[0, 0]], [found[0, 0], 1.0]])
        table[np.ix_(moving, moving)] = found
    elif moving:
        table[moving[0], moving[0]] = 1.0
    return table


def own_planes(maps: Mapping[str, Map], frame: Frame, size: int) -> dict[str, np.ndarray]:
    """The network's own spatial maps on the image's grid, H×W each, in their cells.

    Gates are averaged over channels, attention is what each place receives on average, features
    and offsets count by size, shares of the logit are added up over regions. Regions of the mask,
    numbers and weights per channel have no place here.

    Args:
        maps: as `Prediction.maps`.
        frame: of the image.
        size: side of the network's square, pixels.
    """
    planes = {}
    for name, found in maps.items():
        plane = _plane(name, found, maps, size)
        if plane is not None and min(plane.shape) > 1:
            planes[name] = cells_on_image(plane, frame)
    return planes


def _plane(name: str, found: Map, maps: Mapping[str, Map], size: int) -> np.ndarray | None:
    if not can_be_seen(name):
        return None
    if found.kind == "gate":
        return gate_plane(found)
    if found.kind == "feature":
        return feature_plane(found)
    if found.kind == "attention":
        rows, columns = attention_grid(found, size)
        return received(found)[:rows, :columns]
    if found.kind == "offset":
        return np.hypot(*displacement(found))
    if found.kind == "score" and found.tensor.ndim == 4:
        return np.abs(score_cells(maps).sum(axis=0))
    return None
