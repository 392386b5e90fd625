"""A case and its mirror: does a network say the same of an image that is turned left to right?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from ...export.case_views import MirrorView
from ...export.numbers import mirror_dice, mirror_numbers
from ...figures import colours
from ...inference.mirror import mirrored as mirrored_image
from ...inference.predictor import Prediction
from .. import services, takeaway
from ..case import Case
from ..panels import region_shapes, zoom_panels
from ..panels.zoom_panels import Panel
from ..predict import spacing
from . import table, view
from .answers import Answers, call_of

_MIRROR_LINE = "#FFFFFF"
_THREE_PICTURES_UP_TO = 3
WHY = (
    "A lesion in a mirror is the same lesion, so a network that looks at the lesion says the same "
    "of both. A probability or an outline that changes is a sign of caution on this image; one "
    "that stays proves nothing."
)


def mirror_of(case: Case) -> Case:
    """The case turned left to right, with its truth; a case of its own for everything kept."""
    return replace(
        case,
        key=f"{case.key}~mirror",
        title=f"{case.title}, mirrored",
        image=mirrored_image(case.image),
        truth=None if case.truth is None else case.truth[:, ::-1],
    )


@st.fragment
def mirrored(case: Case, found: Mapping[str, Prediction], turned: Mapping[str, Prediction]) -> None:
    """Everything below the choice; its controls draw again and never run a network.

    Args:
        case: the image.
        found: what each method says about it.
        turned: what each says about the mirror, as it came from the network.
    """
    case, top = spacing.known(case), st.container()
    top.markdown(said(found, turned), help=WHY)
    look = view.controls(case.truth is not None, agreement=False)
    mirror = mirror_of(case)
    answers, other = Answers(case, found, look), Answers(mirror, turned, look)
    if caution := answers.caution():
        top.warning(caution, icon=":material/warning:")
    three = len(found) <= _THREE_PICTURES_UP_TO
    panels = []
    for method in found:
        if three:
            panels += [answers.panel(method, 0, "As it is"), other.panel(method, 1, "Mirrored")]
        panels.append(_both(answers, other, method))
    legend = dict.fromkeys([*answers.legend(), *other.legend()])
    zoom_panels.show(
        "compare_mirror",
        [case, mirror] if three else [case],
        panels,
        [answers.lesion(), None] if three else [answers.lesion()],
        [*legend, (_MIRROR_LINE, "outline of the mirror, turned back"),
         (colours.EXTRA, "they differ")],
        together=3 if three else 1,
        mirrored=three,
    )  # fmt: skip
    about = f"What each network says about {case.title} and about its mirror"
    table.show(rows_of(answers, other), "compare_mirror_table", about)
    takeaway.offer(MirrorView(
        takeaway.compared(case, found, look.threshold),
        takeaway.compared(mirror, turned, look.threshold),
    ))  # fmt: skip


def said(found: Mapping[str, Prediction], turned: Mapping[str, Prediction]) -> str:
    """One line: how many calls stay, and how far a probability moves."""
    pairs = [(found[m], turned[m]) for m in found if found[m].probability is not None]
    if not pairs:
        return "These networks outline only; look at how far the outlines agree."
    same = sum(call_of(a) == call_of(b) for a, b in pairs)
    most = max(abs(a.probability - b.probability) for a, b in pairs)
    return (
        f"**{same} of {len(pairs)}** say the same of the case and of its mirror; a probability "
        f"changes by at most **{100 * most:.0f} points**."
    )


def rows_of(answers: Answers, other: Answers) -> list[dict[str, Any]]:
    """One row a network: both probabilities, how far the outlines agree, both areas.

    Args:
        answers: about the case.
        other: about its mirror.
    """
    rows = []
    for method, first in answers.found.items():
        second = other.found[method]
        calls = call_of(first), call_of(second)
        here, there = answers.areas.get(method), other.areas.get(method)
        numbers = mirror_numbers(first, second, answers.look.threshold)
        rows.append({
            "Network": services.title_of(method),
            "Probability": numbers["probability_malignant"],
            "Mirror": numbers["probability_mirrored"],
            "Change (points)": numbers["change_points"],
            "Call": " → ".join(dict.fromkeys(calls)) or None,
            "Dice, mirror": numbers["dice_mirrored"],
            "Area (px)": here and here.px,
            "Mirror (px)": there and there.px,
        })  # fmt: skip
    return rows


def dice_with_mirror(answers: Answers, other: Answers, method: str) -> float | None:
    """Dice of a network's outline and of the one on the mirror, turned back; None without one."""
    return mirror_dice(answers.found[method], other.found[method], answers.look.threshold)


def _both(answers: Answers, other: Answers, method: str) -> Panel:
    """Both outlines on the case, and where they differ."""
    first, second, title = answers.found[method], other.found[method], services.title_of(method)
    badge, kind = "outline only", "none"
    if first.probability is not None:
        badge = f"{first.probability:.0%} → {second.probability:.0%}"
        kind = call_of(first) if call_of(first) == call_of(second) else "none"
    dice = dice_with_mirror(answers, other, method)
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
