"""What several networks say about one image, drawn in one style."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import streamlit as st

from ..core.text import literal
from ..core.wording import percent
from ..export.case_views import CompareView
from ..figures import colours
from ..findings import Finding, measured
from ..findings.finding import NORMAL
from ..findings.several import cautions_of_all, judged, tally, voters
from ..inference.input_checks import Check
from ..inference.measure import largest_part
from ..inference.predictor import Prediction
from . import verdict
from .case import Case
from .finding import findings_of
from .panels import region_shapes
from .panels.region_shapes import shapes_of
from .panels.zoom_panels import Key, Panel
from .pictures import RIGHT_AND_WRONG, TRUTH_BESIDE, TRUTH_WORDS, Style


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
        style: how all of it is drawn, but for the colours, which tell the calls.
    """

    case: Case
    found: Mapping[str, Finding]
    style: Style

    @classmethod
    def of(cls, case: Case, said: Mapping[str, Prediction], style: Style) -> Answers:
        """What several networks said, with all that is known about the case and about them."""
        return cls(case, findings_of(case, said, style.threshold), style)

    @cached_property
    def levels(self) -> dict[str, np.ndarray]:
        """How far each pixel is inside, by method; only those that outline."""
        levels = {method: region_shapes.level_of(answer) for method, answer in self.found.items()}
        return {method: level for method, level in levels.items() if level is not None}

    @cached_property
    def voting(self) -> dict[str, np.ndarray]:
        """`levels` of the networks whose votes count (`voters`)."""
        counted = {one.prediction.method for one in voters([*self.found.values()])}
        return {method: level for method, level in self.levels.items() if method in counted}

    @cached_property
    def truth(self) -> np.ndarray | None:
        """How far each pixel is inside of the true outline; None where it is unknown."""
        return None if self.case.truth is None else region_shapes.level_of_mask(self.case.truth)

    @cached_property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Mask metrics against the truth by method, those that are known and defined."""
        found = {}
        for method, answer in self.found.items():
            known = {} if answer.known == NORMAL else answer.against_truth or {}
            found[method] = {name: value for name, value in known.items() if math.isfinite(value)}
        return found

    @cached_property
    def areas(self) -> dict[str, Area]:
        """How large each outline is; only of networks that outline."""
        found, spacing = {}, self.case.image.spacing
        for method, answer in self.found.items():
            if answer.mask is not None:
                pixels, parts = largest_part(answer.mask)
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
        answer, mask = self.found[method], self.found[method].mask
        notes = [start] if start else []
        if mask is None:
            drawn = "draws no outline"
            notes.append(drawn)
        elif not answer.outlined:
            drawn = "outlines no lesion"
        else:
            area, drawn = self.areas[method], f"outlines {percent(mask.mean())} of the image"
            notes.append(measured.area(area.px, area.mm2))
            if area.parts > 1:
                notes[-1] += f", the largest of {area.parts} parts"
            if "dice" in self.metrics[method]:
                notes.append(f"Dice {self.metrics[method]['dice']:.2f}")
        if answer.unfamiliar:
            notes.append("unlike its training images")
            drawn += ", on an image unlike its training images"
        if answer.judgement:
            notes.append(answer.judgement)
        return Panel(
            answer.title,
            f"{self.case.title}: {answer.title} {drawn}. {answer.sentence}",
            shapes_of(
                self.levels.get(method), self.truth, replace(self.style, colour=self.colour(method))
            ),
            badge_of(answer),
            kind_of(answer),
            " · ".join(notes),
            image=image,
        )

    def colour(self, method: str) -> str:
        """The colour of a network's outline: that of its call."""
        return verdict.colour_of(self.found[method])

    def legend(self) -> list[Key]:
        """What the colours of the outlines mean, as far as they occur."""
        if self.style.agreement and self.truth is not None:
            return [*RIGHT_AND_WRONG.items(), (TRUTH_BESIDE, TRUTH_WORDS)]
        named = {
            colours.MALIGNANT: "outline, called malignant",
            colours.BENIGN: "outline, called benign",
            colours.OUTLINE: "outline, no call",
        }
        used = {self.colour(method) for method in self.levels}
        keys = [(colour, text) for colour, text in named.items() if colour in used]
        return [*keys, (colours.TRUTH, TRUTH_WORDS)] if self.style.truth else keys

    def view(self) -> CompareView:
        """To take away."""
        return CompareView(self.case, tuple(self.found.values()))

    def doubts(self) -> tuple[Check, ...]:
        """What speaks against the answers, each told once."""
        return cautions_of_all([*self.found.values()])

    def say_scopes(self) -> None:
        """On which images the networks were counted, for an image from elsewhere; each once."""
        found = (answer.scope for answer in self.found.values() if answer.call)
        for scope in dict.fromkeys(filter(None, found)):
            st.caption(literal(scope))

    def said(self) -> str:
        """One line: how many call it malignant, and how many are right, where any says so."""
        found = [*self.found.values()]
        lines = [f"**{line}**" for line in (tally(found), judged(found)) if line]
        return " · ".join(lines) or "These networks outline only."


def badge_of(answer: Finding) -> str:
    """The pill of a network, or why there is none."""
    if answer.outlined is False:
        return "no lesion outlined"
    if answer.prediction.probability is None:
        return "outline only"
    return answer.pill or percent(answer.prediction.probability)


def kind_of(answer: Finding) -> str:
    """The colour of a network's pill: grey without a call and with a caution."""
    return "none" if answer.cautious or not answer.call else answer.call
