"""Cases where the subject is no breast ultrasound: all images of it at hand as a contact sheet."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from ...core.declaration import Declaration
from ...core.errors import MtlbusError
from ...core.text import literal
from ...data.layouts import OTHER_TASKS
from ...figures.overlay import contact_print
from .. import datasets
from ..browse import sheet
from ..browse.collection import SIDE, Entry, natural
from ..widgets import explain_error
from . import subjects


def show(declaration: Declaration) -> None:
    """Phantoms, the visitor's images, and the datasets of this server that are about it."""
    st.title("Cases")
    found = [_entry(key, title) for key, title in subjects.titles(declaration).items()]
    for layout in datasets.here():
        if layout in OTHER_TASKS:
            try:
                found += _of_dataset(layout, declaration)
            except MtlbusError as error:
                explain_error(error)
    if found:
        about = literal(subjects.title_of(declaration))
        sheet.prints(found, f"**{len(found)}** images of “{about}”")
    else:
        st.info(
            "No image of this subject is here: upload one in the sidebar.", icon=":material/upload:"
        )


def _of_dataset(layout: str, declaration: Declaration) -> Iterator[Entry]:
    if subjects.alike(datasets.open_dataset(layout).declaration, declaration):
        for name in sorted(datasets.samples_of(layout), key=natural):
            yield _entry(f"{layout}:{name}", name)


def _entry(key: str, title: str) -> Entry:
    def picture() -> bytes:
        case = subjects.open_case(key)
        assert case is not None
        return contact_print(case.image.seen, SIDE)

    return Entry(key, title, "", picture, key)
