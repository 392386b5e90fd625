"""What several networks say about one image, drawn under one look."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...figures import colours
from ...inference.measure import largest_part
from ...inference.predictor import MASK_THRESHOLD, Prediction
from .. import records, seen, services, verdict, words
from ..case import Case
from . import region_shapes
from .region_shapes import Shape
from .zoom_panels import Key, Panel

_RIGHT_AND_WRONG = {
    colours.AGREE: "found",
    colours.EXTRA: "marked, but not lesion",
    colours.MISSED: "missed",
}
_WHITE = "#FFFFFF"


@dataclass(frozen=True)
class Look:
    """How all pictures are drawn; none of this needs a network.

    Attributes:
        threshold: tumour probability above which a pixel is inside.
        fill: opacity of the inside, 0..1.
        truth: draw the true outline.
        agreement: colour what was found, marked in excess and missed, instead.
    """

    threshold: float = MASK_THRESHOLD
    fill: float = 0.0
    truth: bool = False
    agreement: bool = False


class Area(NamedTuple):
    """How large an outline is, measured as on Predict: its largest connected part.

    Attributes:
        px: pixels of that part.
        mm2: the same in mm²; None where the size of a pixel is unknown.
        parts: connected parts.
    """

    px: int
    mm2: float | None
    parts: int


@dataclass(frozen=True, eq=False)
class Answers:
    """What several networks say about one image.

    Attributes:
        case: the image.
        found: what each method says.
        look: how it is drawn.
    """

    case: Case
    found: Mapping[str, Prediction]
    look: Look

    @cached_property
    def levels(self) -> dict[str, np.ndarray]:
        """How far each pixel is inside, by method; only those that outline."""
        return {
            method: region_shapes.reduced(answer) - np.float32(self.look.threshold)
            for method, answer in self.found.items()
            if answer.mask_probability is not None
        }

    @cached_property
    def truth(self) -> np.ndarray | None:
        """How far each pixel is inside of the true outline; None where it is unknown."""
        return None if self.case.truth is None else region_shapes.level_of_mask(self.case.truth)

    @cached_property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Mask metrics against the truth by method, those that are known and defined."""
        found = {}
        for method, answer in self.found.items():
            known = records.against_truth(self.case, answer, self.look.threshold) or {}
            found[method] = {name: value for name, value in known.items() if math.isfinite(value)}
        return found

    @cached_property
    def areas(self) -> dict[str, Area]:
        """How large each outline is; only of networks that outline."""
        found, spacing = {}, self.case.image.spacing
        for method, answer in self.found.items():
            mask = answer.mask(self.look.threshold)
            if mask is not None:
                pixels, parts = largest_part(mask)
                mm2 = None if spacing is None else pixels * spacing[0] * spacing[1]
                found[method] = Area(pixels, mm2, parts)
        return found

    def lesion(self) -> tuple[float, float, float, float] | None:
        """The box of what is true or outlined by at least half of the networks, with a margin."""
        return region_shapes.lesion_box(list(self.levels.values()), self.truth)

    def panel(self, method: str, image: int = 0, start: str = "") -> Panel:
        """The picture of one network.

        Args:
            method: whose.
            image: which of the images that travel.
            start: of the line below.
        """
        answer, title = self.found[method], services.title_of(method)
        call, mask = call_of(answer), answer.mask(self.look.threshold)
        if mask is None:
            note = drawn = "draws no outline"
        elif not mask.any():
            note = drawn = "outlines nothing at this threshold"
        else:
            area, drawn = self.areas[method], f"outlines {mask.mean():.1%} of the image"
            note = words.area(area.px, area.mm2)
            if area.parts > 1:
                note += f", the largest of {area.parts} parts"
            if "dice" in self.metrics[method]:
                note += f" · Dice {self.metrics[method]['dice']:.2f}"
        if answer.distance is not None and answer.distance > 1:
            note += " · unlike its training images"
            drawn += ", on an image unlike its training images"
        badge = "outline only"
        if answer.probability is not None:
            badge = f"{answer.probability:.0%} {call}".strip()
            drawn = f"says {answer.probability:.0%} {call or 'malignant'} and {drawn}"
        return Panel(
            services.title_of(method),
            f"{self.case.title}: {title} {drawn}.",
            self._shapes(method),
            badge,
            call or "none",
            f"{start} · {note}" if start else note,
            image=image,
        )

    def _shapes(self, method: str) -> tuple[Shape, ...]:
        shapes: list[Shape] = []
        look, inside, truth = self.look, self.levels.get(method), self.truth
        if look.agreement and truth is not None and inside is not None:
            shapes += region_shapes.agreement(inside, truth, tuple(_RIGHT_AND_WRONG))
            return (*shapes, region_shapes.region(truth, _WHITE, line=1.5))
        if look.truth and truth is not None:
            shapes.append(region_shapes.region(truth, colours.TRUTH, line=2.0))
        if inside is not None:
            shapes.append(region_shapes.region(inside, self.colour(method), fill=look.fill))
        return tuple(shapes)

    def colour(self, method: str) -> str:
        """The colour of a network's outline: that of its call."""
        answer = self.found[method]
        return verdict.class_colour(answer, answer.threshold)

    def legend(self) -> list[Key]:
        """What the colours of the outlines mean, as far as they occur."""
        if self.look.agreement and self.truth is not None:
            return [*_RIGHT_AND_WRONG.items(), (_WHITE, "true outline")]
        named = {
            colours.MALIGNANT: "outline, called malignant",
            colours.BENIGN: "outline, called benign",
            colours.OUTLINE: "outline, no call",
        }
        used = {self.colour(method) for method in self.levels}
        keys = [(colour, text) for colour, text in named.items() if colour in used]
        return [*keys, (colours.TRUTH, "true outline")] if self.look.truth else keys

    def said(self) -> str:
        """One sentence: how many call it malignant, and the truth; "" where no network calls."""
        calls = [call for call in map(call_of, self.found.values()) if call]
        if not calls:
            return ""
        values = sorted(p.probability for p in self.found.values() if p.probability is not None)
        share = f"{calls.count('malignant')} of {len(calls)}"
        if len(set(calls)) > 1:
            line = f"**{share}** call it {verdict.BADGES['malignant']}"
        elif len(calls) > 1:
            line = f"**All {len(calls)}** call it {verdict.BADGES[calls[0]]}"
        else:
            line = f"**One** network calls it {verdict.BADGES[calls[0]]}"
        low, high = f"{values[0]:.0%}", f"{values[-1]:.0%}"
        line += f", probability of malignancy {low if low == high else f'{low} to {high}'}."
        if self.case.label is not None:
            line += f" The truth is {verdict.BADGES[records.LABELS[self.case.label]]}."
        return line

    def caution(self) -> str:
        """Whose training the image took part in; "" where it is new to all."""
        cards = {method: services.checkpoint(method).card for method in self.found}
        trained = [m for m, card in cards.items() if seen.in_training(self.case, card)]
        return seen.sentence_of_several([*map(services.title_of, trained)], len(cards))


def call_of(answer: Prediction) -> str:
    """ "benign" or "malignant"; "" where the network or its card does not say."""
    if answer.probability is None or answer.threshold is None:
        return ""
    return words.decision(answer.probability, answer.threshold)
