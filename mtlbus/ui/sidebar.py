"""The sidebar: what is being looked at, where it comes from, and what this runs on."""

from __future__ import annotations

import streamlit as st

from ..core.declaration import BREAST
from ..core.errors import MtlbusError
from ..core.text import literal
from ..data.layouts import LAYOUTS
from ..data.task_case import TaskCase
from ..figures.overlay import thumbnail
from . import (
    address,
    cases,
    datasets,
    edit_tools,
    services,
    state,
    theme,
    too_large,
    unopened,
    uploads,
)
from .browse import walk
from .case import Case
from .case_store import Unopened
from .session import Slot, shown
from .state import BLIND, LECTURE
from .tasks import subjects
from .widgets import explain_error

_LAYOUT, _PATH = Slot("_new_layout", ""), Slot("_new_path", "")  # what the two fields say
_ERROR: Slot[MtlbusError | None] = Slot("_dataset_error", None)


def draw() -> None:
    """Draw the sidebar and settle the current case."""
    with st.sidebar:
        found, blind = state.current(), state.is_blind()
        if blind:
            st.button(
                "Show names and answers", key="_unblind", icon=":material/visibility:",
                on_click=BLIND.set, args=(False,),
            )  # fmt: skip
        else:
            _subject(found)
            _choice(found)
        walk.buttons(found.key)
        if not isinstance(found, Unopened):
            picture, about = st.columns([2, 3], gap="small")
            seen = found.image.pixels if isinstance(found, Case) else found.image.seen
            picture.image(thumbnail(seen, 240), alt=f"Current case: {found.title}", width="stretch")
            about.caption(literal(found.about))
        if isinstance(found, Case):
            edit_tools.undo(found)
            edit_tools.pick_frame(found)
        subject = subjects.current()
        of = "" if subject == BREAST else f" of “{literal(subjects.title_of(subject))}”"
        uploads.uploader(f"Upload an image{of} (PNG, JPEG, BMP, TIFF, WebP, GIF, DICOM)", "_upload")
        st.caption(uploads.CONSENT)
        _datasets()
        st.button(
            "Lecture mode", key="_lecture_begin", icon=":material/present_to_all:", width="stretch",
            on_click=LECTURE.set, args=(True,),
            help="No sidebar, large type, the picture as high as the screen. Arrow keys change the "
            "case, B hides and shows answers and names, F fills the screen.",
        )  # fmt: skip
        st.caption(f":material/memory: {services.device_words()}")
        with st.container(gap=None):  # two elements with nothing to see
            too_large.listen()
            theme.follow()
    if blind:  # a name may tell the answer
        address.drop_link("case")
    else:
        address.write_link("case", found.key)


def _subject(found: Case | TaskCase | Unopened) -> None:
    """What is looked at, where networks for more than breast ultrasound are here."""
    subjects.note(found)
    others = subjects.declarations()
    if not others:
        return
    titles = {BREAST.name: BREAST.title}
    titles |= {name: subjects.title_of(one) for name, one in others.items()}
    now = subjects.current().name
    titles.setdefault(now, subjects.title_of(subjects.current()))

    def turn(name: str) -> None:
        before = state.case_before()  # of breast ultrasound
        back = state.DEFAULT_CASE if before is None else before.key
        state.choose_case(back if name == BREAST.name else subjects.first_case(name))

    st.selectbox(
        "Subject", list(titles), format_func=titles.get, **shown("_pick_subject", now, turn),
        help="What the images are of, and what their networks are asked.",
    )  # fmt: skip


def _choice(found: Case | TaskCase | Unopened) -> None:
    subject = subjects.current()
    if isinstance(found, Unopened):
        title = unopened.title_of(found)
    else:
        title = f"{found.key.partition(':')[0]}: {found.title}"
    titles = cases.titles_at_hand() if subject == BREAST else subjects.titles(subject)
    titles.setdefault(found.key, title)
    st.selectbox(
        "Case",
        list(titles),
        format_func=lambda key: titles.get(key, key),
        **shown("_case_choice", found.key, state.choose_case),
        help="Phantoms are simulated images with a known truth; they ship with this explorer.",
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
        st.selectbox("Layout of another folder in it", list(LAYOUTS), key=_LAYOUT.name)
        st.text_input(
            "Its path",
            key=_PATH.name,
            placeholder="inside of the datasets above",
            on_change=_take_path,
        )
    if (error := _ERROR.get()) is not None:
        explain_error(error)


def _take_path() -> None:
    _ERROR.set(None)
    path = _PATH.get()
    if not path.strip():
        return
    try:
        datasets.open_inside(_LAYOUT.get(), path)
    except MtlbusError as error:
        _ERROR.set(error)
