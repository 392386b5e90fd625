"""What several networks say about one image, drawn under one look."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...figures import colours
from ...inference.measure import largest_part
from ...inference.predictor import Prediction
from .. import records, seen, services, verdict, words
from ..case import Case
from ..panels import region_shapes
from ..panels.case_shapes import shapes_of
from ..panels.zoom_panels import Key, Panel
from ..pictures import RIGHT_AND_WRONG, TRUTH_BESIDE, TRUTH_WORDS, Look


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
        look: how all of it is drawn, but for the colours, which tell the calls.
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
            shapes_of(
                self.levels.get(method), self.truth, replace(self.look, colour=self.colour(method))
            ),
            badge,
            call or "none",
            f"{start} · {note}" if start else note,
            image=image,
        )

    def colour(self, method: str) -> str:
        """The colour of a network's outline: that of its call."""
        answer = self.found[method]
        return verdict.class_colour(answer, answer.threshold)

    def legend(self) -> list[Key]:
        """What the colours of the outlines mean, as far as they occur."""
        if self.look.agreement and self.truth is not None:
            return [*RIGHT_AND_WRONG.items(), (TRUTH_BESIDE, TRUTH_WORDS)]
        named = {
            colours.MALIGNANT: "outline, called malignant",
            colours.BENIGN: "outline, called benign",
            colours.OUTLINE: "outline, no call",
        }
        used = {self.colour(method) for method in self.levels}
        keys = [(colour, text) for colour, text in named.items() if colour in used]
        return [*keys, (colours.TRUTH, TRUTH_WORDS)] if self.look.truth else keys

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
