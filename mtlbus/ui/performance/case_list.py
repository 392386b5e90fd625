"""Judged images as a table with small pictures, of which a click opens one in Predict."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from ...core.errors import MtlbusError
from ...core.tables import guarded
from ...core.text import literal
from ...evaluation import judged_rows
from ...figures.overlay import thumbnail
from .. import datasets, state
from ..results import ResultStore
from ..session import METHOD
from ..tables import column

_SIDE = 72  # pixels of a small picture
_MOST_PICTURES = 40  # about 100 KB
_PICTURES = ResultStore(4 * 1024**2, len)


def show(rows: pd.DataFrame, columns: Mapping[str, str], key: str, alt: str) -> None:
    """Draw the table; goes to Predict where a cell of it was clicked and the image is here.

    The rows are as `read_predictions` gives them, with `method`, whose answer Predict will show;
    `columns` is what is shown of them with its head. What nowhere stands is left out.
    """
    here = datasets.here()
    shown = rows[[c for c in columns if rows[c].replace("", None).notna().any()]].map(guarded)
    shown["dataset"] = rows["dataset"].map(judged_rows.title_of_images)
    if rows["dataset"].isin(here).any():
        first = rows.head(_MOST_PICTURES)
        found = map(_picture, first["dataset"], first["image_id"])
        shown.insert(0, "picture", pd.Series([*found], first.index, dtype=object))
    event = st.dataframe(
        shown, hide_index=True, height=min(320, 42 + 35 * len(rows)), key=key, placeholder="–",
        on_select="rerun", selection_mode="single-cell", alt=alt,
        column_config={"picture": st.column_config.ImageColumn("Picture", width="small")}
        | {name: columns[name] for name in shown if name in columns}
        | {"probability": st.column_config.NumberColumn("Probability", format="%.3f")}
        | {name: column(name) for name in ("dice", "hd95")},
    )  # fmt: skip
    cells = event.selection.cells
    if cells and cells[0][0] < len(rows):
        _open(rows.iloc[cells[0][0]])
    elif rows["dataset"].isin(here).any():
        st.caption("A click on a line opens that image in Predict.")
    else:
        st.caption(
            "The images are not here. Give the dataset's folder in the sidebar to open them."
        )


def _open(row: pd.Series) -> None:
    """The image in Predict, with the network that the line is about."""
    if row["dataset"] not in datasets.here():
        st.caption(
            f"{literal(row['image_id'])} belongs to {judged_rows.literal_title(row['dataset'])}, "
            "whose images are not here. Give the dataset's folder in the sidebar to open it."
        )
        return
    state.choose_case(f"{row['dataset']}:{row['image_id']}")
    METHOD.set(row["method"])
    st.switch_page("pages/predict.py")


def _picture(dataset: str, image_id: str) -> str | None:
    """The image made small, as an address; None where it is not here or cannot be read."""
    if dataset not in datasets.here():
        return None
    try:
        sample = datasets.samples_of(dataset).get(image_id)
        if sample is None:
            return None
        small = _PICTURES.get(str(sample.image), lambda: thumbnail(sample.pixels(), _SIDE))
    except MtlbusError:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"
