"""Where the networks agree: the votes of their outlines, who is outvoted, Dice of each pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import streamlit as st
from plotly.colors import sample_colorscale

from ...core.quantities import OUTLINES
from ...data.transforms import Frame
from ...figures.cells import Scale, cell_figure
from ...figures.pairwise_dice import dice_matrix, pairwise_dice
from ...figures.style import QUIET, see_through
from .. import charts, services, takeaway
from ..answers import Answers
from ..panels import region_shapes, zoom_panels
from ..panels.zoom_panels import Key, Panel
from ..tables import short, show_in_full

_OPACITY = 0.62
_MATRIX_FROM = 4
_NARROWEST = 130  # pixels of a fifth; in a narrower place the numbers stand below the maps


@cache
def palette(name: str, count: int) -> tuple[str, ...]:
    """`count` colours of a Plotly scale, dark to bright, without its black end."""
    stops = np.linspace(0.25, 1.0, count) if count > 1 else [1.0]
    mixed = sample_colorscale(name, list(map(float, stops)), colortype="tuple")
    return tuple("#" + "".join(f"{round(255 * part):02X}" for part in parts) for parts in mixed)


def keys_of(colours: Sequence[str], count: int) -> tuple[Key, ...]:
    """What the colours mean, "1 of 15"; of many only some, evenly spread."""
    picked = np.unique(np.linspace(1, len(colours), min(len(colours), 5)).round().astype(int))
    return tuple((colours[k - 1], f"{k} of {count}") for k in picked)


def show(answers: Answers) -> None:
    """Two maps and the numbers of at least two networks that outline."""
    votes = Votes(answers)
    names = [services.title_of(method) for method in answers.voting]
    dice = pairwise_dice([level > 0 for level in answers.voting.values()])
    st.subheader("Where they agree")
    tiles = st.grid(5, min_column_width=_NARROWEST, gap="medium")
    with tiles.cell(column_span=3):
        _maps(answers, votes)
    with tiles.cell(column_span=2):
        _numbers(answers, votes)
        if len(names) < _MATRIX_FROM:
            _pairs(names, dice)
    if len(names) >= _MATRIX_FROM:
        _matrix(names, dice)


class Votes:
    """How many networks call each pixel lesion.

    Attributes:
        count: networks that outline.
        total: votes on the grid of the pictures.
        united, disputed: pixels of the image that all networks call lesion, and some but not all.
    """

    def __init__(self, answers: Answers) -> None:
        self.count = len(answers.voting)
        self.total = np.sum([level > 0 for level in answers.voting.values()], axis=0)
        share = answers.case.image.pixels.size / self.total.size  # 1 up to 400 px
        self.united = round(share * int((self.total == self.count).sum()))
        self.disputed = round(share * int(((self.total > 0) & (self.total < self.count)).sum()))


def _maps(answers: Answers, votes: Votes) -> None:
    ranked, count = region_shapes.ranked(list(answers.voting.values())), votes.count
    voted, outvoted = palette("Viridis", count), palette("Plasma", count // 2)
    panels = [
        Panel(
            "Votes",
            f"How many of {count} networks call each pixel lesion; all on {votes.united} pixels.",
            region_shapes.votes(ranked, voted),
            note="How many networks call it lesion.",
            keys=keys_of(voted, count),
            opacity=_OPACITY,
        ),
        Panel(
            "Disagreement",
            f"How many networks are outvoted; they differ on {votes.disputed} pixels.",
            region_shapes.minorities(ranked, outvoted),
            note="How many networks are outvoted there.",
            keys=keys_of(outvoted, count),
            opacity=_OPACITY,
        ),
    ]
    zoom_panels.show("compare_votes", [answers.case], panels, [None], together=2, bar=False)


def file(answers: Answers) -> takeaway.File:
    """The two maps as PNG and SVG; drawn when they are asked for."""
    return charts.charts_file(lambda: _charts(answers), "_votes.zip")


def _charts(answers: Answers) -> Iterator[charts.Chart]:
    votes, grey = Votes(answers), answers.case.image.pixels
    outvoted = np.minimum(votes.total, votes.count - votes.total)
    for heading, plane, name, most in (
        ("Networks that call it lesion", votes.total, "Viridis", votes.count),
        ("Networks that are outvoted", outvoted, "Plasma", votes.count // 2),
    ):
        tints = [see_through(tint, 1) for tint in palette(name, most)]
        stops = [*zip(map(float, np.linspace(0, 1, most)), tints, strict=True)]
        scale = Scale(
            min(1, most - 1), most, stops if most > 1 else [(0.0, tints[0]), (1.0, tints[0])],
            heading, (1, most), (f"1 of {votes.count}", f"{most} of {votes.count}"),
        )  # fmt: skip
        seen = np.where(plane > 0, plane, np.nan)
        frame = Frame(*grey.shape, fit="resize")  # the votes lie on the image, without its padding
        figure = cell_figure(grey, seen, frame, scale, _OPACITY, height=480)
        yield charts.Chart(heading, figure, "")


def _numbers(answers: Answers, votes: Votes) -> None:
    with st.container(horizontal=True, gap="medium"):
        whole = "Of all parts of the outlines."
        st.metric("All call it lesion", f"{votes.united:,} px", width="content", help=whole)
        st.metric("They differ", f"{votes.disputed:,} px", width="content", help=whole)
        if answers.case.truth is not None and votes.count > 2:
            truth = region_shapes.reduced_mask(answers.case.truth)
            majority = pairwise_dice([votes.total > votes.count / 2, truth])[0, 1]
            st.metric(
                "Dice of the majority",
                f"{majority:.2f}",
                width="content",
                help="Of the pixels that more than half of the networks call lesion, with the "
                "true outline.",
            )


def _pairs(names: Sequence[str], dice: np.ndarray) -> None:
    pairs = combinations(range(len(names)), 2)
    st.dataframe(
        pd.DataFrame(
            {"Pair": f"{short(names[a])} and {short(names[b])}", "Dice": dice[a, b]}
            for a, b in pairs
        ),
        hide_index=True,
        column_config={
            "Dice": st.column_config.NumberColumn(
                format=f"%.{OUTLINES['dice'].digits}f",
                help="Of the two outlines; 1 is the same, 0 no overlap.",
            )
        },
        alt=f"Dice of each pair of the outlines of {', '.join(names)}.",
    )
    show_in_full(names)


def _matrix(names: Sequence[str], dice: np.ndarray) -> None:
    st.markdown("**Dice of each pair of outlines.** Who agrees most with the others comes first.")
    figure = dice_matrix([*map(short, names)], dice)
    charts.show(
        figure,
        "compare_matrix",
        f"Dice of each pair of {len(names)} outlines; the lowest is {dice.min():.2f}.",
        QUIET,
    )
    charts.offer("Dice of each pair", figure, "compare_dice")
    show_in_full(names)
