"""The corrections of the current outline."""

from __future__ import annotations

from ...core.errors import InputError
from ...data.outline_steps import OutlineStep, read_steps, write_steps
from ..case import Case
from ..case_steps import CaseSteps


def _try_on(case: Case, steps: tuple[OutlineStep, ...]) -> None:
    if case.truth is None and any(step.kind == "truth" for step in steps):
        raise InputError("The true outline is not known here.")


CORRECTIONS = CaseSteps("outline", read_steps, write_steps, _try_on)
