"""A view of each page as plain data: all that its numbers rest on, and what they were.

A view holds results that the page has computed already. Nothing here runs a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..core.outputs import Map
from ..data.case import Case
from ..data.transforms import Frame
from ..findings import Finding
from .case_views import (
    CompareView,
    MirrorView,
    TwoCasesView,
    file_stem,
)
from .method_views import MethodView, OverviewView

if TYPE_CHECKING:  # attributions bring Captum, which takes a second to import
    from ..explain.attributions import Attribution
    from ..explain.options import Options
    from ..explain.targets import Target


@dataclass(frozen=True, eq=False)
class AttentionView:
    """Inner maps of one network on one image.

    Attributes:
        case: the image.
        method, title: of the network.
        weights_sha256: None for a network with random weights.
        seed: of random weights; None for trained ones.
        maps: all inner maps, as `Prediction.maps`.
        names: of the maps that are looked at.
        frame: the image's place in the network's square.
        seen: a caution where the image took part in the training of the network; "" otherwise.
    """

    case: Case
    method: str
    title: str
    weights_sha256: str | None
    seed: int | None
    maps: Mapping[str, Map]
    names: tuple[str, ...]
    frame: Frame
    seen: str = ""

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        mark = "" if self.seed is None else "random-weights-no-knowledge"
        return file_stem(self.case.key, self.method, mark, "maps")


@dataclass(frozen=True, eq=False)
class AttributionView:
    """Which pixels an answer of one network rests on, by one or more methods.

    Attributes:
        case: the image.
        method, title: of the network.
        weights_sha256: of its weights.
        target: the answer that is explained.
        options: of the attribution methods.
        found: what each method gave, by its name; at least one.
        mask_threshold: tumour probability above which a pixel belongs to the predicted lesion.
        mask: H×W bool, the lesion that the maps are held against; None where there is none.
        mask_is_true: whether that is the true lesion; else it is the predicted one.
        seen: a caution where the image took part in the training of the network; "" otherwise.
    """

    case: Case
    method: str
    title: str
    weights_sha256: str
    target: Target
    options: Options
    found: Mapping[str, Attribution]
    mask_threshold: float
    mask: np.ndarray | None
    mask_is_true: bool
    seen: str = ""

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem(self.case.key, self.method, "attributions")


@dataclass(frozen=True, eq=False)
class Judged:
    """One method on the test images.

    Attributes:
        method, title: of the method.
        predictions_sha256: of its `predictions.csv`.
        threshold: probability from which an image is called malignant; None without a class.
        rows: of `predictions.csv`, those that are judged.
    """

    method: str
    title: str
    predictions_sha256: str
    threshold: float | None
    rows: pd.DataFrame


@dataclass(frozen=True, eq=False)
class PerformanceView:
    """How good methods are on images that they have not seen.

    Attributes:
        images: a dataset of `predictions.csv`, or "real" for all real ones together.
        title: of these images, in words.
        methods: what was judged; at least one.
    """

    images: str
    title: str
    methods: tuple[Judged, ...]

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("performance", self.images)


View = (
    Finding
    | CompareView
    | MirrorView
    | TwoCasesView
    | AttentionView
    | AttributionView
    | PerformanceView
    | MethodView
    | OverviewView
)
