"""How far an image lies from the training images, in the network's own features.

The features are the channel means of the feature maps and gates that a network returns anyway, so
that they come with the prediction and cost no second pass; each is divided by its standard
deviation on the training images. Probabilistic PCA (Tipping and Bishop, Journal of the Royal
Statistical Society B, 61(3):611–622, 1999) describes the training images as a Gaussian with
covariance VΛVᵀ + σ²(I − VVᵀ): a few directions V with their variances Λ, and one variance σ² for
all others. An image is as far away as its Mahalanobis distance. The limit is a quantile of the
distances of the validation part; it is kept with the rest in a small file beside the weights, and
holds for these weights only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA

from ..checkpoints import Checkpoint
from ..core.errors import InputError
from ..core.outputs import Map
from ..evaluation.panels import PanelCheckpoint
from ..methods.panel import maps_of_member
from .beside import read_beside, write_beside

FILE = "familiarity.safetensors"
QUANTILE = 0.99
DIRECTIONS = 32
_KINDS = ("feature", "gate")
_LEAST = 0.01  # variance in any direction, of features whose own is 1
_ARRAYS = ("mean", "scale", "directions", "variances")
_NUMBERS = ("rest", "limit", "quantile")


@dataclass(frozen=True, eq=False)
class Familiarity:
    """The training images as a Gaussian in the space of C features.

    Attributes:
        maps: names of the maps whose channel means are the features, in their order.
        mean, scale: of the features, C.
        directions: K×C, orthonormal, in float16.
        variances: K, of the scaled features along the directions.
        rest: their variance along every other direction.
        limit: the distance below which `quantile` of the validation images lie.
        quantile: 0..1.
    """

    maps: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    directions: np.ndarray
    variances: np.ndarray
    rest: float
    limit: float
    quantile: float = QUANTILE

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Mahalanobis distances of N×C features; N."""
        scaled = (np.asarray(features, np.float64) - self.mean) / self.scale
        along = scaled @ self.directions.T.astype(np.float64)
        across = np.maximum(0, (scaled**2).sum(axis=1) - (along**2).sum(axis=1))
        return np.sqrt((along**2 / self.variances).sum(axis=1) + across / self.rest)

    def relative_distance(self, maps: Mapping[str, Map]) -> float | None:
        """The distance of one image as a multiple of the limit: above 1 it is unfamiliar.

        Args:
            maps: as a network returns them for a batch of one.

        Returns:
            None where they are not the maps of the training, as after a change of the method.
        """
        features = self._features(maps)
        return None if features is None else float(self.distances(features)[0] / self.limit)

    def place(self, maps: Mapping[str, Map]) -> np.ndarray | None:
        """Where one image lies along the directions, K float32; arguments and None as above."""
        features = self._features(maps)
        if features is None:
            return None
        scaled = (features[0].astype(np.float64) - self.mean) / self.scale
        return (self.directions.astype(np.float64) @ scaled).astype(np.float32)

    def _features(self, maps: Mapping[str, Map]) -> np.ndarray | None:
        if not maps.keys() >= set(self.maps):
            return None
        features = channel_means(maps, self.maps)
        return features if features.shape[1] == len(self.mean) else None


@dataclass(frozen=True)
class PanelFamiliarity:
    """How far an image lies from the training images of a panel's members.

    Attributes:
        members: of those that can tell, by method.
    """

    members: Mapping[str, Familiarity]

    @property
    def quantile(self) -> float:
        """The share of validation images below each member's limit."""
        return min(one.quantile for one in self.members.values())

    def relative_distance(self, maps: Mapping[str, Map]) -> float | None:
        """The median of the members' distances, so that most of them find it unfamiliar above 1.

        Args:
            maps: of a batch of one, those of a member named "METHOD/MAP".
        """
        found = [
            one.relative_distance(maps_of_member(maps, name)) for name, one in self.members.items()
        ]
        known = [distance for distance in found if distance is not None]
        return float(np.median(known)) if known else None


def feature_maps(maps: Mapping[str, Map]) -> tuple[str, ...]:
    """The names of the maps that features are taken from.

    Raises:
        InputError: the network returns none.
    """
    names = tuple(name for name, found in maps.items() if found.kind in _KINDS)
    if not names:
        raise InputError(
            "This network returns neither feature maps nor gates, so nothing tells how familiar "
            "an image is to it. Choose a method that lists such a map."
        )
    return names


def channel_means(maps: Mapping[str, Map], names: Iterable[str]) -> np.ndarray:
    """The means of all channels of the named maps of one image, side by side: 1×C.

    Args:
        maps: 1×C×H×W, or C×H×W as in `Prediction.maps`.
        names: which of them.
    """
    means = [maps[name].tensor.detach().float().mean(dim=(-2, -1)).flatten() for name in names]
    return torch.cat(means).cpu().numpy()[None]


def fit(maps: tuple[str, ...], training: np.ndarray, validation: np.ndarray) -> Familiarity:
    """Describe the training images, and choose the limit on the validation part.

    Args:
        maps: names of the maps that the features come from.
        training: N×C.
        validation: M×C.
    """
    features = np.asarray(training, np.float64)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    # A channel that the training images never woke must not drown all others when it wakes.
    scale = np.maximum(spread, 0.1 * np.median(spread) + 1e-6)
    directions = min(DIRECTIONS, features.shape[1] - 1, len(features) - 1)
    model = PCA(directions, svd_solver="full").fit((features - mean) / scale)
    described = Familiarity(
        maps=maps,
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        directions=model.components_.astype(np.float16),
        variances=np.maximum(model.explained_variance_, _LEAST).astype(np.float32),
        rest=max(float(model.noise_variance_), _LEAST),
        limit=1.0,
    )
    return replace(described, limit=float(np.quantile(described.distances(validation), QUANTILE)))


def write_familiarity(checkpoint: Checkpoint, found: Familiarity) -> Path:
    """Write the file beside the weights, marked with their digest; its path."""
    tensors = {name: getattr(found, name) for name in _ARRAYS}
    tensors |= {name: np.array([getattr(found, name)], np.float64) for name in _NUMBERS}
    return write_beside(checkpoint, FILE, tensors, {"maps": ",".join(found.maps)})


def read_familiarity(checkpoint: Checkpoint) -> Familiarity | PanelFamiliarity | None:
    """The description beside the weights, or those beside a panel's; None where there is none.

    Raises:
        CheckpointError: it is damaged, or belongs to other weights.
    """
    if isinstance(checkpoint, PanelCheckpoint):
        found = {member.method: _read_one(member) for member in checkpoint.members}
        known = {name: one for name, one in found.items() if one is not None}
        return PanelFamiliarity(known) if known else None
    return _read_one(checkpoint)


def _read_one(checkpoint: Checkpoint) -> Familiarity | None:
    return read_beside(checkpoint, FILE, "familiarity", _made)


def _made(marks: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> Familiarity:
    mean, scale, directions, variances = (tensors[name] for name in _ARRAYS)
    rest, limit, quantile = (float(tensors[name][0]) for name in _NUMBERS)
    maps = tuple(marks["maps"].split(","))
    return Familiarity(maps, mean, scale, directions, variances, rest, limit, quantile)
