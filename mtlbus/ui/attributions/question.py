"""A question to a network about a case, and everything that was answered already, by content.

Results are keyed by the digests of image and weights, the version of the preprocessing, the
target, the method and those options that it reads; never by an array, never without the weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from torch import nn

from ...data.transforms import PREPROCESSING_VERSION
from ...explain.attributions import Attribution
from ...explain.faithfulness import Faithfulness, RandomOrder
from ...explain.gradcam import NotServed
from ...explain.options import Options
from ...explain.placebo import randomised
from ...explain.request import Request
from ...explain.subject import Pace, Passes, Subject, measure_pace
from ...explain.targets import Box, box_around
from ...explain.techniques import technique_of
from ...inference.predictor import MASK_THRESHOLD, Prediction, Predictor
from .. import services
from ..case import Case
from ..gate import GATE, Say
from ..results import ResultStore, bytes_held

MEGABYTE = 1024**2
PLACEBO_SEED = 0


def _bytes_of(found: Attribution | NotServed) -> int:
    return bytes_held(found.square, found.plane) if isinstance(found, Attribution) else 200


# No gates: what is kept here is computed inside the gate by `runs`.
_MAPS = ResultStore(160 * MEGABYTE, _bytes_of)
_MEASURED = ResultStore(4 * MEGABYTE, lambda found: 4096)
_VALUES = ResultStore(MEGABYTE, lambda value: 64, GATE)
_SHUFFLED = ResultStore(96 * MEGABYTE, lambda network: bytes_held(*network.state_dict().values()))
_PACES: dict[tuple[str, str], Pace] = {}  # by weights and head; the last run tells best


@dataclass(frozen=True, eq=False)
class Question:
    """One view of the Attributions page.

    Attributes:
        case: the image.
        method: of a trained network.
        network: it.
        prediction: its answer, with the mask that makes the regions.
        request: what is asked.
    """

    case: Case
    method: str
    network: Predictor
    prediction: Prediction
    request: Request

    @classmethod
    def of(cls, case: Case, method: str, request: Request) -> Question:
        """Ask a trained network about a case; predicts it first if that has not been done."""
        network = services.predictor(method)
        return cls(case, method, network, services.predict(case, method), request)

    def with_options(self, options: Options) -> Question:
        """The same question with other settings."""
        return replace(self, request=replace(self.request, options=options))

    @property
    def lesion(self) -> np.ndarray | None:
        """The predicted lesion on the network's square, bool; None without a mask."""
        square = self.prediction.mask_square
        return None if square is None else square > MASK_THRESHOLD

    @property
    def lesion_box(self) -> Box | None:
        """Left, top, width, height around the predicted lesion, pixels of the image."""
        mask = self.prediction.mask()
        return None if mask is None else box_around(mask)

    @property
    def mask(self) -> tuple[np.ndarray, str] | None:
        """The lesion that maps are held to, H×W bool, and which one that is.

        The true one where it is known, else the predicted one; None where there is neither.
        """
        if self.case.truth is not None and self.case.truth.any():
            return self.case.truth, "true"
        predicted = self.prediction.mask()
        return None if predicted is None or not predicted.any() else (predicted, "predicted")

    @cached_property
    def key(self) -> tuple:
        """What every number of the view depends on."""
        target, truth = self.request.target, self.case.truth
        of_truth = ""
        if target.region == "truth" and truth is not None:
            of_truth = hashlib.sha256(np.packbits(truth).tobytes()).hexdigest()
        return (
            self.case.image.sha256,
            self.prediction.weights_sha256,
            PREPROCESSING_VERSION,
            str(target),
            of_truth,
        )

    def map_key(self, name: str, random: bool) -> tuple:
        """The key of one map."""
        reads = technique_of(name).reads(self.request.options)
        return (*self.key, name, reads, PLACEBO_SEED if random else None)

    def subject(self, random: bool = False, watch: Callable[[int], None] | None = None) -> Subject:
        """The function to explain, of the trained or the shuffled weights.

        Raises:
            InputError: the region of the target is empty or unknown here.
        """
        ready = services.prepared(self.case, self.network.size, self.network.fit)
        made = Subject.of(
            self.network, ready.grey, ready.frame, self.request.target, self.lesion, self.case.truth
        )
        if random:
            made = made.of_model(_shuffled(self.prediction.weights_sha256, self.network.model))
        else:
            value = _VALUES.peek(self.key)
            made = made if value is None else replace(made, known={"image": value})
        return made if watch is None else replace(made, watch=watch)

    def value(self) -> float:
        """The number that is explained: the target for the case's image."""
        made = self.subject()
        with services.waiting_line() as say:
            return _VALUES.get(self.key, lambda: made.measured(made.grey)[0], say)

    @property
    def _pace_key(self) -> tuple[str, str]:
        return self.prediction.weights_sha256, self.request.target.head

    def pace(self) -> Pace:
        """Seconds of a pass of this network on this machine, measured."""
        if self._pace_key not in _PACES:
            made = self.subject()
            with services.waiting_line() as say, GATE.turn(say=say):
                _PACES[self._pace_key] = measure_pace(made)
        return _PACES[self._pace_key]

    def note_pace(self, cost: Passes, seconds: float) -> None:
        """Learn from a run; where nothing was measured before, nothing: the run holds the gate."""
        if self._pace_key in _PACES:
            _PACES[self._pace_key] = _PACES[self._pace_key].after(cost, seconds)

    def found(self, name: str, random: bool = False) -> Attribution | NotServed | None:
        """A map, or why there is none; None if it has not been computed."""
        return _MAPS.peek(self.map_key(name, random))

    def once(
        self, name: str, random: bool, compute: Callable[[], Any], say: Say | None = None
    ) -> Attribution | NotServed:
        """A map, computed once for every session."""
        return _MAPS.get(self.map_key(name, random), compute, say)

    def missing(self) -> tuple[tuple[str, bool], ...]:
        """The jobs that have not been done; no placebo of a map that cannot be made."""
        return tuple(
            (name, random)
            for name, random in self.request.jobs
            if self.found(name, random) is None
            and not (random and isinstance(self.found(name), NotServed))
        )

    def maps(self) -> dict[str, Attribution]:
        """The maps that are there, in the order of the request."""
        found = {name: self.found(name) for name in self.request.attributions}
        return {name: a for name, a in found.items() if isinstance(a, Attribution)}

    def placebo(self, name: str) -> Attribution | NotServed | None:
        """The placebo of a map, if the request has one and it is there."""
        return self.found(name, random=True) if self.request.placebo else None

    @property
    def _random_key(self) -> tuple:
        options = self.request.options
        return (*self.key, "random order", options.baseline, options.seed)

    def random_order(self) -> RandomOrder | None:
        """What pixels in random order do to the answer; None if it has not been measured."""
        return _MEASURED.peek(self._random_key)

    def random_order_once(self, compute: Callable[[], Any], say: Say | None = None) -> RandomOrder:
        """The same, measured once for every session."""
        return _MEASURED.get(self._random_key, compute, say)

    def _measure_key(self, name: str, sensitivity: bool) -> tuple:
        options = self.request.options
        return (*self.map_key(name, False), options.baseline, options.seed, sensitivity)

    def measured(self, name: str, sensitivity: bool) -> Faithfulness | None:
        """What was measured of a map; None if that has not been done."""
        with_it = _MEASURED.peek(self._measure_key(name, True))
        return with_it if sensitivity else with_it or _MEASURED.peek(self._measure_key(name, False))

    def measured_once(
        self, name: str, sensitivity: bool, compute: Callable[[], Any], say: Say | None = None
    ) -> Faithfulness:
        """The same, measured once for every session."""
        return _MEASURED.get(self._measure_key(name, sensitivity), compute, say)


def _shuffled(digest: str, model: nn.Module) -> nn.Module:
    """The placebo of the weights with this digest."""
    return _SHUFFLED.get(digest, lambda: randomised(model, PLACEBO_SEED))
