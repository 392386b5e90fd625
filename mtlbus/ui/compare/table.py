"""The numbers of the compared networks as a table; its CSV is in the page's menu."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from ...core.quantities import heads
from ...figures.pairwise_dice import mean_with_others, pairwise_dice
from .. import services
from ..answers import Answers
from ..tables import BARS, columns, short, show_in_full

_SHOWN = (
    "probability", "probability_mirrored", "area_px", "area_mm2", "area_px_mirrored",
    "change_points", "dice", "dice_mirrored", "dice_to_the_others", "hd95", "parameters",
    "milliseconds",
)  # fmt: skip
H = heads(*_SHOWN)
"""Over which column a quantity stands."""


def rows_of(answers: Answers, name: str | None = None) -> list[dict[str, Any]]:
    """One row a network; None where it does not say. `name` is that of the case among several."""
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
                H["probability"]: answer.prediction.probability,
                "Says": answer.verdict,
                "Truth": answer.judgement or None,
                H["area_px"]: area and area.px,
                H["area_mm2"]: area and area.mm2,
                H["dice"]: metrics.get("dice"),
                H["dice_to_the_others"]: others.get(method),
                H["hd95"]: metrics.get("hd95"),
                H["parameters"]: services.checkpoint(method).card.parameters / 1e6,
                H["milliseconds"]: 1000 * sum(answer.prediction.seconds.values()),
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
    px, mm2 = H["area_px"], H["area_mm2"]
    if mm2 in table and (table[mm2].notna() == table[px].notna()).all():
        table = table.drop(columns=px)
    for column in table.columns.intersection([H[name] for name in BARS]):
        table[column] = (100 * table[column].astype(float)).round()
    st.dataframe(
        table, hide_index=True, placeholder="–", height="content", column_config=_columns(),
        key=key, alt=f"{about}: {', '.join(dict.fromkeys(titles))}.",
    )  # fmt: skip
    show_in_full(titles)


def _filled(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows).dropna(axis="columns", how="all")


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "Network": text(pinned=True, width=130),
        "Says": text(help="At the card's default operating point."),
        "Truth": text(help="Whether that is right."),
        **columns(*_SHOWN),
    }
