"""What one network says about one case: the call, what speaks against it, and all the numbers.

Pages, reports, notebooks, tables and the command line build a `Finding` and hand it on, so that
none of them says something else. Nothing here runs a network.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import expit

from ..checkpoints import Checkpoint
from ..core.card import Card
from ..core.wording import DISCLAIMER, LABELS, percent
from ..data.case import Case
from ..evaluation.metrics import mask_metrics
from ..inference.familiarity import QUANTILE
from ..inference.input_checks import Check, caution, check_distance, worst
from ..inference.measure import Lesion, measure
from ..inference.predictor import MASK_THRESHOLD, Prediction
from ..methods import get_spec, list_methods
from ..methods.panel import is_panel
from . import points, presence, scope, seen
from .points import Point

NORMAL = "normal"
NO_CLASS = "This network outlines only; it does not say benign or malignant."
NO_POINT = "The card of this network states no operating point, so there is no call."
NOTHING = "No lesion outlined."
IF = "If this is a lesion"
READERS = (
    "The outline is a reader's, not the network's: what is measured on it is the reader's too, and "
    "nothing on the network's card was counted so."
)
_MOST_OF_IT = 0.6  # share of the image; the largest lesion of the training covers less


@dataclass(frozen=True, eq=False)
class Finding:
    """What one network says about one case.

    Attributes:
        case: the image and what is known about it.
        prediction: what the network computed.
        card: of its weights.
        point: where it calls an image malignant; None without a class or without such a point.
        mask_threshold: tumour probability above which a pixel is inside.
        input_checks: what the pixels say against asking a network.
        seen: "train", "validation" or "test" where the image was in that part of the training;
            None where it was in none.
    """

    case: Case
    prediction: Prediction
    card: Card
    point: Point | None = None
    mask_threshold: float = MASK_THRESHOLD
    input_checks: tuple[Check, ...] = ()
    seen: str | None = None

    # What the network says.

    @property
    def title(self) -> str:
        """Of the network."""
        name = self.prediction.method
        return get_spec(name).title if name in list_methods() or is_panel(name) else name

    @property
    def parameters(self) -> int:
        """Of the network."""
        return self.card.parameters

    @cached_property
    def mask(self) -> np.ndarray | None:
        """The outlined lesion, H×W bool, empty where there is none; None without an outline."""
        mask = self.prediction.mask(self.mask_threshold)
        return np.zeros_like(mask) if mask is not None and self._below_presence else mask

    @cached_property
    def outlined(self) -> bool | None:
        """Whether the network outlines a lesion; None for a network without an outline."""
        return None if self.mask is None else bool(self.mask.any())

    @property
    def call(self) -> str | None:
        """ "benign" or "malignant"; None where no lesion is outlined, or no class is said."""
        if self.outlined is False or self.point is None or self.prediction.probability is None:
            return None
        return self.point.call(self.prediction.probability)

    @property
    def conditional(self) -> bool:
        """Whether the call holds only if there is a lesion, because the network cannot tell."""
        return self.mask is None or not presence.knows_normals(self.card)

    @cached_property
    def lesion(self) -> Lesion | None:
        """Measurements of the outline; None without one."""
        image = self.case.image
        if self.mask is None or not self.outlined:
            return None
        return measure(self.mask, image.pixels, image.spacing)

    # What speaks against it.

    @property
    def checks(self) -> tuple[Check, ...]:
        """What the image says against the answer: its pixels, and how unlike the training it is."""
        return (*self.input_checks, *check_distance(self.prediction.distance, QUANTILE))

    @property
    def unfamiliar(self) -> bool:
        """Whether the image is unlike those that the network was trained on."""
        return self.prediction.distance is not None and self.prediction.distance > 1

    @cached_property
    def cautions(self) -> tuple[Check, ...]:
        """All reasons to doubt the call, the weightiest first; any of them greys it everywhere."""
        found = [*self.checks]
        if self.seen in seen.SENTENCES:
            found.append(caution("training", seen.SENTENCES[self.seen]))
        if self.case.changed:
            found.append(caution("changed", changed_words(self.case)))
        if self.prediction.outline_sha256:
            found.append(caution("reader", READERS))
        share = 0.0 if self.mask is None else float(self.mask.mean())
        if share > _MOST_OF_IT:
            most = f"The outline covers {percent(share)} of the image, more than almost any lesion"
            found.append(caution("outline", f"{most} it was trained on. Do not rely on it."))
        if self.call is not None and self.conditional and self.known in (None, NORMAL):
            asked = "Nobody says that there is a lesion, and this network cannot. "
            told = presence.on_normals(self.card)
            found.append(caution("normals", told if self.known else f"{asked}{told}"))
        return tuple(found)

    @property
    def cautious(self) -> bool:
        """Whether anything speaks against the answer."""
        return bool(self.cautions)

    # What it is worth.

    @property
    def scope(self) -> str:
        """For an image from elsewhere: on what the network was counted; "" for one of these."""
        return scope.sentence(self.case, self.card, self.seen)

    @property
    def on_normals(self) -> str:
        """What was counted on normals, for a network that cannot say "nothing here"; else ""."""
        return presence.on_normals(self.card) if self.call and self.conditional else ""

    @property
    def promises(self) -> list[str]:
        """What the call is worth, as sentences; none while something speaks against it."""
        if self.call is None or self.point is None or self.cautious:
            return []
        lines = [points.aim(self.point), *points.rates(self.point)]
        return [*filter(None, (*lines, points.origin_of_rates(self.card, self.point)))]

    @property
    def normals(self) -> presence.Counted | None:
        """What the network did on the normal breasts of its test part, if its card says so."""
        return presence.counted(self.card, NORMAL)

    @property
    def unsure(self) -> str:
        """That the probability lies in the grey zone, in words; "" where it does not."""
        probability = self.prediction.probability
        if not self.call or self.point is None or probability is None:
            return ""
        return self.point.unsure(probability)

    @property
    def members(self) -> dict[str, float]:
        """Probability of malignant by each network of a panel, by its title; else empty."""
        return {title: float(expit(logit)) for title, logit in self.prediction.members.items()}

    @property
    def spread(self) -> str:
        """How far the networks of a panel are apart, in words; "" for one network."""
        if not self.members:
            return ""
        low, high = (percent(pick(self.members.values())) for pick in (min, max))
        said = ", ".join(f"{title} {percent(one)}" for title, one in self.members.items())
        return f"Its networks say {low} to {high}: {said}."

    # What is known.

    @property
    def known(self) -> str | None:
        """ "benign", "malignant", "normal" for a breast without a lesion; None if unknown."""
        if self.case.label is not None:
            return LABELS[self.case.label]
        if self.case.truth is None:
            return None
        return "lesion" if self.case.truth.any() else NORMAL

    @property
    def right(self) -> bool | None:
        """Whether the answer is right; None where the truth is unknown or nothing was said."""
        if self.known == NORMAL:
            if self.outlined is not None:
                return not self.outlined
            return False if self.call == "malignant" else None
        if self.known is None:
            return None
        if self.call is not None and self.known in LABELS:
            return self.call == self.known
        return False if self.outlined is False else None

    @property
    def judgement(self) -> str:
        """ "right: it is benign" and the like; "" where the truth is unknown or nothing said."""
        if self.right is None:
            return ""
        it_is = {NORMAL: "it is a normal breast", "lesion": "there is a lesion"}
        what = it_is.get(str(self.known), f"it is {self.known}")
        return f"{'right' if self.right else 'wrong'}: {what}"

    @cached_property
    def against_truth(self) -> dict[str, float] | None:
        """Mask metrics on the network's square, where distances compare; None without a truth."""
        found = self.prediction
        truth = self.case.square_truth(found.size, found.frame.fit)
        if truth is None or found.mask_square is None:
            return None
        inside = found.mask_square > self.mask_threshold
        return mask_metrics(inside & (self.outlined is not False), truth)

    @property
    def square_mm(self) -> float | None:
        """Of a pixel of the network's square; None where unknown or not as wide as high."""
        found = self.prediction
        down, across = self.case.image.spacing or (0, 0)
        high = down * found.frame.down / found.size
        wide = across * found.frame.across / found.size
        return high if high and math.isclose(high, wide) else None

    # In words.

    @property
    def pill(self) -> str:
        """ "15 % → benign"; "" where there is no call."""
        probability = self.prediction.probability
        if self.call is None or probability is None:
            return ""
        return f"{percent(probability)} → {self.call}"

    @property
    def verdict(self) -> str:
        """The answer in one line, without the network's name and without a full stop."""
        probability = self.prediction.probability
        if self.outlined is False:
            return NOTHING.rstrip(".")
        if probability is None:
            return "Outlines only"
        if self.call is None:
            return f"{IF}: {percent(probability)} malignant, no call"
        doubt = ", with caution" if self.cautious else ""
        return f"{IF}: {self.pill}{doubt}" if self.conditional else f"{self.pill}{doubt}"

    @property
    def sentence(self) -> str:
        """Who says what, in one line."""
        said = self.verdict
        joint = "," if said.startswith(IF) else ":"
        return f"{self.title}{joint} {said[0].lower() if joint == ',' else said[0]}{said[1:]}."

    @property
    def nothing(self) -> str:
        """That no lesion is outlined, and what that is worth; "" where one is."""
        if self.outlined is not False:
            return ""
        if self._below_presence:
            return f"{NOTHING} {presence.nothing_outlined(self.card)}"
        return (
            f"{NOTHING} No pixel is above the mask threshold of {self.mask_threshold:.2f}, so "
            f"there is no call. {presence.nothing_outlined(self.card)}"
        )

    # In numbers.

    def numbers(self) -> dict[str, Any]:
        """Everything by name, JSON-ready: the one vocabulary of pages, files and verbs.

        None where a number is not defined. Probabilities and shares are 0..1.
        """
        found, image = self.prediction, self.case.image
        lesion, metrics = self.lesion, self.against_truth
        return {
            "image": self.case.title,
            "method": found.method,
            "title": self.title,
            "probability": found.probability,
            "logit": found.logit,
            "point": None if self.point is None else self.point.key,
            "threshold": None if self.point is None else self.point.threshold,
            "call": self.call,
            "verdict": self.verdict,
            "cautious": self.cautious,
            "cautions": [{"name": one.name, "reason": one.reason} for one in self.cautions],
            "input": worst(self.checks),
            "checks": [asdict(check) for check in self.checks],
            "outlined": self.outlined,
            "presence": found.presence,
            "presence_threshold": presence.threshold(self.card),
            "members": self.members,
            "distance": found.distance,
            "mask_threshold": None if self.mask is None else self.mask_threshold,
            "mask_area_px": None if self.mask is None else int(self.mask.sum()),
            "lesion": None if lesion is None else lesion.as_dict(),
            "known": self.known,
            "right": self.right,
            "against_truth": None if metrics is None else _finite(metrics),
            "seen": self.seen,
            "notes": list(image.notes),
            "image_sha256": found.image_sha256,
            "weights_sha256": found.weights_sha256,
            "computed_by": found.computed_by,
            "terms": DISCLAIMER,
        }

    @cached_property
    def _below_presence(self) -> bool:
        limit, score = presence.threshold(self.card), self.prediction.presence
        return limit is not None and score is not None and score < limit


