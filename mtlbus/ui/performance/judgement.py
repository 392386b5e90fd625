"""Performance below the threshold: calibration, outlines, tables, tests, slices, papers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import streamlit as st

from ...core.quantities import heads
from ...evaluation import judged_rows
from ...evaluation import slices as parts
from ...evaluation.judged_rows import Table
from ...figures.calibration import calibration_figure
from ...figures.slices import slices_figure
from ...figures.style import FEW
from ...methods import get_spec
from .. import charts, services
from ..memory import pick
from ..tables import show_table
from . import case_list, files, metrics_table, normals
from .table_picks import pick_table

CALIBRATION = heads(
    "ece", "brier", "slope", "intercept", "temperature", "ece_scaled", "brier_scaled"
)


def show(tables: Sequence[Table], images: str) -> None:
    """Choose one section, kept in the address as `section`, and draw only that."""
    names = [name for name in _SECTIONS if name != "two" or len(tables) > 1]
    chosen = pick(
        "Look closer", "section", names, always=True, label_visibility="collapsed",
        format_func=lambda name: _SECTIONS[name][0],
    )  # fmt: skip
    _SECTIONS[chosen][1](tables, images)


def _classifying(tables: Sequence[Table], images: str) -> list[Table]:
    return [table for table in tables if judged_rows.classifies(table, images)]


def _show_calibration(tables: Sequence[Table], images: str) -> None:
    tables = _classifying(tables, images)
    if not tables:
        st.info("None of the chosen networks says benign or malignant.", icon=":material/info:")
        return
    found = {table.title: judged_rows.calibration(table, images) for table in tables}
    shown = None
    if len(tables) > FEW:
        shown = pick_table(tables, "With bars", "bars_of").title
    tiles = st.grid(2, min_column_width=340, gap="medium")
    with tiles:
        charts.show(
            calibration_figure({title: curve for title, (curve, _) in found.items()}, shown),
            "_calibration",
            "Calibration curves with 95 % intervals.",
        )
    with tiles, st.container():
        st.markdown(
            "Where 80 % is promised, 8 of 10 images should be malignant: a point on the dotted "
            "line. Below it the promise is too high. The lower panel shows how many images each "
            "point rests on; bars are 95 % Wilson intervals."
        )
        st.markdown(
            "Slope and intercept of 1 and 0 are calibrated. A slope below 1 says that the "
            "probabilities are too extreme, an intercept below 0 that they are too high."
        )
        st.markdown(
            "Dividing the logit by the temperature fits the validation images best; *scaled* is "
            "what that does to the test images shown. On all pages the probabilities are as the "
            "network gives them."
        )
    rows = [
        {"Network": title} | {name: _three(numbers[key]) for key, name in CALIBRATION.items()}
        for title, (_, numbers) in found.items()
    ]
    about = "Calibration error, Brier score, slope and intercept, before and after scaling."
    show_table(rows, about)


def _three(value: float) -> str:
    return "not defined" if np.isnan(value) else f"{value:.3f}".replace("-", "−")


def _show_outlines(tables: Sequence[Table], images: str) -> None:
    outlined = files.outlines(tables, images)
    if not outlined:
        st.info("None of the chosen networks draws a mask.", icon=":material/info:")
        return
    charts.show(files.outlines_figure(outlined), "_dice", "Dice of each image, by network.")
    points = "Each point is an image" if len(outlined) <= FEW else "Points are outliers"
    st.caption(f"{points}. {files.OUTLINES}")
    st.markdown("**The worst outlines**")
    by_title = {table.title: table.method for table in tables}
    worst = pd.concat(
        [rows.assign(title=title, method=by_title[title]) for title, rows in outlined.items()]
    ).nsmallest(15, "dice")
    names = {
        "title": "Network", "image_id": "Image", "dataset": "Dataset", "dice": "Dice",
        **heads("hd95"), "lesion_area": "Lesion, px", "predicted_area": "Marked, px",
        "birads": "BI-RADS",
    }  # fmt: skip
    case_list.show(worst, names, "_worst", "The images with the lowest Dice.")
    st.caption("Pixels are those of the 256×256 square that the network sees.")


def _show_two(tables: Sequence[Table], images: str) -> None:
    tables, rows = _classifying(tables, images), []
    shipped = {t.method: judged_rows.threshold_for(t, "shipped") for t in tables}
    pairs = list(combinations(tables, 2))
    if len(tables) > FEW:
        against = pick_table(tables, "Every network against", "against")
        pairs = [(table, against) for table in tables if table is not against]
    for first, second in pairs:
        thresholds = (shipped[first.method], shipped[second.method])
        pair = None
        if None not in thresholds:
            pair = judged_rows.compare(first, second, images, thresholds)
        if pair is None:
            continue
        rows.append(
            {
                "Networks": f"{first.title} and {second.title}",
                "Images": pair.n,
                "Difference of AUC": f"{pair.auc.difference:+.3f} ({pair.auc.low:+.3f} to "
                f"{pair.auc.high:+.3f})".replace("-", "−"),
                "p (DeLong)": _p(pair.auc.p_value),
                "Only the first right": pair.calls.only_a_right,
                "Only the second right": pair.calls.only_b_right,
                "p (McNemar)": _p(pair.calls.p_value),
            }
        )
    if not rows:
        st.info("These networks share no images of both classes.", icon=":material/info:")
        return
    # Not `show_table`, which would take a sign for the begin of a formula.
    st.dataframe(rows, hide_index=True, height="content", alt="DeLong and McNemar tests.")
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
@services.one_look()
def _show_slices(tables: Sequence[Table], images: str) -> None:
    rows = judged_rows.select(tables[0], images)
    ways = parts.available_slicings(rows)
    if not ways:
        st.info("Nothing is known about these images that would divide them.")
        return
    left, right = st.columns(2)
    with left:
        slicing = st.selectbox("Divide by", ways, format_func=parts.SLICINGS.get, key="_slicing")
    with right:
        quantity = st.selectbox(
            "Show", list(parts.FIGURES), format_func=parts.FIGURES.get, key="_quantity"
        )
    if len(tables) > FEW:
        tables = [pick_table(tables, "Of", "parts_of")]
    found = {}
    for table in tables:
        threshold = judged_rows.threshold_for(table, "shipped")
        if threshold is None and quantity != "dice":
            continue
        rows = judged_rows.select(table, images)
        found[table.title] = parts.slices(rows, slicing, quantity, threshold or 0.5)
    if not any(found.values()):
        st.info("No part has enough images for this number.", icon=":material/info:")
        return
    figure = slices_figure(found, parts.FIGURES[quantity])
    charts.show(
        figure,
        "_slices",
        f"{parts.FIGURES[quantity]} by {parts.SLICINGS[slicing]}, with intervals.",
    )
    st.caption(
        f"95 % intervals; n counts the images that enter the number. Parts with fewer than "
        f"{parts.FEWEST} are left out, at most {parts.MOST_PARTS} are shown. Calls at the shipped "
        "threshold. Small parts differ by luck: compare the intervals, not the points."
    )
    charts.offer(f"{quantity} by {slicing}", figure, f"parts_{slicing}_{quantity}")


def _show_papers(tables: Sequence[Table], images: str) -> None:
    st.warning(
        "Printed in the papers, on other images, splits and starting weights. **Not comparable "
        "with the numbers measured here**; they stand apart for that reason.",
        icon=":material/menu_book:",
    )
    seen = set()
    for table in tables:
        spec = get_spec(table.method)
        for reported in spec.reported:
            key = (spec.paper.title, reported.caption, reported.data)
            if key in seen:
                continue
            seen.add(key)
            st.markdown(f"**{reported.caption}** on {reported.data}")
            frame = pd.DataFrame(reported.rows, columns=reported.columns)
            show_table(frame, f"{reported.caption}, {reported.data}.")
            st.caption(f"{spec.paper.authors}, {spec.paper.year}. {reported.caveat}")
    if not seen:
        st.info("The papers of the chosen methods print no table that we copied.")


_SECTIONS: dict[str, tuple[str, Callable[[Sequence[Table], str], None]]] = {
    "calibration": ("Calibration", _show_calibration),
    "outlines": ("Outlines", _show_outlines),
    "normals": ("Normal images", normals.show),
    "metrics": ("All metrics", metrics_table.show),
    "two": ("Network against network", _show_two),
    "parts": ("Parts of the data", _show_slices),
    "papers": ("The papers", _show_papers),
}
