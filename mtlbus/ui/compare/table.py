"""The numbers of the compared networks as a table; its CSV is in the page's menu."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from ...figures.pairwise_dice import mean_with_others, pairwise_dice
from .. import services
from ..short_names import short, show_in_full
from .answers import Answers

_PERCENT = ("Probability", "Mirror")


def rows_of(answers: Answers, name: str | None = None) -> list[dict[str, Any]]:
    """One row a network; None where it does not say.

    Args:
        answers: about one image.
        name: of the case, where rows of several stand together.
    """
    others = {}
    if len(answers.levels) > 1:
        dice = mean_with_others(pairwise_dice([level > 0 for level in answers.levels.values()]))
        others = dict(zip(answers.levels, map(float, dice), strict=True))
    rows = []
    for method, answer in answers.found.items():
        area, metrics = answers.areas.get(method), answers.metrics[method]
        rows.append(
            {
                "Network": services.title_of(method),
                "Case": name,
                "Probability": answer.prediction.probability,
                "Says": answer.verdict,
                "Truth": answer.judgement or None,
                "Area (px)": area and area.px,
                "Area (mm²)": area and area.mm2,
                "Dice": metrics.get("dice"),
                "Dice to the others": others.get(method),
                "HD95 (px)": metrics.get("hd95"),
                "Weights (M)": services.checkpoint(method).card.parameters / 1e6,
                "Time (ms)": 1000 * sum(answer.prediction.seconds.values()),
            }
        )
    return rows


def show(rows: list[dict[str, Any]], key: str, about: str) -> None:
    """The rows as a table, without columns that are empty; an area in mm² needs none in pixels.

    Args:
        rows: of `rows_of`, or others.
        key: of the element.
        about: what the table is about, for people who cannot see it.
    """
    table, titles = _filled(rows), [row["Network"] for row in rows]
    table["Network"] = [*map(short, titles)]
    if "Area (mm²)" in table and (table["Area (mm²)"].notna() == table["Area (px)"].notna()).all():
        table = table.drop(columns="Area (px)")
    for column in table.columns.intersection(_PERCENT):
        table[column] = (100 * table[column].astype(float)).round()
    st.dataframe(
        table, hide_index=True, placeholder="–", height="content", column_config=_columns(),
        key=key, alt=f"{about}: {', '.join(dict.fromkeys(titles))}.",
    )  # fmt: skip
    show_in_full(titles)


def _filled(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    return table[[column for column in table if table[column].notna().any()]].copy()


def _columns() -> dict[str, Any]:
    number, bar = st.column_config.NumberColumn, st.column_config.ProgressColumn
    return {
        "Network": st.column_config.TextColumn(pinned=True, width=130),
        "Probability": bar(format="%d %%", min_value=0, max_value=100, width=130,
                           help="Of malignancy."),
        "Mirror": bar(format="%d %%", min_value=0, max_value=100, width=130,
                      help="Probability of malignancy for the mirrored image."),
        "Says": st.column_config.TextColumn(help="At the card's default operating point."),
        "Truth": st.column_config.TextColumn(help="Whether that is right."),
        "Area (px)": number(format="localized", help="Of the largest part, as on Predict."),
        "Area (mm²)": number(format="%.1f", help="Of the largest part, as on Predict."),
        "Mirror (px)": number(format="localized", help="The same on the mirrored image."),
        "Change (points)": number(format="%.1f", help="Mirror less case, in percentage points."),
        "Dice": number(format="%.2f", help="Of all parts with the true outline; 1 is the same, 0 "
                       "no overlap."),
        "Dice, mirror": number(format="%.2f", help="Of the outline and the one drawn on the "
                               "mirrored image, turned back; 1 is the same."),
        "Dice to the others": number(format="%.2f", help="Of the outlines, on average."),
        "HD95 (px)": number(format="%.1f", help="95 of 100 points on the outline of all parts are "
                            "nearer than this to the true outline, in pixels of the network's "
                            "square."),
        "Weights (M)": number(format="%.1f", help="Millions of parameters."),
        "Time (ms)": number(format="%.0f", help="Of the run that was kept; one image."),
    }  # fmt: skip
