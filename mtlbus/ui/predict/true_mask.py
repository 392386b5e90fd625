"""A true mask for an uploaded image, so that a prediction can be compared with it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import streamlit as st

from ...core.errors import MtlbusError
from ...data.masks import fitting_mask
from .. import case_store, state
from ..case import Case
from ..session import Slot
from ..widgets import explain_error

_TYPES = ("png", "jpg", "jpeg", "bmp", "tif", "tiff")
_CHANGED = Slot("_true_mask_changed", False)
_ERROR: Slot[MtlbusError | None] = Slot("_true_mask_error", None)


def offer(case: Case) -> None:
    """A place to drop a mask for an uploaded case; draws the page again when it changed."""
    widget = f"_true_mask_{case.image.sha256[:12]}"
    with st.popover("Compare with a true mask", icon=":material/join_inner:", width="content"):
        st.file_uploader(
            "A mask of the same size: white lesion on black",
            type=_TYPES,
            key=widget,
            on_change=_take,
            args=(case, widget),
        )
        if (error := _ERROR.get()) is not None:
            explain_error(error)
    if _CHANGED.take():
        st.rerun()


def _take(case: Case, widget: str) -> None:
    """Callback: the case with the dropped mask takes the place of the one before."""
    file = Slot(widget, None).get()
    _ERROR.set(None)
    try:
        found = with_mask(case, None if file is None else file.getvalue())
    except MtlbusError as error:
        _ERROR.set(error)
        return
    store = case_store.of_session()
    store.drop(case.key)
    state.choose_case(store.add(found))
    _CHANGED.set(True)


def with_mask(case: Case, mask: bytes | None) -> Case:
    """The uploaded case with another true mask, or with none; its key follows the mask.

    Raises:
        InputError: the bytes are no mask, or of another size than the image.
    """
    key = f"{case_store.UPLOAD}{case.image.sha256[:12]}"
    if mask is None:
        return replace(case, key=key, truth=None)
    truth = fitting_mask(mask, case.image.pixels.shape)
    return replace(case, key=f"{key}-{hashlib.sha256(mask).hexdigest()[:8]}", truth=truth)
