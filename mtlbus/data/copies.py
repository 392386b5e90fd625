"""Find images that show the same picture: shifted, cropped, zoomed, marked or saved again.

Two steps. A perceptual hash (signs of low cosine frequencies) of each image and of twelve crops of
it names the pairs worth a closer look, about one in sixty. For these the correlation of the two
pictures is taken at every shift and at zooms up to 1.32, on grey values freed of brightness and
contrast, and only where both show tissue (masked normalised correlation, Padfield 2012).

The threshold was chosen where the truth is known without looking at the answer: among the 565,516
pairs of images of different patients of BUS-BRA (one image a patient) none reaches 0.49, except
three pairs at 0.79 and above, which are the same picture under two patient numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.fft import dctn, irfft2, next_fast_len, rfft2
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

SAME_PICTURE = 0.49  # correlation from which two images show the same picture
HASH_DISTANCE = 16  # of 63 bits; unrelated images differ in 31 ± 4
CROPS = (0.87, 0.76)  # sides of the crops that are hashed, shares of the image's
ZOOMS = (1.0, 1.07, 1.15, 1.23, 1.32)
SIDE = 64  # pixels of the longest side in the correlation
BLUR = 5.0  # pixels there: structure coarser than this is brightness, not picture
NOISE = 10.0  # grey levels: contrast below this is not raised to that of structure
DARK = 6  # grey levels up to which nothing was recorded: corners of a sector, deep shadow
OVERLAP = 0.75  # share of the tissue of one picture that must lie on tissue of the other …
FRAME = 0.35  # … and of the area of its frame, so that a strip of tissue is not enough


class Pair(NamedTuple):
    """Two images that may show the same picture.

    Attributes:
        first, second: their positions, first < second.
        correlation: the largest over shifts and zooms, −1..1.
    """

    first: int
    second: int
    correlation: float


def find_copies(images: Sequence[np.ndarray], threshold: float = SAME_PICTURE) -> list[Pair]:
    """All pairs whose correlation reaches the threshold, the surest first.

    Args:
        images: H×W uint8 each, at least 8 pixels a side.
        threshold: correlation, −1..1; −1 returns every pair that the hash lets through.
    """
    first, second = candidates(images)
    correlations = correlate(images, first, second)
    pairs = [
        Pair(int(i), int(j), float(value))
        for i, j, value in zip(first, second, correlations, strict=True)
        if value >= threshold
    ]
    return sorted(pairs, key=lambda pair: -pair.correlation)


def group_copies(count: int, pairs: Sequence[Pair]) -> np.ndarray:
    """The group 0, 1 … of each of `count` images, shape N; copies of copies are together."""
    links = np.array([(pair.first, pair.second) for pair in pairs], dtype=int).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(links)), links.T), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def perceptual_hash(image: Image.Image) -> np.ndarray:
    """63 bits: which of the lowest cosine frequencies of the image lie above their median."""
    small = np.asarray(image.resize((32, 32), Image.Resampling.BOX), dtype=float)
    frequencies = dctn(small, norm="ortho")[:8, :8].ravel()[1:]  # without the mean brightness
    return frequencies > np.median(frequencies)


def candidates(
    images: Sequence[np.ndarray], distance: int = HASH_DISTANCE
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs whose hashes, or that of one image and a crop of the other, are near: i < j."""
    views = [[perceptual_hash(view) for view in _views(Image.fromarray(a))] for a in images]
    hashes = np.array(views, dtype=np.float32)  # N×views×63
    whole = hashes[:, 0]
    nearest = np.full((len(images), len(images)), np.inf, dtype=np.float32)
    for view in range(hashes.shape[1]):
        crop = hashes[:, view]
        differing = whole @ (1 - crop).T + (1 - whole) @ crop.T
        np.minimum(nearest, differing, out=nearest)
    near = np.minimum(nearest, nearest.T) <= distance
    first, second = np.nonzero(np.triu(near, 1))
    return first, second


def _views(image: Image.Image) -> list[Image.Image]:
    """The image, then crops of it at the left, middle and right, at the top and half way down."""
    width, height = image.size
    views = [image]
    for share in CROPS:
        across, down = (1 - share) * width, (1 - share) * height
        for left in (0, across / 2, across):
            for top in (0, down / 2):
                right, bottom = int(left + share * width), int(top + share * height)
                views.append(image.crop((int(left), int(top), right, bottom)))
    return views


