"""Six test images that look most alike to the network, with what became of them."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd
import streamlit as st

from ...checkpoints import Checkpoint
from ...core.errors import CheckpointError, MtlbusError
from ...core.text import literal
from ...core.wording import LABELS, percent
from ...evaluation import judged_rows
from ...figures.overlay import thumbnail
from ...findings import Finding
from ...findings.points import operating_points
from ...inference.similar import FILE, Neighbour, Places, read_similar
from .. import datasets, state
from ..case import Case
from ..verdict import BADGES

_NARROWEST = 150  # pixels of a card
_SIDE = 220  # of a picture
_ALIKE = (
    "Alike means near each other among the network's own features, by which it decides: where "
    "neighbours are mixed, it cannot tell them apart. It is no search for the same disease. Other "
    "images of the same patient are left out where they are known."
)


def show(finding: Finding, checkpoint: Checkpoint) -> None:
    """A part that opens; nothing where the network's places are not known."""
    place = finding.prediction.place
    if place is None or not (checkpoint.folder / FILE).is_file():
        return
    part = st.expander(
        "Test images most alike to this network", icon=":material/grid_view:", key="_similar",
        on_change="rerun",
    )  # fmt: skip
    if not part.open:
        return
    with part:
        try:
            places = _read(checkpoint, _stamp(checkpoint))
            table = judged_rows.load_table(checkpoint)
        except MtlbusError as error:
            st.caption(literal(error))
            return
        found = places.nearest(place, without=_of_the_same(finding.case, table.rows))
        rows = table.rows.set_index(["dataset", "image_id"])
        facts = [rows.loc[key] for one in found if (key := one[:2]) in rows.index]
        known = [row["label"] for row in facts if pd.notna(row["label"])]
        if known:
            malignant = int(sum(known))
            st.markdown(f"Of these {len(known)}, **{malignant} are malignant**.")
        if finding.unfamiliar:
            st.caption(
                ":material/warning: This image is unlike all training images, so even the nearest "
                "are far."
            )
        with st.grid(6, min_column_width=_NARROWEST, gap="small"):
            for one in found:
                with st.container(gap="xxsmall"):
                    key = (one.dataset, one.image_id)
                    _card(one, rows.loc[key] if key in rows.index else None, checkpoint)
        st.caption(_ALIKE)


def _of_the_same(case: Case, rows: pd.DataFrame) -> set[tuple[str, str]]:
    """The test images of the patient, or of the near-duplicates, that a case of a dataset is of."""
    if case.origin != "dataset":
        return set()
    dataset, image_id = case.dataset or "", case.key.partition(":")[2]
    there = rows[rows["dataset"] == dataset]
    groups = set(there.loc[there["image_id"] == image_id, "group"]) - {""}
    same = there.loc[there["group"].isin(groups), "image_id"]
    return {(dataset, image_id), *((dataset, name) for name in same)}


def _stamp(checkpoint: Checkpoint) -> int:
    return (checkpoint.folder / FILE).stat().st_mtime_ns


@lru_cache(maxsize=8)
def _read(checkpoint: Checkpoint, _stamp: int) -> Places:
    found = read_similar(checkpoint)
    if found is None:
        raise CheckpointError(f"{FILE} has gone.")
    return found


def _card(one: Neighbour, row: pd.Series | None, checkpoint: Checkpoint) -> None:
    """Its picture where the data set is here, what it was, and what the network said."""
    title = judged_rows.literal_title(one.dataset)
    if one.dataset in datasets.here():
        _picture(one)
    else:
        st.caption(f"*{title} is not here, so no picture.*")
    if row is None:
        return
    label = "" if pd.isna(row["label"]) else BADGES[LABELS[int(row["label"])]]
    st.markdown(f"{label} :small[{title}]")
    point = next(iter(operating_points(checkpoint.card).values()), None)
    said = row["probability"]
    if pd.notna(said):
        call = f" → {point.call(said)}" if point else ""
        st.caption(f"The network said {percent(said)}{call}")
    facts = [row["histology"], f"BI-RADS {row['birads']}" if row["birads"] else ""]
    if any(facts):
        st.caption(literal(", ".join(filter(None, facts))))


def _picture(one: Neighbour) -> None:
    key = f"{one.dataset}:{one.image_id}"
    try:
        case = datasets.case_of(one.dataset, one.image_id)
    except MtlbusError:
        st.caption("Its file is not among the images here.")
        return
    st.image(thumbnail(case.image.pixels, _SIDE), alt=f"Test image {case.title}.", width="stretch")
    if st.button("Open", key=f"_similar_{key}", type="tertiary", icon=":material/east:"):
        state.choose_case(key)
        st.rerun()
