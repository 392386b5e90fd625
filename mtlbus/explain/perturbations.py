"""Attribution by taking parts of the image away, through Captum; no gradient is needed.

Each map is 1×1×size×size in the unit of the target; the pixels of a superpixel all hold the
number of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import torch
from captum._utils.models.linear_model import SkLearnLinearRegression
from captum.attr import FeatureAblation, KernelShap, Occlusion
from torch import Tensor
from torch.utils.data import DataLoader

from ..data.transforms import Frame
from .chance import Draw
from .options import Options
from .subject import BATCH, Passes, Subject
from .superpixels import grid_of, superpixels
from .targets import visible_part
from .technique import technique


def _windows(options: Options, frame: Frame, size: int) -> Passes:
    visible = visible_part(frame, size)
    height, width = int(visible.any(axis=1).sum()), int(visible.any(axis=0).sum())
    window = min(options.window, height, width)
    count = math.prod(1 + math.ceil((side - window) / options.stride) for side in (height, width))
    return Passes(forwards=count + 1)


def _ablations(options: Options, frame: Frame, size: int) -> Passes:
    return Passes(forwards=math.prod(grid_of(visible_part(frame, size), options.superpixels)) + 1)


@technique(
    "Occlusion",
    "effect",
    what="How far the answer falls when a square is covered, averaged over the squares on a pixel.",
    isnt="Not finer than its square; and a covered lesion is an image that no scanner makes.",
    cost=_windows,
    uses=("baseline", "window", "stride"),
)
def occlusion(subject: Subject, options: Options) -> Tensor:
    """How far the answer falls under a covering square, averaged (Zeiler and Fergus 2014).

    Squares lie on the visible part only; taking padding away changes nothing.
    """
    rows, columns = (
        slice(int(seen[0]), int(seen[-1]) + 1)
        for seen in (np.flatnonzero(subject.visible.any(axis=axis)) for axis in (1, 0))
    )
    window = min(options.window, rows.stop - rows.start, columns.stop - columns.start)

    def values(part: Tensor) -> Tensor:
        whole = subject.grey.repeat(len(part), 1, 1, 1)
        whole[..., rows, columns] = part
        return subject.values(whole)

    with torch.no_grad():
        found = Occlusion(values).attribute(
            subject.grey[..., rows, columns],
            sliding_window_shapes=(1, window, window),
            strides=(1, options.stride, options.stride),
            baselines=subject.baseline(options.baseline)[..., rows, columns],
            perturbations_per_eval=BATCH,
        )
    square = torch.zeros_like(subject.grey)
    square[..., rows, columns] = found.to(square)
    return square


def parts_of(subject: Subject, options: Options) -> np.ndarray:
    """The superpixels of a subject, size×size int64."""
    return superpixels(subject.grey[0, 0].cpu().numpy(), subject.visible, options.superpixels)


@technique(
    "Feature Ablation",
    "effect",
    what="How far the answer falls when one superpixel is taken away.",
    isnt="Not what two parts do together; and the cut decides what can be seen.",
    cost=_ablations,
    uses=("baseline", "superpixels"),
)
def feature_ablation(subject: Subject, options: Options) -> Tensor:
    """How far the answer falls without each superpixel."""
    with torch.no_grad():
        return FeatureAblation(subject.values).attribute(**_superpixels(subject, options))


def _superpixels(subject: Subject, options: Options) -> dict[str, Any]:
    """What Captum asks for to perturb superpixels."""
    parts = torch.from_numpy(parts_of(subject, options)).to(subject.grey.device)
    return {
        "inputs": subject.grey,
        "baselines": subject.baseline(options.baseline),
        "feature_mask": parts[None, None],
        "perturbations_per_eval": BATCH,
    }


class _SeededRegression(SkLearnLinearRegression):
    """Its loader and its first weights draw from the global state too, though nothing hangs on it.

    Unseen they would shift what another thread is drawing from its seed.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def fit(self, train_data: DataLoader, **kwargs):
        with Draw(self._seed):
            return super().fit(train_data, **kwargs)


class _SeededKernelShap(KernelShap):
    """Draws all its coalitions at once, so that the draw is over before the network works."""

    def __init__(self, forward: Callable[[Tensor], Tensor], options: Options) -> None:
        super().__init__(forward)
        self._options = options
        self.interpretable_model = _SeededRegression(options.seed)

    def kernel_shap_perturb_generator(self, original_inp, **kwargs):
        drawn = super().kernel_shap_perturb_generator(original_inp, **kwargs)
        with Draw(self._options.seed):
            coalitions = list(islice(drawn, self._options.coalitions))
        yield from coalitions


@technique(
    "KernelSHAP",
    "effect",
    what="Each superpixel's fair share over many sets of superpixels (Shapley value, estimated).",
    isnt="Not exact: with few coalitions the estimate is rough.",
    cost=lambda options, frame, size: Passes(forwards=options.coalitions),
    uses=("baseline", "superpixels", "coalitions", "seed"),
    adds_up=True,
)
def kernel_shap(subject: Subject, options: Options) -> Tensor:
    """Shapley values of the superpixels, by weighted least squares (Lundberg 2017)."""
    shap = _SeededKernelShap(subject.values, options)
    with torch.no_grad():
        return shap.attribute(**_superpixels(subject, options), n_samples=options.coalitions)