def correlate(images: Sequence[np.ndarray], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The largest correlation of each pair over shifts and zooms, shape P.

    Args:
        images: H×W uint8 each.
        first, second: shape P, positions of the two images of a pair.
    """
    best = np.full(len(first), -1.0, dtype=np.float32)
    plain = {i: _picture(images[i], 1.0) for i in {*first.tolist(), *second.tolist()}}
    # Each image in turn is zoomed and laid over its partners; at zoom 1 one direction is enough.
    pairs = np.arange(len(first))
    left, right = np.r_[first, second], np.r_[second, first]
    pair, forward = np.r_[pairs, pairs], np.repeat([True, False], len(first))
    for image in np.unique(left):
        mine = left == image
        partners = _Spectra.of([plain[j] for j in right[mine]])
        for zoom in ZOOMS:
            chosen = forward[mine] | (zoom > 1)
            if chosen.any():
                over = _Spectra.of([_picture(images[image], zoom)])
                found = _largest(over, partners.take(chosen))
                rows = pair[mine][chosen]
                best[rows] = np.maximum(best[rows], found)
    return best


class _Picture(NamedTuple):
    """An image ready to be correlated.

    Attributes:
        structure: H×W float32, local mean 0 and local contrast about 1; 0 where nothing is.
        tissue: H×W float32, 1 where something was recorded.
        needed: how much tissue of two images must overlap, pixels; the lesser of the two counts.
    """

    structure: np.ndarray
    tissue: np.ndarray
    needed: float


def _picture(pixels: np.ndarray, zoom: float) -> _Picture:
    height, width = pixels.shape
    scale = SIDE * zoom / max(height, width)
    size = tuple(max(round(side * scale), 4) for side in (width, height))
    grey = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX), dtype=np.float32)
    tissue = (gaussian_filter((grey > DARK).astype(np.float32), 1) > 0.6).astype(np.float32)
    weight = np.maximum(gaussian_filter(tissue, BLUR), 1e-3)

    def local_mean(plane: np.ndarray) -> np.ndarray:
        return gaussian_filter(plane * tissue, BLUR) / weight

    structure = grey - local_mean(grey)
    structure /= np.sqrt(local_mean(structure**2) + NOISE**2)
    needed = max(OVERLAP * float(tissue.sum()), FRAME * grey.size / zoom**2)
    return _Picture(structure * tissue, tissue, needed)


class _Spectra(NamedTuple):
    """Fourier transforms of pictures on one canvas, N×P×(P/2+1) each; `needed` of shape N."""

    structure: np.ndarray
    energy: np.ndarray
    tissue: np.ndarray
    needed: np.ndarray

    @classmethod
    def of(cls, pictures: Sequence[_Picture]) -> _Spectra:
        structure, tissue = np.zeros((2, len(pictures), CANVAS, CANVAS), dtype=np.float32)
        for index, picture in enumerate(pictures):
            height, width = picture.structure.shape
            structure[index, :height, :width] = picture.structure
            tissue[index, :height, :width] = picture.tissue
        needed = np.array([picture.needed for picture in pictures])
        return cls(rfft2(structure), rfft2(structure**2), rfft2(tissue), needed)

    def take(self, chosen: np.ndarray) -> _Spectra:
        return _Spectra(*(part[chosen] for part in self))


# Wide enough that no shift wraps round.
CANVAS = next_fast_len(round(SIDE * (1 + max(ZOOMS))) + 1, real=True)


def _largest(one: _Spectra, many: _Spectra) -> np.ndarray:
    """Correlation of one picture with many, the largest over shifts with enough overlap."""

    def across_shifts(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return irfft2(a * np.conj(b), (CANVAS, CANVAS))

    product = across_shifts(one.structure, many.structure)
    energy = across_shifts(one.energy, many.tissue) * across_shifts(one.tissue, many.energy)
    shared = across_shifts(one.tissue, many.tissue)
    enough = shared >= np.minimum(one.needed, many.needed)[:, None, None]
    found = np.where(enough, product / np.sqrt(np.maximum(energy, 1e-3)), -1)
    return found.max(axis=(1, 2))
