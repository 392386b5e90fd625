"""Files above the limit, which the browser keeps to itself: named to the server, never sent to it.

Streamlit's uploader marks such a file red and tells the server nothing, so the page would go on
about another image. This element has nothing to see: it listens to what is given to the uploaders
of images, and reports name and size of a file that is too large.
"""

from __future__ import annotations

import hashlib

from ..core.errors import MtlbusError
from ..data.limits import MAX_BYTES, check_bytes
from . import case_store, uploads
from .component import component
from .session import Slot

_KEY = "_too_large"
_MOUNT = component(__file__)


def listen() -> None:
    """Listen on this page; once, anywhere."""
    _MOUNT(
        key=_KEY,
        on_file_change=_take,
        data={"most": MAX_BYTES, "uploaders": list(uploads.WIDGETS)},
    )


def _take() -> None:
    told = Slot[dict](_KEY, {}).get().get("file") or {}
    report(str(told.get("name", "")), told.get("size"), str(told.get("uploader", "")))


def report(name: str, size: object, widget: str) -> None:
    """Make a file that the browser kept the one that the pages are about.

    What a browser says may be made up, so it is asked as a file that came would be.

    Args:
        name: of the file.
        size: its bytes.
        widget: key of the uploader that it was given to.
    """
    if not isinstance(size, int) or widget not in uploads.WIDGETS:
        return
    name = uploads.file_name(name)
    try:
        check_bytes(size, name)
    except MtlbusError as error:
        digest = hashlib.sha256(f"{name} of {size} bytes".encode("utf-8", "replace")).hexdigest()
        uploads.refuse(case_store.key_of(digest), name, error)
        uploads.empty(widget)
