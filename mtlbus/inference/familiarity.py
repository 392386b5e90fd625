"""How far an image lies from the training images, in the network's own features.

The features are the channel means of the deepest feature map that a network returns, so that they
come with the prediction and cost no second pass. Probabilistic PCA (Tipping and Bishop, Journal of
the Royal Statistical Society B, 61(3):611–622, 1999) describes those of the training images as a
Gaussian with covariance VΛVᵀ + σ²(I − VVᵀ): a few directions V with their variances Λ, and one
variance σ² for all others. An image is as far away as its Mahalanobis distance. The limit is a
quantile of the distances of the validation part; it is kept with the rest in a small file beside
the weights, and holds for these weights only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_tensors
from sklearn.decomposition import PCA

from ..checkpoints import Checkpoint
from ..core.errors import CheckpointError, InputError
from ..core.files import write_atomically
from ..core.outputs import Map
from ..data.dataset import Sample
from ..data.intake import GreyImage
from ..data.splits import Split
from ..data.transforms import PREPROCESSING_VERSION

if TYPE_CHECKING:
    from .predictor import Predictor

FILE = "familiarity.safetensors"
QUANTILE = 0.99
DIRECTIONS = 32
_ARRAYS = ("mean", "directions", "variances")
_NUMBERS = ("rest", "limit", "quantile")


@dataclass(frozen=True, eq=False)
class Familiarity:
    """The training images as a Gaussian in the space of C features.

    Attributes:
        map_name: of the feature map whose channel means are the features.
        mean: C.
        directions: K×C, orthonormal.
        variances: K, along the directions.
        rest: variance along every other direction.
        limit: the distance below which `quantile` of the validation images lie.
        quantile: 0..1.
    """

    map_name: str
    mean: np.ndarray
    directions: np.ndarray
    variances: np.ndarray
    rest: float
    limit: float
    quantile: float = QUANTILE

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Mahalanobis distances of N×C features; N."""
        centred = np.asarray(features, np.float64) - self.mean
        along = centred @ self.directions.T
        across = np.maximum(0, (centred**2).sum(axis=1) - (along**2).sum(axis=1))
        return np.sqrt((along**2 / self.variances).sum(axis=1) + across / self.rest)

    def relative_distance(self, maps: Mapping[str, Map]) -> float | None:
        """The distance of one image as a multiple of the limit: above 1 it is unfamiliar.

        Args:
            maps: as a network returns them for a batch of one.

        Returns:
            None where the map is not among them, as after a change of the method.
        """
        if self.map_name not in maps:
            return None
        features = channel_means(maps[self.map_name].tensor)
        return float(self.distances(features)[0] / self.limit)


def channel_means(features: torch.Tensor) -> np.ndarray:
    """B×C×H×W to B×C, in float32 on the CPU."""
    return features.detach().float().mean(dim=(2, 3)).cpu().numpy()


def deepest_features(maps: Mapping[str, Map]) -> str:
    """The name of the feature map with the largest stride; of equals the last.

    Raises:
        InputError: the network returns none.
    """
    found = [name for name, entry in maps.items() if entry.kind == "feature"]
    if not found:
        raise InputError(
            "This network returns no feature map, so nothing tells how familiar an image is to "
            "it. Choose a method that lists a map of kind “feature”."
        )
    return max(reversed(found), key=lambda name: maps[name].stride)


def fit(map_name: str, training: np.ndarray, validation: np.ndarray) -> Familiarity:
    """Describe the training images, and choose the limit on the validation part.

    Args:
        map_name: of the map that the features come from.
        training: N×C.
        validation: M×C.
    """
    directions = min(DIRECTIONS, training.shape[1] - 1, len(training) - 1)
    model = PCA(directions, svd_solver="full").fit(np.asarray(training, np.float64))
    # A channel that is always zero has no variance; the floor keeps the distance finite.
    floor = max(1e-6 * float(model.explained_variance_[0]), 1e-12)
    described = Familiarity(
        map_name=map_name,
        mean=model.mean_.astype(np.float32),
        directions=model.components_.astype(np.float32),
        variances=np.maximum(model.explained_variance_, floor).astype(np.float32),
        rest=max(float(model.noise_variance_), floor),
        limit=1.0,
    )
    return replace(described, limit=float(np.quantile(described.distances(validation), QUANTILE)))


