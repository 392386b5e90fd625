"""What is being looked at, the same on every page, and its place in the address.

`?case=…&method=…` reproduces a view. An uploaded image is in nobody's link: such a link says so,
and no other image takes its place.
"""

from __future__ import annotations

from ..core.errors import InputError, MtlbusError
from ..data.task_case import TaskCase
from . import case_store, cases
from .address import shortened
from .case import Case
from .case_store import UPLOAD, CaseError, Unopened
from .memory import switch
from .session import Slot
from .tasks import subjects

DEFAULT_CASE = "spiculated-carcinoma"
CASE = Slot("case", DEFAULT_CASE)
BLIND = Slot[bool | str]("blind", False)
LECTURE = Slot[bool | str]("lecture", False)
_BEFORE: Slot[str | None] = Slot("_case_before", None)  # that there was something to look at
_LOST = (
    "Your image was in another session or tab: upload it again. An image stays in the memory of "
    "the session that it was given to, so a link or a reload cannot bring it back."
)
_MADE_ROOM = (
    "This image made room for newer ones: upload it again. The explorer keeps "
    f"{case_store.MAX_ENTRIES} images a visitor, and at most "
    f"{case_store.MAX_BYTES // 1024**2} MB of them."
)


def current() -> Case | TaskCase | Unopened:
    """The case that the sidebar shows, or why there is nothing to look at. Never fails."""
    key = CASE.get()
    try:
        found = subjects.open_case(key) or open_case(key)
        return cases.blinded(found) if is_blind() else found
    except CaseError as error:
        return error.found
    except MtlbusError as error:
        return Unopened(key, shortened(key), "unknown", f"{error} Choose another case.")


def is_blind() -> bool:
    """Whether name and answers of the current case are hidden."""
    return switch("blind")


def current_case() -> Case:
    """The case of breast ultrasound that the sidebar shows, for what runs only where there is one.

    Raises:
        CaseError: there is none; the frame keeps such a page from running.
    """
    return _of_breast(current())


def _of_breast(found: Case | TaskCase | Unopened) -> Case:
    if isinstance(found, TaskCase):
        raise InputError(f"{found.title} is no breast ultrasound. Choose another case.")
    if isinstance(found, Unopened):
        raise CaseError(found)
    return found


def open_case(key: str) -> Case:
    """The case of breast ultrasound behind a key.

    Raises:
        InputError, DataError: it does not exist here, or cannot be read.
    """
    if not key.startswith(UPLOAD):
        return cases.open_shipped(key)
    store = case_store.of_session()
    found = store.get(key)
    if found is None:
        why = _MADE_ROOM if store.made_room(key) else _LOST
        found = Unopened(key, "Your image is not here", "lost", why)
    return _of_breast(found)


def choose_case(key: str) -> None:
    """Make `key` the current case; to be called before the sidebar is drawn, or in a callback."""
    now = current()
    if isinstance(now, Case):
        _BEFORE.set(now.key)
    CASE.set(key)


def case_before() -> Case | None:
    """What was looked at before the current case; None where there is nothing to go back to."""
    key = _BEFORE.get()
    if key is None or key == CASE.get():
        return None
    try:
        return open_case(key)
    except MtlbusError:  # it has gone since
        return None
