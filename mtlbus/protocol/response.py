"""How the answers of networks follow the knobs of a phantom.

A phantom is drawn with one knob at several values and everything else as it is, and the networks
are asked about each. So it shows what they react to; a phantom is no patient, and a network that
reacts rightly to it may still be wrong in a clinic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..core.errors import InputError
from ..data.case import Case
from ..data.phantom import make_phantom, random_parameters
from ..data.phantom_parameters import PhantomParameters
from ..data.phantom_state import FIXED, Value, grey_image
from ..figures import colours, overlay
from ..findings import Finding, find
from ..inference.input_checks import check_image, refusal
from ..inference.predictor import Predictor, predict_all

PICTURE = (132, 132)
"""Height and width of the small pictures, pixels."""
NO_CURVE = (*FIXED, "seed")
"""What is no dial: the label, and the draw of the anatomy."""
_PLACE = ("size_mm", "depth_mm", "lateral_mm", "aspect", "angle_deg", "skin_mm", "image_depth_mm")
"""The knobs that decide whether a lesion lies between the skin and the edges of the image."""
_DRAWN = 400  # phantoms whose knobs say what is usual
_CHOSEN: dict[str, tuple[float, float]] = {
    "blur_mm": (0, 0.4), "noise": (0, 0.08), "gamma": (0.7, 1.4), "absorption_db": (0, 0.5),
    "comet_tails": (0, 3),
}  # fmt: skip
"""What is usual of knobs that training phantoms never turn; our choice."""


class Answer(NamedTuple):
    """What a network says about one phantom.

    Attributes:
        probability: of malignancy, 0..1; None without a class or for a refused image.
        call: "benign" or "malignant"; None without one.
        outlined: whether it outlines a lesion; None without an outline.
        dice: of its outline and the true one; None where either is missing.
        doubt: why the answer is to be doubted, the weightiest reason; "" where nothing is.
        picture: a small JPEG of the phantom with both outlines.
    """

    probability: float | None
    call: str | None
    outlined: bool | None
    dice: float | None
    doubt: str
    picture: bytes


def ask(predictors: Mapping[str, Predictor], parameters: PhantomParameters) -> dict[str, Answer]:
    """What each network says about a phantom that is drawn once for all, by method."""
    phantom = make_phantom(parameters)
    image = grey_image(phantom, "phantom")
    case = Case("", "", image, phantom.mask, None, "phantom", "")
    checks = check_image(image)
    if why := refusal(checks):
        nothing = Answer(None, None, None, None, why, _picture(case, None))
        return dict.fromkeys(predictors, nothing)
    said = predict_all([*predictors.values()], image)
    return {
        method: _answer(find(case, one, network.checkpoint, checks))
        for (method, network), one in zip(predictors.items(), said, strict=True)
    }


def _answer(finding: Finding) -> Answer:
    truth, metrics = finding.case.truth, finding.against_truth
    dice = None if metrics is None or not truth.any() else metrics["dice"]
    return Answer(
        finding.prediction.probability,
        finding.call,
        finding.outlined,
        None if dice is None or np.isnan(dice) else float(dice),
        finding.cautions[0].reason if finding.cautious else "",
        _picture(finding.case, finding),
    )


def _picture(case: Case, finding: Finding | None) -> bytes:
    panel = overlay.grey_panel(case.image.pixels, PICTURE)
    if case.truth.any():
        panel = overlay.draw_region(panel, case.truth, colours.TRUTH, line=1.0)
    if finding is not None and finding.outlined:
        called = None if finding.cautious or not finding.call else finding.call == "malignant"
        plane, colour = finding.prediction.mask_probability, colours.of_class(called)
        panel = overlay.draw_region(panel, plane, colour, finding.mask_threshold, line=1.6)
    return overlay.encode_light(panel, quality=75)


def knobs() -> dict[str, dict]:
    """The knobs that have a curve, by name, as `PhantomParameters.knobs` describes them."""
    return {n: k for n, k in PhantomParameters.knobs().items() if n not in NO_CURVE}


def with_knob(parameters: PhantomParameters, knob: str, value: Value) -> PhantomParameters | None:
    """A phantom with a knob elsewhere; None where the lesion then fits nowhere."""
    try:
        return replace(parameters, **{knob: value})
    except InputError:
        return None


def span(parameters: PhantomParameters, knob: str) -> tuple[float, float]:
    """How far a number can be turned both ways with everything else as it is."""
    about, here = PhantomParameters.knobs()[knob], getattr(parameters, knob)
    if isinstance(about["default"], int):
        return about["low"], about["high"]
    if knob not in _PLACE:
        return float(about["low"]), float(about["high"])
    return _last(parameters, knob, here, about["low"]), _last(parameters, knob, here, about["high"])


def _last(parameters: PhantomParameters, knob: str, here: float, end: float) -> float:
    """How far towards an end a knob can be turned before the lesion fits no more."""
    if with_knob(parameters, knob, end) is not None:
        return float(end)
    fits, too_far = float(here), float(end)
    for _ in range(8):
        middle = (fits + too_far) / 2
        if with_knob(parameters, knob, middle) is None:
            too_far = middle
        else:
            fits = middle
    step = 0.01 if knob == "aspect" else 0.1
    inwards = math.floor if end > here else math.ceil
    even = round(inwards(fits / step) * step, 2)
    return even if min(here, fits) <= even <= max(here, fits) else float(here)


def values_of(parameters: PhantomParameters, knob: str, count: int = 11) -> list[Value]:
    """Where a curve asks: evenly over the `span`; both ways of a switch."""
    about = PhantomParameters.knobs()[knob]
    if isinstance(about["default"], bool):
        return [False, True]
    return _even(*span(parameters, knob), count, about)


def ends_of(parameters: PhantomParameters, knob: str) -> list[Value]:
    """Both ends of what is usual, as far as the knob can be turned; both ways of a switch."""
    about = PhantomParameters.knobs()[knob]
    if isinstance(about["default"], bool):
        return [False, True]
    usual, possible = usual_range(knob), span(parameters, knob)
    low, high = (float(np.clip(end, *possible)) for end in usual)
    return _even(low, high, 2, about)


def _even(low: float, high: float, count: int, about: dict) -> list[Value]:
    return [*dict.fromkeys(_rounded(v, about) for v in np.linspace(low, high, count))]


def _rounded(value: float, about: dict) -> Value:
    return round(value) if isinstance(about["default"], int) else float(f"{value:.4g}")


@cache
def usual_range(knob: str) -> tuple[float, float]:
    """The middle nine tenths of what phantoms for training have; else what we call usual."""
    about = PhantomParameters.knobs()[knob]
    drawn = [float(getattr(one, knob)) for one in _typical()]
    if min(drawn) == max(drawn):
        return _CHOSEN.get(knob, (about["low"], about["high"]))
    low, high = np.quantile(drawn, (0.05, 0.95))
    return float(f"{low:.3g}"), float(f"{high:.3g}")


@cache
def _typical() -> tuple[PhantomParameters, ...]:
    return tuple(random_parameters(seed) for seed in range(_DRAWN))


class Swing(NamedTuple):
    """How much a knob changes the answer of a network.

    Attributes:
        knob: its name.
        values, probabilities: where it was turned to, and what was said there, in order; the
            present place among them.
    """

    knob: str
    values: tuple[Value, ...]
    probabilities: tuple[float, ...]

    @property
    def size(self) -> float:
        """Largest less smallest probability, 0..1."""
        return max(self.probabilities) - min(self.probabilities)


def swings(
    answers: Mapping[str, Mapping[Value, Answer | None]], here: Answer | None, parameters: object
) -> list[Swing]:
    """The knobs by how much they change the answer of one network, the most first.

    Args:
        answers: by knob and value.
        here: what the network says about the phantom as it is.
        parameters: of the phantom as it is.
    """
    found = []
    for knob, by_value in answers.items():
        known = {v: a.probability for v, a in by_value.items() if a and a.probability is not None}
        if here is not None and here.probability is not None:
            known[getattr(parameters, knob)] = here.probability
        if len(known) > 1:
            found.append(Swing(knob, *zip(*sorted(known.items()), strict=True)))
    return sorted(found, key=lambda one: -one.size)


def turning_points(
    values: Sequence[Value], answers: Sequence[Answer | None]
) -> list[tuple[Value, Value]]:
    """Between which neighbouring values a network changes its call."""
    known = [(v, a.call) for v, a in zip(values, answers, strict=True) if a and a.call]
    return [(first, second) for (first, one), (second, other) in pairwise(known) if one != other]
