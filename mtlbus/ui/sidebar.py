"""The sidebar: what is being looked at, where it comes from, and what this runs on."""

from __future__ import annotations

import streamlit as st

from ..core.errors import MtlbusError
from ..core.text import literal
from ..data.layouts import BREAST_LAYOUTS
from ..figures.overlay import thumbnail
from . import cases, datasets, edit_tools, services, state, too_large, unopened, uploads
from .browse import walk
from .case import Case
from .case_store import Unopened
from .widgets import explain_error


def draw() -> None:
    """Draw the sidebar and settle the current case."""
    with st.sidebar:
        found, blind = state.current(), state.is_blind()
        if blind:
            st.button(
                "Show names and answers", key="_unblind", icon=":material/visibility:",
                on_click=lambda: st.session_state.update(blind=False),
            )  # fmt: skip
        else:
            _choice(found)
        walk.buttons(found.key)
        if isinstance(found, Case):
            picture, about = st.columns([2, 3], gap="small")
            picture.image(
                thumbnail(found.image.pixels, 240),
                alt=f"Current case: {found.title}",
                width="stretch",
            )
            about.caption(literal(found.about))
            edit_tools.undo(found)
            edit_tools.pick_frame(found)
        uploads.uploader("Upload an image (PNG, JPEG, BMP, TIFF, WebP, GIF, DICOM)", "_upload")
        st.caption(uploads.CONSENT)
        _datasets()
        st.button(
            "Lecture mode", key="_lecture_begin", icon=":material/present_to_all:", width="stretch",
            on_click=lambda: st.session_state.update(lecture=True),
            help="No sidebar, large type, the picture as high as the screen. Arrow keys change the "
            "case, B hides and shows answers and names, F fills the screen.",
        )  # fmt: skip
        st.caption(f":material/memory: {services.device_words()}")
        with st.container(gap=None):  # an element with nothing to see
            too_large.listen()
    if blind:  # a name may tell the answer
        state.drop_link("case")
    else:
        state.write_link("case", found.key)


def _choice(found: Case | Unopened) -> None:
    if isinstance(found, Case):
        title = f"{found.key.partition(':')[0]}: {found.title}"
    else:
        title = unopened.title_of(found)
    titles = cases.titles_at_hand((found.key, title))
    st.session_state["_case_choice"] = found.key
    st.selectbox(
        "Case",
        list(titles),
        format_func=lambda key: titles.get(key, key),
        key="_case_choice",
        on_change=lambda: state.choose_case(st.session_state["_case_choice"]),
        help="Phantoms are simulated images with a known outline; they ship with this explorer.",
    )


def _datasets() -> None:
    """Images of the datasets that the administrator offers; nothing where there are none."""
    if not datasets.offered():
        return
    with st.expander("From a dataset of this server", icon=":material/folder_open:"):
        layout = st.selectbox("Dataset", list(datasets.here()), key="_dataset")
        try:
            samples = datasets.open_dataset(layout).samples
        except MtlbusError as error:
            explain_error(error)
        else:
            st.page_link(
                "pages/cases.py", label=f"Browse its {len(samples)} images",
                icon=":material/grid_view:", query_params={"source": layout},
            )  # fmt: skip
        st.selectbox("Layout of another folder in it", BREAST_LAYOUTS, key="_new_layout")
        st.text_input(
            "Its path",
            key="_new_path",
            placeholder="inside of the datasets above",
            on_change=_take_path,
        )
    if "_dataset_error" in st.session_state:
        explain_error(st.session_state["_dataset_error"])


def _take_path() -> None:
    st.session_state.pop("_dataset_error", None)
    path = st.session_state.get("_new_path", "")
    if not path.strip():
        return
    try:
        datasets.open_inside(st.session_state["_new_layout"], path)
    except MtlbusError as error:
        st.session_state["_dataset_error"] = error