def changed_words(case: Case) -> str:
    """The caution for a picture that was changed to see what happens."""
    return (
        f"The picture was changed to see what happens ({', '.join(case.changed)}): the answer is "
        "about that picture, not about the patient."
    )


def find(
    case: Case,
    prediction: Prediction,
    checkpoint: Checkpoint,
    checks: Sequence[Check] = (),
    mask_threshold: float = MASK_THRESHOLD,
    point: str | None = None,
) -> Finding:
    """What a network says about a case.

    Args:
        case: the image.
        prediction: of that image.
        checkpoint: whose card says what the prediction is worth.
        checks: of the pixels, see `inference.input_checks.check_image`.
        mask_threshold: tumour probability above which a pixel is inside.
        point: name of the operating point; None, or one that the card lacks, for the default one.
    """
    available = points.operating_points(checkpoint.card)
    name = point if point in available else next(iter(available), None)
    chosen = None if name is None or prediction.probability is None else available[name]
    part = seen.part_of(case, checkpoint)
    return Finding(case, prediction, checkpoint.card, chosen, mask_threshold, tuple(checks), part)


def flat(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers of a finding for a table: one level, and lists as text."""
    row: dict[str, Any] = {}
    for name, value in numbers.items():
        if name in ("lesion", "against_truth"):
            row |= value or {}
        elif name == "cautions":
            row["cautions"] = "; ".join(one["name"] for one in value)
            row["reasons"] = " ".join(one["reason"] for one in value)
        elif name == "members":
            row[name] = "; ".join(f"{title} {one:.4f}" for title, one in value.items())
        elif name == "checks":
            continue  # they are among the cautions
        elif isinstance(value, list):
            row[name] = "; ".join(value)
        else:
            row[name] = value
    return row


def _finite(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """JSON knows no NaN; an undefined number becomes None."""
    return {name: float(v) if np.isfinite(v) else None for name, v in metrics.items()}