def fit_checkpoint(
    predictor: Predictor, split: Split, report: Callable[[str], None] = lambda line: None
) -> tuple[Familiarity, dict[str, Any]]:
    """Fit to the data that a checkpoint was trained on.

    Args:
        predictor: of the checkpoint.
        split: its training, validation and test parts.
        report: receives a line of progress every 100 images.

    Returns:
        The description, and for each part and dataset {n, beyond}: its images, and the share of
        them that lies beyond the limit.
    """
    name, training = _collect(predictor, split.train, "training", report)
    _, validation = _collect(predictor, split.validation, "validation", report)
    _, test = _collect(predictor, split.test, "test", report)
    found = fit(
        name, np.concatenate([*training.values()]), np.concatenate([*validation.values()])
    )
    parts = {"training": training, "validation": validation, "test": test}
    return found, {
        part: {
            dataset: {
                "n": len(features),
                "beyond": float((found.distances(features) > found.limit).mean()),
            }
            for dataset, features in datasets.items()
        }
        for part, datasets in parts.items()
    }


def _collect(
    predictor: Predictor, samples: Iterable[Sample], part: str, report: Callable[[str], None]
) -> tuple[str, dict[str, np.ndarray]]:
    """The name of the map, and the features of each dataset, N×C."""
    name, rows = "", defaultdict(list)
    for number, sample in enumerate(samples, start=1):
        image = GreyImage(sample.pixels(), "", (), sample.id)
        maps = predictor.predict(image, maps=True).maps
        name = name or deepest_features(maps)
        rows[sample.dataset].append(channel_means(maps[name].tensor[None])[0])
        if number % 100 == 0:
            report(f"{part}: features of {number} images")
    return name, {dataset: np.stack(features) for dataset, features in rows.items()}


def write_familiarity(checkpoint: Checkpoint, found: Familiarity) -> Path:
    """Write the file beside the weights, marked with their digest; its path."""
    # In row order: safetensors takes the bytes of an array as they lie in memory.
    tensors = {name: np.ascontiguousarray(getattr(found, name)) for name in _ARRAYS}
    tensors |= {name: np.array([getattr(found, name)], np.float64) for name in _NUMBERS}
    marks = {
        "weights_sha256": checkpoint.digest,
        "preprocessing": PREPROCESSING_VERSION,
        "map": found.map_name,
    }
    path = checkpoint.folder / FILE
    write_atomically(path, save_tensors(tensors, marks))
    return path


def read_familiarity(checkpoint: Checkpoint) -> Familiarity | None:
    """The description beside the weights; None where there is none.

    Raises:
        CheckpointError: it is damaged, or belongs to other weights.
    """
    path = checkpoint.folder / FILE
    if not path.is_file():
        return None
    again = f"Make it again: python -m mtlbus familiarity {checkpoint.method} --data LAYOUT=PATH"
    try:
        with safe_open(path, "numpy") as file:
            marks = file.metadata() or {}
            found = Familiarity(
                marks["map"],
                **{name: file.get_tensor(name) for name in _ARRAYS},
                **{name: float(file.get_tensor(name)[0]) for name in _NUMBERS},
            )
    except (SafetensorError, KeyError, IndexError, OSError):
        raise CheckpointError(f"{FILE} is damaged and is not used. {again}") from None
    expected = (checkpoint.digest, PREPROCESSING_VERSION)
    if (marks.get("weights_sha256"), marks.get("preprocessing")) != expected:
        raise CheckpointError(f"{FILE} belongs to other weights and is not used. {again}")
    return found
