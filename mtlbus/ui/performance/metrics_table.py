"""All metrics of the card, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ...core.tables import guarded
from ...figures.style import FEW
from . import judged_rows
from .judged_rows import Table

METRICS = {
    "auc": ("AUC", "area under the ROC curve"),
    "accuracy": ("Accuracy", "share of right calls"),
    "sensitivity": ("Sensitivity", "malignant images found"),
    "specificity": ("Specificity", "benign images cleared"),
    "f1": ("F1, malignant", "balance of PPV and sensitivity"),
    "f1_benign": ("F1, benign", "the same with benign as the positive class"),
    "auc_hard": ("AUC of the call", "mean of sensitivity and specificity"),
    "brier": ("Brier score", "squared error of the probability; 0 is best"),
    "ece": ("Calibration error", "gap between promise and outcome; 0 is best"),
    "dice": ("Dice", "overlap with the dataset's outline; 1 is best"),
    "jaccard": ("Jaccard", "intersection over union; 1 is best"),
    "pixel_tpr": ("Pixel TPR", "share of the lesion that is marked"),
    "pixel_fpr": ("Pixel FPR", "marked in excess, per area of the lesion"),
    "aer": ("Area error", "marked wrongly, per area of the lesion"),
    "miou": ("Mean IoU", "of lesion and background"),
    "hd95": ("HD95", "95 of 100 outline points are nearer, px"),
    "assd": ("ASSD", "mean distance of the outlines, px"),
}


def show(tables: Sequence[Table], images: str) -> None:
    """A table a method with all datasets; of many methods one table of the chosen images."""
    if len(tables) > FEW:
        _show_many(tables, images)
        return
    for table in tables:
        entries = table.card.metrics.datasets
        point = table.card.default_point
        st.markdown(f"**{table.title}**")
        body = [
            {
                "Metric": title,
                **{
                    f"{judged_rows.DATASETS.get(name, name)} (n {entry['n']})": _number(entry, key)
                    for name, entry in entries.items()
                },
                "What it is": meaning,
            }
            for key, (title, meaning) in METRICS.items()
            if any(key in entry for entry in entries.values())
        ]
        st.dataframe(
            pd.DataFrame(body).rename(columns=guarded),
            hide_index=True,
            height=42 + 35 * len(body),
            alt=f"Metrics of {table.title} by dataset.",
        )
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
        metrics = table.card.metrics
        entry = metrics.pooled if images == judged_rows.REAL else metrics.datasets.get(images, {})
        rows.append(
            {"Network": table.title}
            | {title: _number(entry, key) for key, (title, _) in METRICS.items()}
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=42 + 35 * len(rows),
        column_config={
            title: st.column_config.TextColumn(title, help=meaning)
            for title, meaning in METRICS.values()
        }
        | {"Network": st.column_config.TextColumn("Network", pinned=True)},
        alt="Metrics of every network.",
    )
    st.caption(
        f"On {judged_rows.literal_title(images)}, calls at each network's shipped threshold; in "
        f"brackets 95 % intervals by a bootstrap over patients or groups. Choose at most {FEW} "
        "networks above to see each with all datasets side by side."
    )


def _number(entry: dict, key: str) -> str:
    found = entry.get(key)
    if not found:
        return "–"  # not of this method's tasks
    if found["value"] is None:
        return "not defined"
    digits = 1 if key in ("hd95", "assd") else 3
    if found["low"] is None:
        return f"{found['value']:.{digits}f}"
    return f"{found['value']:.{digits}f} ({found['low']:.{digits}f} to {found['high']:.{digits}f})"
