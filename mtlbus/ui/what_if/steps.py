"""The changes of the current picture."""

from __future__ import annotations

from dataclasses import replace

from ...core.errors import MtlbusError
from ...data.what_if import EditStep, edited, read_edits, write_edits
from .. import address, case_store
from ..case import Case
from ..case_steps import CaseSteps
from ..session import Slot

_CHANGED: Slot[tuple[tuple | None, Case | None]] = Slot("_edits_case", (None, None))
# The changed case with what it was made of: made anew, all that is known of it would be lost.


def changed_case(case: Case, steps: tuple[EditStep, ...]) -> Case | None:
    """The case after the steps, made once; None without any.

    Raises:
        InputError: the steps do not go together on this picture.
    """
    if not steps:
        return None
    of, kept = _CHANGED.get()
    wanted = (case.key, case.image.sha256, write_edits(steps))
    if of == wanted:
        return kept
    image, truth = edited(case.image, case.truth, steps)
    words = tuple(step.words for step in steps)
    made = replace(
        case, key=case_store.key_of(image.sha256), title=f"{case.title} (changed)", image=image,
        truth=truth, before=case, film="", changed=words,
        about=f"{case.about} Changed to see what happens: {', '.join(words)}.",
    )  # fmt: skip
    _CHANGED.set((wanted, made))
    return made


EDITS = CaseSteps("edits", read_edits, write_edits, changed_case)


def add(case: Case, steps: tuple[EditStep, ...], kind: str, numbers: tuple[float, ...]) -> None:
    """Callback: one change more."""
    try:
        step = EditStep(kind, numbers)
    except MtlbusError as error:
        address.say(f"{error} Nothing was changed.")
    else:
        EDITS.take(case, (*steps, step))
