"""Is there a lesion at all: read from the features of a network by logistic regression.

How sure the core of a mask is (`core.presence`) tells little on busy normal images, because a
network that learned to outline something does so. Its encoder knows more: the channel means of its
feature maps (those of `familiarity`, at no second pass) part images with a lesion from normal ones
by a linear function. It is fitted to the training part, where all normal images weigh as much as
all lesions; how far the weights may grow is chosen by log loss on the validation part, and one half
lies where at most one of a hundred validation lesions is below. It is kept in a small file beside
the weights and holds for these only. A panel is as sure as its members are in the mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit
from sklearn.feature_selection import VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from ..checkpoints import Checkpoint
from ..core.errors import InputError
from ..core.outputs import Map
from ..core.tasks import SEGMENTATION
from ..evaluation.panels import PanelCheckpoint
from ..methods.panel import maps_of_member
from .beside import read_beside, write_beside
from .familiarity import channel_means

FILE = "presence.safetensors"
MISSED = 0.01  # share of the validation lesions that may lie below one half
CONSTANT = 1e-6  # a channel that varies less over the training images says nothing
STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)  # C of LogisticRegression


@dataclass(frozen=True, eq=False)
class PresenceReadout:
    """A linear function of C features, above 0 where there is a lesion.

    Attributes:
        maps: names of the maps whose channel means are the features, in their order.
        weights: C float32.
        bias: a number.
    """

    maps: tuple[str, ...]
    weights: np.ndarray
    bias: float

    def score(self, maps: Mapping[str, Map]) -> float | None:
        """How sure it is of a lesion, 0..1; one half is the limit.

        Args:
            maps: as a network returns them for a batch of one.

        Returns:
            None where they are not the maps of the training, as after a change of the method.
        """
        logit = self.logit(maps)
        return None if logit is None else float(expit(logit))

    def logit(self, maps: Mapping[str, Map]) -> float | None:
        """The function itself, −50 … 50; arguments and None as of `score`."""
        if not maps.keys() >= set(self.maps):
            return None
        features = channel_means(maps, self.maps)[0]
        if len(features) != len(self.weights):
            return None
        return float(np.clip(features.astype(np.float64) @ self.weights + self.bias, -50, 50))


@dataclass(frozen=True)
class PanelPresence:
    """What the features of a panel's members tell.

    Attributes:
        members: of each that draws, by method.
    """

    members: Mapping[str, PresenceReadout]

    def score(self, maps: Mapping[str, Map]) -> float | None:
        """How sure they are of a lesion, 0..1: by the mean of their log-odds, as all else it says.

        Args:
            maps: of a batch of one, those of a member named "METHOD/MAP".

        Returns:
            None where one of them cannot tell.
        """
        found = [one.logit(maps_of_member(maps, name)) for name, one in self.members.items()]
        known = [logit for logit in found if logit is not None]
        return float(expit(np.mean(known))) if len(known) == len(found) else None


def fit_presence(
    maps: tuple[str, ...],
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
) -> PresenceReadout:
    """Fit to the training part; strength and limit are chosen on the validation part.

    Args:
        maps: names of the maps that the features come from.
        training, validation: features N×C, and whether there is a lesion, N bool.

    Raises:
        InputError: a part has no normal image, or no lesion.
    """
    for part, (_, lesion) in (("training", training), ("validation", validation)):
        if lesion.all() or not lesion.any():
            kind = "normal image" if lesion.all() else "lesion"
            raise InputError(f"The {part} part has no {kind}. Give data with both.")
    features, lesion = validation
    weight = compute_sample_weight("balanced", lesion)
    fitted = [
        make_pipeline(
            VarianceThreshold(CONSTANT**2),
            StandardScaler(),
            LogisticRegression(C=strength, class_weight="balanced", max_iter=3000),
        ).fit(*training)
        for strength in STRENGTHS
    ]
    best = min(
        fitted,
        key=lambda model: log_loss(
            lesion, model.predict_proba(features)[:, 1], sample_weight=weight
        ),
    )
    moving, scaler, linear = best[0], best[1], best[2]
    weights = np.zeros(features.shape[1])
    weights[moving.get_support()] = linear.coef_[0] / scaler.scale_
    bias = float(linear.intercept_[0] - linear.coef_[0] / scaler.scale_ @ scaler.mean_)
    scores = np.sort(features[lesion] @ weights + bias)
    allowed = int(MISSED * len(scores))
    limit = float(scores[max(allowed - 1, 0) : allowed + 1].mean())
    return PresenceReadout(maps, weights.astype(np.float32), bias - limit)


def write_presence(checkpoint: Checkpoint, found: PresenceReadout) -> Path:
    """Write the file beside the weights, marked with their digest; its path."""
    tensors = {"weights": found.weights, "bias": np.array([found.bias], np.float64)}
    return write_beside(checkpoint, FILE, tensors, {"maps": ",".join(found.maps)})


def read_presence(checkpoint: Checkpoint) -> PresenceReadout | PanelPresence | None:
    """The function beside the weights; None where there is none.

    Of a panel those of all members that draw; None where one of them has none.

    Raises:
        CheckpointError: it is damaged, or belongs to other weights.
    """
    if isinstance(checkpoint, PanelCheckpoint):
        drawing = [
            one for one in checkpoint.members if one.card.spec.answers(name=SEGMENTATION.name)
        ]
        found = {one.method: _read_one(one) for one in drawing}
        known = {name: one for name, one in found.items() if one is not None}
        return PanelPresence(known) if known and len(known) == len(found) else None
    return _read_one(checkpoint)


def _read_one(checkpoint: Checkpoint) -> PresenceReadout | None:
    return read_beside(
        checkpoint,
        FILE,
        "familiarity",
        lambda marks, tensors: PresenceReadout(
            tuple(marks["maps"].split(",")), tensors["weights"], float(tensors["bias"][0])
        ),
    )
