"""Several images at once: progress, a table, CSV, and a way to look at one of them."""

from __future__ import annotations

import base64

import pandas as pd
import streamlit as st

from ...core.errors import MtlbusError
from ...core.tables import csv_text, guarded
from ...core.text import literal
from ...core.wording import DISCLAIMER
from ...data.decoding import read_image
from ...data.intake import clean_name
from ...figures.overlay import thumbnail
from ...findings import presence, scope
from ...findings.finding import flat
from .. import case_store, cases, services, stopping, uploads
from ..finding import finding_of
from ..session import Slot, held
from ..tables import column

_GO = Slot("_batch_go", False)
MOST_FILES, MOST_BYTES = 100, 100 * 1024**2  # of a batch
_KEPT_ROWS = 2000
_TOLD = 12  # images whose reason stands above the table
_NUMBERS = (
    "probability", "area_px", "area_mm2", "height_to_width", "circularity", "margin_roughness",
    "echo_ratio", "posterior_ratio",
)  # fmt: skip
_SHOWN = (
    "picture", "image", "verdict", "probability", "input", "reasons", "notes", "right",
    *_NUMBERS[1:],
)  # fmt: skip


def several_images(method: str) -> None:
    """An uploader for many files and the table of what the method says about them."""
    st.subheader("Several images at once")
    files = st.file_uploader(
        f"Drop up to {MOST_FILES} PNG, JPEG, BMP, TIFF, WebP, GIF or DICOM files, each at most "
        f"{uploads.LIMIT_MB} MB and together {MOST_BYTES // 1024**2} MB",
        accept_multiple_files=True,
        max_upload_size=uploads.LIMIT_MB,
        key="_batch_files",
        on_change=_GO.set,
        args=(True,),
    )
    if not files:
        said = "The result is a table with one line for each image, and a CSV."
        st.caption(f"{said} {uploads.CONSENT}")
        return
    files = _within_bounds(files)
    digest = services.checkpoint(method).digest
    rows = held("_batch_rows", dict[tuple[str, str], dict])
    todo = [file for file in files if (file.file_id, digest) not in rows]
    if todo:
        _work(method, digest, files, todo, rows)
    done = [file for file in files if (file.file_id, digest) in rows]
    if done:
        _table([rows[file.file_id, digest] for file in done], done, method)


def _within_bounds(files: list) -> list:
    """The first files of a batch, as many as one visitor may have at work; says what is left."""
    total, kept = 0, []
    for file in files[:MOST_FILES]:
        total += file.size
        if total > MOST_BYTES:
            break
        kept.append(file)
    if len(kept) < len(files):
        st.warning(
            f"These are {len(files)} files; the first {len(kept)} are taken, because a batch may "
            f"have {MOST_FILES} files and {MOST_BYTES // 1024**2} MB. Remove them above when they "
            "are done, and drop the other ones.",
            icon=":material/inventory_2:",
        )
    return kept


def _work(method: str, digest: str, files: list, todo: list, rows: dict) -> None:
    """Predict what is missing; a click anywhere interrupts, and what is done stays done."""
    if not _GO.get():
        st.button(
            f"Continue with {len(todo)} of {len(files)} images",
            on_click=_GO.set,
            args=(True,),
            icon=":material/play_arrow:",
        )
        return
    with stopping.progress("_batch_stop", lambda: _GO.set(False)) as bar:
        for number, file in enumerate(todo, start=len(files) - len(todo)):
            text = f"Image {number + 1} of {len(files)}: {literal(file.name)}"
            bar.progress(number / len(files), text)
            rows[file.file_id, digest] = _row(file, method)
            while len(rows) > _KEPT_ROWS:
                del rows[next(iter(rows))]
    _GO.set(False)


def _row(file, method: str) -> dict:
    """One line of the table; a refused file is a line that says why."""
    picture = None
    try:
        image = read_image(file.getvalue(), file.name)
        picture = f"data:image/jpeg;base64,{base64.b64encode(thumbnail(image.pixels, 72)).decode()}"
        case = cases.from_upload(case_store.key_of(image.sha256), image)
        prediction = services.predict(case, method)
    except MtlbusError as error:
        return {
            "picture": picture,
            "image": clean_name(file.name),
            "input": "refused",
            "reasons": str(error),
        }
    return {"picture": picture, **flat(finding_of(case, prediction).numbers())}


def _reasons(table: pd.DataFrame) -> str:
    """A line for each of the first images that are not ok, "file: why", which the table would cut.

    As plain text, since anyone may have named a file.
    """
    told = table[table["input"] != "ok"]
    lines = [
        f"• {reasons}" if reasons.startswith(name) else f"• {name}: {reasons}"
        for name, reasons in zip(told["image"], told["reasons"], strict=True)
    ]
    more = len(lines) - _TOLD
    if more > 0:
        lines[_TOLD:] = [f"• {more} more; the table says why."]
    return "\n".join(lines)


def _table(rows: list[dict], files: list, method: str) -> None:
    table = pd.DataFrame(rows)
    counts = table["input"].value_counts()
    against = [f"{counts[state]} {state}" for state in ("refused", "caution") if state in counts]
    if against:
        st.caption(f":orange[:material/warning:] Of {len(rows)} images {' and '.join(against)}:")
        st.text(_reasons(table))
    card = services.checkpoint(method).card
    st.caption(literal(" ".join(filter(None, (
        presence.on_normals(card) if not presence.knows_normals(card) else "",
        scope.elsewhere(card),
    )))))  # fmt: skip
    shown = table[[c for c in _SHOWN if c in table.columns and table[c].notna().any()]].copy()
    for name in ("image", "reasons"):  # a table can be saved as CSV from its own corner
        shown[name] = shown[name].map(guarded)
    if "probability" in shown:
        shown["probability"] = (100 * shown["probability"].astype(float)).round()
    event = st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        key="_batch_table",
        column_config={
            "picture": st.column_config.ImageColumn("Image"),
            "image": "File",
            "verdict": st.column_config.TextColumn("Says", width="medium"),
            "input": "Input",
            "reasons": st.column_config.TextColumn("Against it", width="large"),
            "notes": "On the way in",
            **{name: column(name) for name in _NUMBERS},
        },
        alt=f"What {services.title_of(method)} says about {len(rows)} images, one a line.",
    )
    chosen = event.selection.rows[:1] if event else []
    with st.container(horizontal=True):
        csv = table.drop(columns="picture").assign(method=method, terms=DISCLAIMER)
        st.download_button(
            "Table as CSV",
            csv_text(csv.columns, csv.itertuples(index=False, name=None)),
            f"predictions_{method}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
        good = chosen and rows[chosen[0]]["picture"]
        st.button(
            "Look at the selected image",
            disabled=not good,
            on_click=_open,
            args=(files[chosen[0]],) if good else None,
            icon=":material/visibility:",
            help="Select a line of the table first.",
        )


def _open(file) -> None:
    uploads.accept(file.getvalue(), file.name)
