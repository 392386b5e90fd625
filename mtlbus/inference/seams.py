"""Two scans in one picture: a column, or a row, from end to end at which everything changes.

Scanners save split screens (two planes, or the same plane with and without colour), side by side or
one above the other. A network takes the seam for anatomy and the two scans for one.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

_DARK = 12  # grey level up to which a pixel belongs to a black frame
_EDGE = 0.15  # share of the width at either side in which no seam is looked for
_NEAR, _FAR = 4, 15  # columns: a seam is compared with those between, at both sides
_LIT = 30  # grey level
_LIMIT = 2.0  # of the score; 1 of the 2655 images of BUSI and BUS-BRA lies above
_LIMIT_ACROSS = 7.0  # the same across; 7 of the images lie above
_SAME_TISSUE = 0.42  # correlation across a line that a scanner drew into one scan
_CLEAR_COVER, _CLEAR_JUMP = 0.96, 4.0  # a gap that nothing crosses, whatever lies beside it


def seam(reduced: np.ndarray) -> float | None:
    """Where two scans meet, as a share of the width from the left; None for one scan.

    The score of a column adds how much stronger it changes than the columns around it (logarithm
    of the ratio), in how many rows it does so, in all and in the third of the depth where it does
    so least (a shadow begins below the skin, a seam on top), and subtracts how much the tissue at
    both sides is alike: a line or a box that was drawn into one scan jumps too, but tissue goes on
    behind it. The weights are rounded from a logistic regression, scans joined in pairs against
    scans.

    Args:
        reduced: H×W uint8, its longer side at most 256 px.
    """
    grey, _, left = _inside_frame(reduced)
    height, width = grey.shape
    if width < 4 * _FAR or height < 20:
        return None
    steps = np.abs(grey[:, 2:] - grey[:, :-2])  # column x: from x to x + 2
    jumps = steps.mean(axis=0)
    first, last = int(_EDGE * width), int((1 - _EDGE) * width) - 2
    ratios = jumps[first:last] / (_usual(jumps)[first:last] + 1e-3)
    x = first + int(np.argmax(ratios))
    jump, alike, rows = ratios[x - first], _alike(grey, x), _changing(grey, steps, x)
    cover = _cover(*rows)
    score = np.log(jump + 1e-3) + 1.4 * cover + 0.8 * _least_cover(*rows) - 1.5 * alike
    split = score > _LIMIT and alike < _SAME_TISSUE
    if split or (cover > _CLEAR_COVER and jump > _CLEAR_JUMP):
        return (left + x + 1) / reduced.shape[1]
    return None


def seam_across(reduced: np.ndarray) -> float | None:
    """Where a scan begins below another one, as a share of the height; None for one scan.

    Layers of tissue lie across a scan too, so that a row at which much changes says little. A seam
    is straight: nearly all columns change there, more than they do nearby, and in one direction,
    from the dark of the depth to bright skin or into a gap. The score of a row adds the logarithm
    of how much stronger it changes than the rows around it, how far its columns agree in the
    direction, and how many of them change so, and subtracts how far it lies from the middle, where
    a scanner parts its screen. Weights as in `seam`, scans joined one above the other.

    Args:
        reduced: H×W uint8, its longer side at most 256 px.
    """
    grey, top, _ = _inside_frame(reduced)
    height, width = grey.shape
    if height < 4 * _FAR or width < 20:
        return None
    steps = grey[2:] - grey[:-2]  # row y: from y to y + 2
    changes = np.abs(steps)
    jumps, alike = changes.mean(axis=1), np.abs(np.sign(steps).mean(axis=1))
    scores = np.log(jumps / (_usual(jumps) + 1e-3) + 1e-3) + 5 * alike
    first, last = int(_EDGE * height), int((1 - _EDGE) * height) - 2
    y = first + int(np.argmax(scores[first:last]))
    off_middle = abs((y + 1) / height - 0.5)
    score = scores[y] + 2.3 * _cover(*_changing(grey.T, changes.T, y)) - 5.5 * off_middle
    return (top + y + 1) / reduced.shape[0] if score > _LIMIT_ACROSS else None


def _inside_frame(reduced: np.ndarray) -> tuple[np.ndarray, int, int]:
    """What is not black frame as H×W float32, and its top and left in the picture."""
    lit = reduced > _DARK
    rows = np.flatnonzero(lit.mean(axis=1) > 0.02)
    columns = np.flatnonzero(lit.mean(axis=0) > 0.02)
    if not rows.size or not columns.size:
        return np.zeros((0, 0), np.float32), 0, 0
    top, left = int(rows[0]), int(columns[0])
    return reduced[top : rows[-1] + 1, left : columns[-1] + 1].astype(np.float32), top, left


def _usual(jumps: np.ndarray) -> np.ndarray:
    """The median of the jumps around each column, as `_around` has them; all columns at once."""
    padded = np.pad(jumps, _FAR - 1, constant_values=np.inf)  # no column: sorted to the end
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _FAR - 1)
    beside = np.r_[0 : _FAR - _NEAR, _FAR + _NEAR - 1 : 2 * _FAR - 1]
    ranked = np.sort(windows[:, beside], axis=1)
    count = np.isfinite(ranked).sum(axis=1)
    halves = (count - 1) // 2, count // 2
    low, high = (np.take_along_axis(ranked, half[:, None], 1)[:, 0] for half in halves)
    return (low + high) / 2


def _around(x: int, count: int) -> np.ndarray:
    """The columns near `x` at both sides that its seam would not touch."""
    return np.r_[max(0, x - _FAR + 1) : max(0, x - _NEAR + 1), x + _NEAR : min(count, x + _FAR)]


def _changing(grey: np.ndarray, steps: np.ndarray, x: int) -> tuple[np.ndarray, np.ndarray]:
    """In which rows column `x` changes more than four fifths of its neighbours; which are lit."""
    usual = np.quantile(steps[:, _around(x, steps.shape[1])], 0.8, axis=1)
    changing = steps[:, max(0, x - 1) : x + 2].max(axis=1) > usual
    return changing, grey[:, max(0, x - _FAR + 1) : x + _FAR].max(axis=1) > _LIT


def _cover(changing: np.ndarray, lit: np.ndarray) -> float:
    """Share of the lit rows that change."""
    return float(changing[lit].mean()) if lit.any() else 0.0


def _least_cover(changing: np.ndarray, lit: np.ndarray) -> float:
    """The cover in the third of the depth that has least; thirds in the dark do not count."""
    thirds = zip(np.array_split(changing, 3), np.array_split(lit, 3), strict=True)
    return min((_cover(*third) for third in thirds if third[1].mean() > 0.3), default=0.0)


def _alike(grey: np.ndarray, x: int) -> float:
    """Correlation along depth of strips at both sides of a seam, the best over gap widths."""

    def strip(start: int, stop: int) -> np.ndarray:
        profile = grey[:, max(0, start) : stop].mean(axis=1)
        return profile - ndimage.gaussian_filter1d(profile, len(profile) / 16)

    best = -1.0
    for gap in (1, 3, 6):
        one, other = strip(x - gap - 3, x - gap + 1), strip(x + gap + 2, x + gap + 6)
        norm = np.sqrt(np.vdot(one, one) * np.vdot(other, other)) + 1e-6
        best = max(best, float(np.vdot(one, other) / norm))
    return best
