"""The sidebar: what is being looked at, where it comes from, and what this runs on."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ..core.errors import MtlbusError
from ..data.limits import MAX_BYTES
from ..data.phantom import GALLERY
from ..figures.overlay import thumbnail
from . import cases, services, state, uploads
from .records import DISCLAIMER
from .widgets import explain_error

UPLOAD_TYPES = ("png", "jpg", "jpeg", "bmp", "tif", "tiff", "dcm", "dicom")
CONSENT = (
    "Images stay in the memory of this session and are not stored. Do not upload identifiable "
    "data: names burned into the picture remain visible; of a DICOM header nothing is kept."
)


def draw() -> DeltaGenerator:
    """Draw the sidebar and settle the current case; returns the place for `tell`."""
    with st.sidebar:
        case = state.current_case()
        _choice(case)
        picture, about = st.columns([2, 3], gap="small")
        picture.image(
            thumbnail(case.image.pixels, 240), alt=f"Current case: {case.title}", width="stretch"
        )
        about.caption(case.about)
        notes = st.container()
        tell(notes)
        _upload()
        _datasets()
        st.caption(f":material/memory: {services.device_words()}")
        st.caption(f":material/science: **{DISCLAIMER}**")
    uploads.banner("_upload", case)
    state.write_link("case", case.key)
    return notes


def tell(place: DeltaGenerator) -> None:
    """Show the notes that were kept until now."""
    for note in state.take_notes():
        place.warning(note, icon=":material/info:")


def _choice(case: state.Case) -> None:
    uploads = st.session_state.get("uploads", {})
    titles = {key: entry.title for key, entry in GALLERY.items()}
    titles |= {key: f"Upload: {found.title}" for key, found in reversed(uploads.items())}
    titles.setdefault(case.key, f"{case.key.partition(':')[0]}: {case.title}")
    st.session_state["_case_choice"] = case.key
    st.selectbox(
        "Case",
        list(titles),
        format_func=lambda key: titles.get(key, key),
        key="_case_choice",
        on_change=lambda: state.choose_case(st.session_state["_case_choice"]),
        help="Phantoms are simulated images with a known outline; they ship with this explorer.",
    )


def _upload() -> None:
    st.file_uploader(
        "Upload an image (PNG, JPEG, BMP, TIFF, DICOM)",
        type=UPLOAD_TYPES,
        key="_upload",
        on_change=uploads.take,
        args=("_upload",),
    )
    uploads.explain("_upload")
    st.caption(f"Files above {MAX_BYTES // 1024**2} MB are marked red and not read. {CONSENT}")


def _datasets() -> None:
    with st.expander("From a dataset on disk", icon=":material/folder_open:"):
        configured = cases.configured()
        if configured:
            layout = st.selectbox("Dataset", list(configured), key="_dataset")
            try:
                samples = cases.open_dataset(layout).samples
            except MtlbusError as error:
                explain_error(error)
            else:
                st.selectbox(
                    f"Image, one of {len(samples)}",
                    [sample.id for sample in samples],
                    index=None,
                    placeholder="Type to search",
                    key=f"_sample_{layout}",
                    on_change=_take_sample,
                    args=(layout,),
                )
        layout = st.selectbox("Layout", cases.FOLDER_LAYOUTS, key="_new_layout")
        st.text_input(
            "Path on this server",
            key="_new_path",
            placeholder="folder of the dataset",
            on_change=_take_path,
        )
    if "_dataset_error" in st.session_state:
        explain_error(st.session_state["_dataset_error"])


def _take_sample(layout: str) -> None:
    chosen = st.session_state.get(f"_sample_{layout}")
    if chosen is not None:
        state.choose_case(f"{layout}:{chosen}")


def _take_path() -> None:
    st.session_state.pop("_dataset_error", None)
    path = st.session_state.get("_new_path", "")
    if not path.strip():
        return
    try:
        cases.configure(st.session_state["_new_layout"], path)
    except MtlbusError as error:
        st.session_state["_dataset_error"] = error
