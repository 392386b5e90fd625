"""What a person does to the current image step by step: it belongs to that image alone.

The steps stand in the address, so that a link shows the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ..core.errors import MtlbusError
from . import address
from .case import Case
from .session import Slot

T = TypeVar("T")


class CaseSteps(Generic[T]):
    """The steps of one kind.

    Args:
        name: in the address.
        read, write: from and to the address; `read` raises an `InputError` where they are too many.
        try_on: raises an `InputError` where the steps cannot be made on a case.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[str], tuple[T, ...]],
        write: Callable[[tuple[T, ...]], str],
        try_on: Callable[[Case, tuple[T, ...]], Any],
    ) -> None:
        self._read, self._write, self._try_on = read, write, try_on
        self._written = Slot(name, "")
        self._of = Slot(f"_{name}_of", "")  # digest of the image that they are for

    def of_case(self, case: Case) -> tuple[T, ...]:
        """The steps on an image, the first one first; another image begins without any."""
        name, steps = self._written.name, ()
        if self._of.get() != case.image.sha256 and not address.came_by_link(name):
            self._written.take()
        self._of.set(case.image.sha256)
        try:
            steps = self._read(self._written.get())
            self._try_on(case, steps)
        except MtlbusError as error:
            address.say_of_link(name, str(error))
            steps = ()
        self._written.set(self._write(steps))
        address.link_unless(name, self._write(steps), "")
        return steps

    def take(self, case: Case, steps: tuple[T, ...]) -> None:
        """Callback: keep these steps, if they can be made on this image."""
        try:
            self._try_on(case, self._read(self._write(steps)))
        except MtlbusError as error:
            address.say(f"{error} Nothing was changed.")
        else:
            self._written.set(self._write(steps))
