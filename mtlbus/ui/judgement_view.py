"""Performance below the threshold: calibration, outlines, tables, tests, slices, papers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import streamlit as st

from ..figures.calibration import calibration_figure
from ..figures.segmentation import dice_figure
from ..figures.slices import slices_figure
from ..figures.style import CONFIG
from . import performance
from . import slices as parts
from .memory import adopt_link, mirror
from .performance import Table
from .state import write_link

METRICS = {
    "auc": ("AUC", "area under the ROC curve"),
    "accuracy": ("Accuracy", "share of right calls"),
    "sensitivity": ("Sensitivity", "malignant images found"),
    "specificity": ("Specificity", "benign images cleared"),
    "f1": ("F1, malignant", "balance of PPV and sensitivity"),
    "f1_benign": ("F1, benign", "the same with benign as the positive class"),
    "auc_hard": ("AUC of the call", "(sensitivity + specificity) / 2; one paper prints this"),
    "brier": ("Brier score", "squared error of the probability; 0 is best"),
    "ece": ("Calibration error", "gap between promise and outcome; 0 is best"),
    "dice": ("Dice", "overlap with the dataset's outline; 1 is best"),
    "jaccard": ("Jaccard", "intersection over union; 1 is best"),
    "pixel_tpr": ("Pixel TPR", "share of the lesion that is marked"),
    "pixel_fpr": ("Pixel FPR", "marked in excess, over the lesion's area; may exceed 1"),
    "aer": ("Area error", "marked wrongly, over the lesion's area; 0 is best"),
    "miou": ("Mean IoU", "of lesion and background"),
    "hd95": ("HD95", "95th percentile of the distance of outlines, px at 256×256"),
    "assd": ("ASSD", "mean distance of the outlines, px at 256×256"),
}


def show(tables: Sequence[Table], images: str) -> None:
    """Choose one section, kept in the address as `section`, and draw only that."""
    adopt_link("section")
    names = [name for name in _SECTIONS if name != "two" or len(tables) > 1]
    wanted = st.session_state.get("section")
    chosen = st.segmented_control(
        "Look closer", names, format_func=lambda name: _SECTIONS[name][0], required=True,
        label_visibility="collapsed", wrap=True,
        **mirror("section", wanted if wanted in names else names[0]),
    )  # fmt: skip
    write_link("section", chosen)
    _SECTIONS[chosen][1](tables, images)


def _classifying(tables: Sequence[Table], images: str) -> list[Table]:
    return [table for table in tables if performance.classifies(table, images)]


def _show_calibration(tables: Sequence[Table], images: str) -> None:
    tables = _classifying(tables, images)
    if not tables:
        st.info("None of the chosen methods says benign or malignant.", icon=":material/info:")
        return
    found = {table.title: performance.calibration(table, images) for table in tables}
    tiles = st.grid(2, min_column_width=340, gap="medium")
    with tiles:
        st.plotly_chart(
            calibration_figure({title: curve for title, (curve, _) in found.items()}),
            key="_calibration", config=CONFIG, alt="Calibration curves with 95 % intervals.",
        )  # fmt: skip
    with tiles, st.container():
        st.dataframe(
            pd.DataFrame([
                {"Method": title}
                | {METRICS[key][0]: f"{numbers[key]:.3f}" for key in ("ece", "brier")}
                for title, (_, numbers) in found.items()
            ]),
            hide_index=True, alt="Calibration error and Brier score.",
        )  # fmt: skip
        for table in tables:
            temperature = table.card.get("temperature")
            if temperature:
                st.caption(
                    f"{table.title}: dividing the logit by {temperature:.2f} would fit its "
                    "validation images best"
                    + (" (its probabilities are too extreme)." if temperature > 1.05 else ".")
                )
        st.markdown(
            "Where 80 % is promised, 8 of 10 images should be malignant: a point on the dotted "
            "line. Below it the promise is too high. The lower panel shows how many images each "
            "point rests on; bars are 95 % Wilson intervals."
        )


def _show_outlines(tables: Sequence[Table], images: str) -> None:
    outlined = {
        table.title: rows
        for table in tables
        if len(rows := performance.select(table, images).dropna(subset=["dice"]))
    }
    if not outlined:
        st.info("None of the chosen methods draws a mask.", icon=":material/info:")
        return
    st.plotly_chart(
        dice_figure({
            title: (rows["dice"].to_numpy(float), rows["image_id"].tolist())
            for title, rows in outlined.items()
        }),
        key="_dice", config=CONFIG, alt="Dice of each image, by method.",
    )  # fmt: skip
    st.caption(
        "Each point is an image. The box holds the middle half, its line is the median, the dashed "
        "line the mean. Dice is 1 for the dataset's outline, 0 for no overlap."
    )
    st.markdown("**The worst outlines**")
    worst = pd.concat([rows.assign(method=title) for title, rows in outlined.items()])
    names = {
        "method": "Method", "image_id": "Image", "dataset": "Dataset", "dice": "Dice",
        "hd95": "HD95, px", "lesion_area": "Lesion, px", "predicted_area": "Marked, px",
        "birads": "BI-RADS",
    }  # fmt: skip
    st.dataframe(
        worst.nsmallest(15, "dice")[list(names)].rename(columns=names).round(3), hide_index=True,
        height=300, alt="The images with the lowest Dice.",
    )  # fmt: skip
    st.caption("Pixels are those of the 256×256 square that the network sees.")


def _show_metrics(tables: Sequence[Table], images: str) -> None:
    for table in tables:
        entries = table.card["metrics"]["datasets"]
        point = performance.shipped_point(table)
        st.markdown(f"**{table.title}**")
        body = [
            {
                "Metric": title,
                **{
                    f"{performance.DATASETS.get(name, name)} (n {entry['n']})": _number(entry, key)
                    for name, entry in entries.items()
                },
                "What it is": meaning,
            }
            for key, (title, meaning) in METRICS.items()
            if any(key in entry for entry in entries.values())
        ]
        st.dataframe(
            pd.DataFrame(body), hide_index=True, height=42 + 35 * len(body),
            alt=f"Metrics of {table.title} by dataset.",
        )  # fmt: skip
        empty = {name: entry.get("empty_masks", 0) for name, entry in entries.items()}
        st.caption(
            (f"Calls at the shipped threshold {point['threshold']:.3f}. " if point else "")
            + "In brackets 95 % intervals by a bootstrap over patients or groups. Left out of "
            "HD95 and ASSD because a mask is empty: "
            + ", ".join(f"{performance.DATASETS.get(n, n)} {count}" for n, count in empty.items())
            + "."
        )


def _number(entry: dict, key: str) -> str:
    found = entry.get(key)
    if not found or found["value"] is None:
        return "not defined"
    digits = 1 if key in ("hd95", "assd") else 3
    if found["low"] is None:
        return f"{found['value']:.{digits}f}"
    return f"{found['value']:.{digits}f} ({found['low']:.{digits}f} to {found['high']:.{digits}f})"


def _show_two(tables: Sequence[Table], images: str) -> None:
    tables, rows = _classifying(tables, images), []
    shipped = {t.method: performance.threshold_for(t, "shipped") for t in tables}
    for first, second in combinations(tables, 2):
        thresholds = (shipped[first.method], shipped[second.method])
        pair = None
        if None not in thresholds:
            pair = performance.compare(first, second, images, thresholds)
        if pair is None:
            continue
        rows.append({
            "Methods": f"{first.title} and {second.title}",
            "Images": pair.n,
            "Difference of AUC": f"{pair.auc.difference:+.3f} ({pair.auc.low:+.3f} to "
            f"{pair.auc.high:+.3f})".replace("-", "−"),
            "p (DeLong)": _p(pair.auc.p_value),
            "Only the first right": pair.calls.only_a_right,
            "Only the second right": pair.calls.only_b_right,
            "p (McNemar)": _p(pair.calls.p_value),
        })
    if not rows:
        st.info("These methods share no images of both classes.", icon=":material/info:")
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="DeLong and McNemar tests.")
    st.markdown(
        "**DeLong** asks whether the AUCs differ, patients kept together. **McNemar** looks at the "
        "images on which only one of the two is right, at their shipped thresholds. A small p "
        "says that luck is an unlikely reason; it does not say that the difference matters, and "
        "with several pairs one small p is to be expected."
    )


def _p(value: float) -> str:
    if np.isnan(value):
        return "not defined"
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


@st.fragment
def _show_slices(tables: Sequence[Table], images: str) -> None:
    rows = performance.select(tables[0], images)
    ways = parts.available_slicings(rows)
    if not ways:
        st.info("Nothing is known about these images that would divide them.")
        return
    left, right = st.columns(2)
    with left:
        slicing = st.selectbox("Divide by", ways, format_func=parts.SLICINGS.get, key="_slicing")
    with right:
        quantity = st.selectbox(
            "Show", list(parts.QUANTITIES), format_func=parts.QUANTITIES.get, key="_quantity"
        )
    found = {}
    for table in tables:
        threshold = performance.threshold_for(table, "shipped")
        if threshold is None and quantity != "dice":
            continue
        rows = performance.select(table, images)
        found[table.title] = parts.slices(rows, slicing, quantity, threshold or 0.5)
    if not any(found.values()):
        st.info("No part has enough images for this number.", icon=":material/info:")
        return
    st.plotly_chart(
        slices_figure(found, parts.QUANTITIES[quantity]), key="_slices", config=CONFIG,
        alt=f"{parts.QUANTITIES[quantity]} by {parts.SLICINGS[slicing]}, with intervals.",
    )  # fmt: skip
    st.caption(
        f"95 % intervals; n counts the images that enter the number. Parts with fewer than "
        f"{parts.FEWEST} are left out, at most {parts.MOST_PARTS} are shown. Calls at the shipped "
        "threshold. Small parts differ by luck: compare the intervals, not the points."
    )


def _show_papers(tables: Sequence[Table], images: str) -> None:
    st.warning(
        "Printed in the papers, on other images, splits and starting weights. **Not comparable "
        "with the numbers measured here**; they stand apart for that reason.",
        icon=":material/menu_book:",
    )
    seen = set()
    for table in tables:
        spec = table.card["spec"]
        for reported in spec["reported"]:
            key = (spec["paper"]["title"], reported["caption"], reported["data"])
            if key in seen:
                continue
            seen.add(key)
            st.markdown(f"**{reported['caption']}** on {reported['data']}")
            frame = pd.DataFrame(reported["rows"], columns=reported["columns"])
            st.dataframe(frame, hide_index=True, alt=f"{reported['caption']}, {reported['data']}.")
            st.caption(
                f"{spec['paper']['authors']}, {spec['paper']['year']}. {reported['caveat']}"
            )
    if not seen:
        st.info("The papers of the chosen methods print no table that we copied.")


_SECTIONS: dict[str, tuple[str, Callable[[Sequence[Table], str], None]]] = {
    "calibration": ("Calibration", _show_calibration),
    "outlines": ("Outlines", _show_outlines),
    "metrics": ("All metrics", _show_metrics),
    "two": ("Method against method", _show_two),
    "parts": ("Parts of the data", _show_slices),
    "papers": ("The papers", _show_papers),
}
