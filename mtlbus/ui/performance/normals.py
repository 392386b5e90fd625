"""Is there a lesion at all: what networks do on normal images, and which lesions they pass over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ...core.wording import share_with_interval
from ...evaluation.judged_rows import Table
from ..tables import show_table

PARTS = {"test": "test", "validation": "validation"}
FOREIGN = (
    "{names} learned from images with a lesion alone: for these a normal image is outside of what "
    "they know, and their answers read “if this is a lesion”."
)


def show(tables: Sequence[Table], images: str) -> None:
    """A row for each network and part; real images of all datasets, whatever is chosen above."""
    counted = [table for table in tables if table.card.presence]
    if not counted:
        st.info(
            "None of the chosen networks was judged on normal images. "
            "`python -m mtlbus evaluate … --card` does it.",
            icon=":material/info:",
        )
        return
    st.markdown(
        "What should happen: no normal image is outlined, and no lesion is passed over. An "
        "outline counts when the presence score reaches a "
        "threshold, which was chosen so that at most 1 of 100 validation lesions lies below it."
    )
    rows = [_row(table, part) for table in counted for part in PARTS]
    show_table(
        rows,
        "Normal images outlined or called malignant, and lesions passed over, by network.",
        height=min(42 + 35 * len(rows), 460),
    )
    st.caption(
        "In brackets 95 % intervals by a bootstrap over patients or groups, Wilson's where none or "
        "all are. All normal images are of BUSI."
    )
    foreign = [t.title for t in counted if not t.card.trained_with_normals]
    if foreign:
        names = f"All {len(foreign)} networks" if len(foreign) == len(tables) > 1 else None
        st.caption(FOREIGN.format(names=names or ", ".join(foreign)))


def _row(table: Table, part: str) -> dict[str, str]:
    presence = table.card.presence
    normal, lesion = (getattr(presence, part)[kind] for kind in ("normal", "lesion"))
    limit = presence.threshold
    return {
        "Network": table.title,
        "Part": PARTS[part],
        "Normal images": str(normal["n"]),
        "of them outlined": _share(normal.get("outlined")),
        "called malignant": _share(normal.get("malignant")),
        "Lesions": str(lesion["n"]),
        "without an outline": _share(lesion.get("missed")),
        "Threshold": "–" if limit is None else f"{limit:.3f}",
    }


def _share(entry: Mapping[str, Any] | None) -> str:
    return (
        "–" if entry is None else share_with_interval(entry["value"], entry["low"], entry["high"])
    )
