"""A case and its mirror: does a network say the same of an image that is turned left to right?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from ...core.wording import percent
from ...export.case_views import MirrorView
from ...export.numbers import mirror_dice, mirror_numbers
from ...figures import colours
from ...findings import Finding
from ...inference.mirror import mirror_of
from ...inference.predictor import Prediction
from .. import services, spacing, takeaway, verdict
from ..answers import Answers, kind_of
from ..case import Case
from ..panels import region_shapes, zoom_panels
from ..panels.zoom_panels import Panel
from ..pictures import Style
from . import table, view

_MIRROR_LINE = "#FFFFFF"
_THREE_PICTURES_UP_TO = 3
WHY = (
    "A lesion in a mirror is the same lesion, so a network that looks at the lesion says the same "
    "of both. A probability or an outline that changes is a sign of caution on this image; one "
    "that stays proves nothing."
)


@st.fragment
@services.one_look()
def mirrored(case: Case, found: Mapping[str, Prediction], turned: Mapping[str, Prediction]) -> None:
    """Everything below the choice; its controls draw again and never run a network.

    `found` is what each method says about the image, `turned` what about its mirror, as it came
    from the network.
    """
    case, top = spacing.known(case), st.container()
    style = view.controls(case.truth is not None, agreement=False)
    mirror = mirror_of(case)
    answers, other = _both_ways(case, mirror, found, turned, style)
    with top:
        verdict.cautions(answers.doubts())
        st.markdown(said(answers.found, other.found), help=WHY)
    three = len(found) <= _THREE_PICTURES_UP_TO
    panels = []
    for method in found:
        if three:
            there = other.panel(method, 1)
            panels += [answers.panel(method), replace(there, title=f"{there.title}, mirrored")]
        panels.append(_both(answers, other, method))
    legend = dict.fromkeys([*answers.legend(), *other.legend()])
    zoom_panels.show(
        "compare_mirror",
        [case, mirror] if three else [case],
        panels,
        [answers.lesion(), None] if three else [answers.lesion()],
        [
            *legend,
            (_MIRROR_LINE, "outline of the mirror, turned back"),
            (colours.EXTRA, "they differ"),
        ],
        together=3 if three else 1,
        mirrored=three,
    )
    about = f"What each network says about {case.title} and about its mirror"
    table.show(rows_of(answers, other), "compare_mirror_table", about)
    takeaway.offer(MirrorView(answers.view(), other.view()))


def _both_ways(
    case: Case,
    mirror: Case,
    found: Mapping[str, Prediction],
    turned: Mapping[str, Prediction],
    style: Style,
) -> tuple[Answers, Answers]:
    """What is said of the case and of its mirror; who has seen the one has seen the other."""
    answers, other = Answers.of(case, found, style), Answers.of(mirror, turned, style)
    known = {
        method: replace(one, seen=answers.found[method].seen) for method, one in other.found.items()
    }
    return answers, replace(other, found=known)


def said(found: Mapping[str, Finding], turned: Mapping[str, Finding]) -> str:
    """One line: how many calls stay, and how far a probability moves."""
    pairs = [(found[m], turned[m]) for m in found if found[m].prediction.probability is not None]
    if not pairs:
        return "These networks outline only; look at how far the outlines agree."
    same = sum(a.call == b.call for a, b in pairs)
    most = max(abs(a.prediction.probability - b.prediction.probability) for a, b in pairs)
    return (
        f"**{same} of {len(pairs)}** say the same of the case and of its mirror; a probability "
        f"changes by at most **{100 * most:.0f} points**."
    )


def rows_of(answers: Answers, other: Answers) -> list[dict[str, Any]]:
    """One row a network: both probabilities, how far the outlines agree, both areas."""
    rows = []
    for method, first in answers.found.items():
        second = other.found[method]
        calls = first.call, second.call
        here, there = answers.areas.get(method), other.areas.get(method)
        numbers = mirror_numbers(first, second)
        rows.append(
            {
                "Network": services.title_of(method),
                table.H["probability"]: numbers["probability"],
                table.H["probability_mirrored"]: numbers["probability_mirrored"],
                table.H["change_points"]: numbers["change_points"],
                "Call": " → ".join(dict.fromkeys(call or "no call" for call in calls)),
                table.H["dice_mirrored"]: numbers["dice_mirrored"],
                table.H["area_px"]: here and here.px,
                table.H["area_px_mirrored"]: there and there.px,
            }
        )
    return rows


def _both(answers: Answers, other: Answers, method: str) -> Panel:
    """Both outlines on the case, and where they differ."""
    first, second, title = answers.found[method], other.found[method], services.title_of(method)
    badge, kind = "outline only", "none"
    both = first.prediction.probability, second.prediction.probability
    if both[0] is not None:
        badge = " | ".join(map(percent, both))
        kind = kind_of(first) if kind_of(first) == kind_of(second) else "none"
    dice = mirror_dice(first, second)
    if dice is None:
        alt, note, shapes = f"{title} draws no outline.", "draws no outline", ()
    else:
        here, there = answers.levels[method], other.levels[method][:, ::-1]
        differ = np.maximum(np.minimum(here, -there), np.minimum(-here, there))
        shapes = (
            region_shapes.region(differ, colours.EXTRA, line=0, fill=0.6),
            region_shapes.region(here, answers.colour(method)),
            region_shapes.region(there, _MIRROR_LINE, line=1.8, dashed=True),
        )
        alt = f"{answers.case.title}: outlines of {title} with and without mirror, Dice {dice:.2f}."
        note = f"Both · Dice {dice:.2f}"
    return Panel(title, alt, shapes, badge, kind or "none", note)
