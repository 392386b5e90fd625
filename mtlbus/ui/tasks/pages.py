"""Which page stands in place of another where the current case is no breast ultrasound."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...core.declaration import BREAST
from ...data.task_case import TaskCase
from ..case import Case
from ..case_store import Unopened
from . import attention, attributions, cases, compare, performance, predict, subjects

_PAGES: dict[str, Callable[[TaskCase], None]] = {
    "home.py": predict.home,
    "predict.py": predict.show,
    "compare.py": compare.show,
    "attention.py": attention.show,
    "attributions.py": attributions.show,
}


def page_for(
    file: str, about_case: bool, found: Case | TaskCase | Unopened
) -> Callable[[], None] | None:
    """The page of a file for a case of other tasks; None for those that stay as they are."""
    subjects.note(found)
    if file == "performance.py" and subjects.current() != BREAST:
        return partial(performance.show, subjects.current())
    if file == "cases.py" and subjects.current() != BREAST:
        return partial(cases.show, subjects.current())
    if isinstance(found, TaskCase) and about_case:
        return partial(_PAGES.get(file, predict.breast_only), found)
    return None
