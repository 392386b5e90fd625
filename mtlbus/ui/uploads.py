"""A file that a person gives: the next case, or a page about that file where it cannot be read.

Any name and any extension may come in; `data.intake` judges the bytes. An uploader is empty again
as soon as its file is taken: what is looked at stands in the sidebar, and the server keeps no
second copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ..core.declaration import BREAST
from ..core.errors import MtlbusError
from ..data import edits
from ..data.decoding import read_image
from ..data.intake import clean_name
from ..data.limits import MAX_BYTES
from ..data.task_case import TaskCase, open_picture
from . import case_store, cases, state
from .case import Case
from .case_store import Film, Unopened, key_of
from .session import Slot
from .tasks import subjects

LIMIT_MB = MAX_BYTES // 1024**2
CONSENT = (
    "Images stay in the memory of the server, never on its disk, until two minutes after this tab "
    "is closed. Do not upload identifiable data: names burned into the picture remain visible; of "
    "a DICOM header spacing and modality are kept."
)
WIDGETS = ("_upload", "_home_upload", "_page_upload", "_again")
"""Keys of the uploaders of one image: in the sidebar, on Home, on Predict, and on the page of a
refused file."""
_NAMELESS = "The file"
_BEGUN = Slot("_session_has_begun", False)


def uploader(
    label: str, widget: str, then: Callable[[], None] | None = None, help: str | None = None
) -> None:
    """Draw an uploader for one image; its file becomes the current case.

    Args:
        label: of the uploader.
        widget: its key, one of `WIDGETS`.
        then: called after a file was taken that can be looked at.
        help: more words about it.
    """
    st.file_uploader(
        label, key=_key(widget), max_upload_size=LIMIT_MB, help=help,
        on_change=_take, args=(widget, then),
    )  # fmt: skip


def _key(widget: str) -> str:
    """A new key after each file, which makes the uploader empty."""
    turn = _turn(widget).get()
    return f"{widget}_{turn}" if turn else widget


def _turn(widget: str) -> Slot[int]:
    return Slot(f"{widget}_turn", 0)


def _take(widget: str, then: Callable[[], None] | None) -> None:
    file = Slot(_key(widget), None).get()
    if file is None:
        return
    found = accept(file.getvalue(), file.name)
    _forget(file.file_id)
    empty(widget)
    if then is not None and not isinstance(found, Unopened):
        then()


def take_early() -> None:
    """Take the file that came before the first run of this session.

    A tab that outlives a restart of the server gives its next file to the uploader of a session
    that is gone: the file arrives, but no run is told of it, and it would be lost in silence.
    """
    if _BEGUN.get():
        return
    _BEGUN.set(True)
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        files = context.uploaded_file_mgr.file_storage.get(context.session_id, {})
        for file in list(files.values()):
            accept(file.data, file.name)
            _forget(file.file_id)
            for widget in WIDGETS:  # one of them shows it still
                empty(widget)


def empty(widget: str) -> None:
    """Let an uploader begin anew."""
    _turn(widget).set(_turn(widget).get() + 1)


def _forget(file_id: str) -> None:
    """Take a file out of Streamlit's own store, as its chat input does with its files."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file_id)


def accept(data: bytes, name: str) -> Case | TaskCase | Unopened:
    """Make a file the current case, or say why it cannot be one; returns which.

    It is taken for what the case before it was: breast ultrasound, or the subject of other tasks.

    Args:
        data: its bytes, of anything.
        name: as the browser tells it.
    """
    digest, declaration = hashlib.sha256(data).hexdigest(), subjects.current()
    key = key_of(digest)
    if declaration != BREAST:  # the same file is another case there
        key = key_of(hashlib.sha256(f"{declaration.name} {digest}".encode()).hexdigest())
    try:
        if declaration != BREAST:
            picture = open_picture(data, declaration.image, name)
            found = subjects.from_upload(key, picture, declaration)
            state.choose_case(case_store.of_session().add(found))
            return found
        image = read_image(data, name)
    except MtlbusError as error:
        return refuse(key, name, error)
    film = Film(digest, data, name, image.frame) if image.frames > 1 else None
    case = cases.from_upload(key, image, film)
    state.choose_case(case_store.of_session().add(case, film))
    return case


def turn_to(case: Case, frame: int) -> Case | Unopened:
    """Make another frame of the same film the current case, or say why it cannot be one.

    Args:
        case: a frame of a film.
        frame: counted from 0.
    """
    store = case_store.of_session()
    film = store.film_of(case)
    if film is None:
        return case
    chosen = frame != film.opens_with
    digest = edits.digest_of_frame(film.digest, frame) if chosen else film.digest
    try:
        image = replace(read_image(film.data, film.name, frame), sha256=digest)
    except MtlbusError as error:
        return refuse(key_of(digest), film.name, error)
    found = cases.from_upload(key_of(image.sha256), image, film)
    state.choose_case(store.add(found, film))
    return found


def refuse(key: str, name: str, error: MtlbusError) -> Unopened:
    """Make a file that cannot be read what the pages are about, in place of any other case."""
    found = Unopened(key, file_name(name), "refused", str(error))
    state.choose_case(case_store.of_session().add(found))
    return found


def file_name(name: str) -> str:
    """A file's name without folders, of a length and of signs that a page can show."""
    return clean_name(name) or _NAMELESS
