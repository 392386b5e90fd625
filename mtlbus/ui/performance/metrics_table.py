"""All metrics of the card, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ...core.card import Metrics
from ...core.quantities import CALLS, OUTLINES, Quantity
from ...data.dataset import TITLES
from ...evaluation import judged_rows
from ...evaluation.judged_rows import Table
from ...evaluation.metrics import CLASSIFICATION, SEGMENTATION
from ...figures.style import FEW
from ..tables import show_table

METRICS = {
    name: one
    for name, one in (CALLS | OUTLINES).items()
    if name in (*CLASSIFICATION, *SEGMENTATION)
}
NOTHING = Metrics(datasets={})


def show(tables: Sequence[Table], images: str) -> None:
    """A table a method with all datasets; of many methods one table of the chosen images."""
    if len(tables) > FEW:
        _show_many(tables, images)
        return
    for table in tables:
        entries = (table.card.metrics or NOTHING).datasets
        point = table.card.default_point
        st.markdown(f"**{table.title}**")
        body = [
            {
                "Metric": one.head,
                **{
                    f"{TITLES.get(name, name)} (n {entry['n']})": _number(entry, one)
                    for name, entry in entries.items()
                },
                "What it is": one.meaning,
            }
            for one in METRICS.values()
            if any(one.name in entry for entry in entries.values())
        ]
        show_table(body, f"Metrics of {table.title} by dataset.")
        empty = {name: entry.get("empty_masks", 0) for name, entry in entries.items()}
        st.caption(
            (f"Calls at the shipped threshold {point.threshold:.3f}. " if point else "")
            + "In brackets 95 % intervals by a bootstrap over patients or groups. Left out of "
            "HD95 and ASSD because a mask is empty: "
            + ", ".join(f"{judged_rows.literal_title(n)} {count}" for n, count in empty.items())
            + ". Pixels are those of 256×256."
        )


def _show_many(tables: Sequence[Table], images: str) -> None:
    """One row a method, for the images that are chosen above."""
    rows = []
    for table in tables:
        metrics = table.card.metrics or NOTHING
        entry = (
            (metrics.pooled or {})
            if images == judged_rows.REAL
            else metrics.datasets.get(images, {})
        )
        rows.append(
            {"Network": table.title} | {one.head: _number(entry, one) for one in METRICS.values()}
        )
    text = st.column_config.TextColumn
    heads = {one.head: text(one.head, help=one.meaning) for one in METRICS.values()}
    heads["Network"] = text("Network", pinned=True)
    show_table(rows, "Metrics of every network.", heads)
    st.caption(
        f"On {judged_rows.literal_title(images)}, calls at each network's shipped threshold; in "
        f"brackets 95 % intervals by a bootstrap over patients or groups. Choose at most {FEW} "
        "networks above to see each with all datasets side by side."
    )


def _number(entry: Mapping[str, Any], one: Quantity) -> str:
    """A figure with its interval; a dash for what is not of this method's tasks."""
    found = entry.get(one.name)
    return one.figure(found) if found else "–"
