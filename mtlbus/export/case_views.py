"""What networks say about one image or two, as plain data: a prediction, a comparison, a pair.

Like all views these hold results that the page has computed already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..core.files import fitting
from ..data.intake import GreyImage
from ..data.transforms import square_mask
from ..evaluation.metrics import mask_metrics
from ..inference.measure import Lesion, measure
from ..inference.predictor import Prediction

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
        parameters: of the network; None where its card does not say.
        seen: a caution where the image took part in the training of the network; "" otherwise.
    """

    case: Subject
    title: str
    prediction: Prediction
    mask_threshold: float
    point: Point | None = None
    describe: Callable[[Lesion], Sequence[tuple[str, str, str]]] | None = None
    checks: tuple[tuple[str, str], ...] = ()
    parameters: int | None = None
    seen: str = ""

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
class PairView:
    """What several networks say about two images.

    Attributes:
        first, second: what they say about each: the same networks in the same order, all with one
            mask threshold.
    """

    first: CompareView
    second: CompareView

    @property
    def case(self) -> Subject:
        """The image that was there first."""
        return self.first.case

    @property
    def halves(self) -> tuple[tuple[str, CompareView], tuple[str, CompareView]]:
        """Both with a word for each, that names arrays and rows."""
        return ("first", self.first), ("second", self.second)

    @property
    def by_network(self) -> tuple[tuple[PredictView, PredictView], ...]:
        """What each network says about both."""
        return tuple(zip(self.first.views, self.second.views, strict=True))

    @property
    def mask_threshold(self) -> float:
        """Tumour probability above which a pixel is inside."""
        return self.first.views[0].mask_threshold


@dataclass(frozen=True, eq=False)
class MirrorView(PairView):
    """What several networks say about one image and about the same turned left to right."""

    @property
    def halves(self) -> tuple[tuple[str, CompareView], tuple[str, CompareView]]:
        """Both with a word for each, that names arrays and rows."""
        return ("image", self.first), ("mirror", self.second)

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("mirror", self.case.key)


@dataclass(frozen=True, eq=False)
class TwoCasesView(PairView):
    """What several networks say about two images."""

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("two-cases", self.first.case.key, self.second.case.key)


_STEM_BYTES = 180  # what a page adds to the stem is shorter than the rest of a name


def file_stem(*parts: str) -> str:
    """A file name without its ending that every system takes, from parts that may hold anything."""
    stem = "_".join(re.sub(r"[^\w.-]+", "-", part).strip("-.")[:60] for part in parts if part)
    return fitting(stem, most=_STEM_BYTES)
