"""The parts of the Compare page: equal panels, the table, votes and disagreement."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from ..figures import overlay
from ..inference.predictor import MASK_THRESHOLD, Prediction
from . import pictures, records, services, verdict, words
from .case import Case
from .widgets import show_image

_MOST_COLUMNS = 3


def predictions(case: Case, methods: list[str]) -> dict[str, Prediction]:
    """What each method says; only those that have not been asked run."""
    missing = [method for method in methods if not services.is_ready(case, method)]
    if len(missing) < 2:
        return {method: services.predict(case, method) for method in methods}
    bar = st.progress(0.0)
    for number, method in enumerate(missing):
        bar.progress(number / len(missing), f"Asking {services.title_of(method)}")
        services.predict(case, method)
    bar.empty()
    return {method: services.predict(case, method) for method in methods}


@st.fragment
def comparison(case: Case, found: dict[str, Prediction]) -> None:
    """Everything below the choice of methods; its controls draw again and never run a network."""
    threshold, truth = _controls(case)
    _panels(case, found, threshold, truth)
    planes = {
        m: p.mask_probability for m, p in found.items() if p.mask_probability is not None
    }
    _table(case, found, threshold)
    if len(planes) >= 2:
        _votes(case, planes, threshold)
    else:
        st.caption("Votes and agreement need at least two networks that outline.")


def _controls(case: Case) -> tuple[float, bool]:
    left, right = st.columns([2, 3], vertical_alignment="bottom", gap="large")
    threshold = left.slider(
        "Mask threshold, the same for all", 0.05, 0.95, MASK_THRESHOLD, 0.05,
        key="compare_threshold", help="A pixel is inside from this tumour probability on.",
    )  # fmt: skip
    truth = False
    if case.truth is not None:
        truth = right.toggle("True outline", key="compare_truth")
    return threshold, truth


def _panels(case: Case, found: dict[str, Prediction], threshold: float, truth: bool) -> None:
    methods = list(found)
    wide = max(2, min(len(methods), _MOST_COLUMNS))
    for start in range(0, len(methods), wide):
        for column, method in zip(st.columns(wide), methods[start : start + wide], strict=False):
            prediction = found[method]
            colour = verdict.class_colour(prediction, prediction.threshold)
            look = pictures.Look(
                colour, threshold, truth=truth, place=overlay.SMALL_PANEL
            )
            with column:
                title = services.title_of(method)
                st.markdown(f"**{title}**  \n{_call(prediction)}")
                drawn = "no outline" if prediction.mask_probability is None else "its outline"
                show_image(
                    pictures.picture(case, prediction, look), f"{case.title}, {title}: {drawn}."
                )


def _call(prediction: Prediction) -> str:
    if prediction.probability is None:
        return ":gray[outline only]"
    if prediction.threshold is None:
        return f"{prediction.probability:.0%}"
    said = words.decision(prediction.probability, prediction.threshold)
    return f"{prediction.probability:.0%} {verdict.BADGES[said]}"


def _table(case: Case, found: dict[str, Prediction], threshold: float) -> None:
    rows = []
    for method, prediction in found.items():
        metrics = records.against_truth(case, prediction, threshold) or {}
        mask = prediction.mask(threshold)
        probability, point = prediction.probability, prediction.threshold
        known = probability is not None and point is not None
        rows.append({
            "Network": services.title_of(method),
            "Probability": probability,
            "Call": words.decision(probability, point) if known else "–",
            "Threshold": point,
            "Area (px)": None if mask is None else int(mask.sum()),
            "Dice": metrics.get("dice"),
            "HD95 (px)": metrics.get("hd95"),
            "Weights (M)": services.checkpoint(method).card["parameters"] / 1e6,
            "Time (ms)": 1000 * sum(prediction.seconds.values()),
        })  # fmt: skip
    table = pd.DataFrame(rows)
    table = table[[name for name in table.columns if table[name].notna().any()]]
    shown = table.copy()
    if "Probability" in shown:
        shown["Probability"] = (100 * shown["Probability"].astype(float)).round()
    number = st.column_config.NumberColumn
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_config={
            "Probability": st.column_config.ProgressColumn(
                format="%d %%", min_value=0, max_value=100, help="Of malignancy."
            ),
            "Threshold": number(format="percent", help="Of the card's default operating point."),
            "Area (px)": number(format="localized"),
            "Dice": number(format="%.2f", help="To the true outline."),
            "HD95 (px)": number(format="%.1f", help="In pixels of the network's square."),
            "Weights (M)": number(format="%.1f", help="Millions of parameters."),
            "Time (ms)": number(format="%.0f", help="Of the run that was kept; one image."),
        },
    )
    st.download_button(
        "Table as CSV", table.assign(case=case.key, terms=records.DISCLAIMER).to_csv(index=False),
        f"compare_{case.key.replace(':', '-')}.csv", "text/csv", icon=":material/table:",
        on_click="ignore",
    )  # fmt: skip


def _votes(case: Case, planes: dict[str, np.ndarray], threshold: float) -> None:
    masks = {method: plane > threshold for method, plane in planes.items()}
    total = sum(mask.astype(int) for mask in masks.values())
    split = int(((total > 0) & (total < len(masks))).sum())
    united = int((total == len(masks)).sum())
    left, middle, right = st.columns(3)
    with left:
        st.subheader("Votes")
        show_image(
            pictures.votes(case, planes, threshold, overlay.SMALL_PANEL),
            f"How many of {len(masks)} networks call each pixel lesion; all agree on {united} px.",
        )
    with middle:
        st.subheader("Disagreement")
        show_image(
            pictures.disagreement(case, planes, threshold, overlay.SMALL_PANEL),
            f"The networks disagree on {split} pixels.",
        )
    with right:
        st.subheader("Agreement in numbers")
        st.metric("All call it lesion", f"{united:,} px")
        st.metric("Not unanimous", f"{split:,} px")
        pairs = pictures.pairwise_dice(masks)
        st.dataframe(
            pd.DataFrame([
                {"Pair": f"{services.title_of(a)} and {services.title_of(b)}", "Dice": value}
                for (a, b), value in pairs.items()
            ]),
            hide_index=True,
            column_config={"Dice": st.column_config.NumberColumn(
                format="%.2f", help="Of the two outlines; 1 is the same, 0 no overlap."
            )},
        )  # fmt: skip
