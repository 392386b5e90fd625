"""A view of each page as plain data: all that its numbers rest on, and what they were.

A view holds results that the page has computed already. Nothing here runs a network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from ..core.outputs import Map
from ..data.intake import GreyImage
from ..data.transforms import Frame, square_mask
from ..evaluation.metrics import mask_metrics
from ..inference.measure import Lesion, measure
from ..inference.predictor import Prediction

if TYPE_CHECKING:  # attributions bring Captum, which takes a second to import
    from ..explain.attributions import Attribution
    from ..explain.options import Options
    from ..explain.targets import Target

LABELS = ("benign", "malignant")


class Subject(Protocol):
    """What is looked at.

    Attributes:
        key: its name in the address.
        title: for people; of an upload this is the name of the file, written by anyone.
        image: the clean grey image.
        truth: true lesion, H×W bool; None where it is unknown.
        label: 1 malignant, 0 benign, None where it is unknown.
        origin: "phantom", "upload" or "dataset".
        about: one or two plain sentences.
    """

    key: str
    title: str
    image: GreyImage
    truth: np.ndarray | None
    label: int | None
    origin: str
    about: str


@dataclass(frozen=True)
class Point:
    """From which probability a network says malignant, and what that is worth.

    Attributes:
        name: of the operating point.
        threshold: probability.
        zone: probabilities between which a cautious and a strict reader differ; None if unknown.
        meaning: plain sentences; `**` marks what is important.
    """

    name: str
    threshold: float
    zone: tuple[float, float] | None = None
    meaning: tuple[str, ...] = ()

    def call(self, probability: float) -> str:
        """ "malignant" at or above the threshold, else "benign"."""
        return LABELS[probability >= self.threshold]


@dataclass(frozen=True, eq=False)
class PredictView:
    """What one network says about one image.

    Attributes:
        case: the image.
        title: of the network.
        prediction: what it said.
        mask_threshold: tumour probability above which a pixel is inside.
        point: where it calls an image malignant; None without a class or without a point.
        describe: turns measurements into rows of (name, value with unit, what it is), as the page
            shows them; they are made when they are asked for.
        checks: of the input, as (state, sentence).
    """

    case: Subject
    title: str
    prediction: Prediction
    mask_threshold: float
    point: Point | None = None
    describe: Callable[[Lesion], Sequence[tuple[str, str, str]]] | None = None
    checks: tuple[tuple[str, str], ...] = ()

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem(self.case.key, self.prediction.method)

    @property
    def call(self) -> str | None:
        """ "benign" or "malignant"; None where the network does not say."""
        probability = self.prediction.probability
        return None if self.point is None or probability is None else self.point.call(probability)

    def lesion(self) -> Lesion | None:
        """Measurements of the outline; None without one."""
        mask, image = self.prediction.mask(self.mask_threshold), self.case.image
        return None if mask is None else measure(mask, image.pixels, image.spacing)

    def against_truth(self) -> dict[str, float] | None:
        """Mask metrics on the network's square, as the page shows them; None without a truth."""
        found = self.prediction
        if self.case.truth is None or found.mask_square is None:
            return None
        truth = square_mask(self.case.truth, found.size).numpy()
        return mask_metrics(found.mask_square > self.mask_threshold, truth)


@dataclass(frozen=True, eq=False)
class CompareView:
    """What several networks say about one image.

    Attributes:
        case: the image.
        views: what each says, all with one mask threshold; at least one.
    """

    case: Subject
    views: tuple[PredictView, ...]

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("compare", self.case.key)


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
    """

    case: Subject
    method: str
    title: str
    weights_sha256: str | None
    seed: int | None
    maps: Mapping[str, Map]
    names: tuple[str, ...]
    frame: Frame

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
    """

    case: Subject
    method: str
    title: str
    weights_sha256: str
    target: Target
    options: Options
    found: Mapping[str, Attribution]
    mask_threshold: float
    mask: np.ndarray | None
    mask_is_true: bool

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


View = PredictView | CompareView | AttentionView | AttributionView | PerformanceView


def file_stem(*parts: str) -> str:
    """A file name without its ending that every system takes, from parts that may hold anything."""
    return "_".join(re.sub(r"[^\w.-]+", "-", part).strip("-.")[:60] for part in parts if part)
