"""The one gate of the process: one heavy job at a time, short ones first, and a place in the line.

Two networks at once on two cores are slower than one by one. Who waits is told how many are before
him and how long they take, as far as that is known from the ones before, and may leave the line at
any moment: a click, a closed session.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Say = Callable[[str], None]
"""Is told what a wait is for, every now and then; what it raises ends the wait."""

SAY_EVERY = 0.4  # seconds
GRACE = 5.0  # seconds that a long job waits longer than a short one, so that it comes at last
NEWEST = 0.3  # weight of the last job in what one is expected to take


@dataclass(eq=False)
class _Place:
    """A place in the line: `due` orders it, `called` says that the gate is its own now."""

    due: float
    long: bool
    called: threading.Event = field(default_factory=threading.Event)


class Gate:
    """Lets one thread in at a time; who is inside may come in again.

    It is handed over from one to the next, so nobody overtakes the line.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: list[_Place] = []
        self._inside: int | None = None  # the thread; None also while the gate is handed over
        self._long, self._since = False, 0.0  # of the job inside
        self._usual: dict[bool, float] = {}  # seconds of a long and of a short job
        self._taken = False
        self._depth = 0

    @property
    def is_mine(self) -> bool:
        """Whether this thread is inside."""
        return self._inside == threading.get_ident()

    @property
    def is_taken(self) -> bool:
        """Whether anybody is inside."""
        return self._taken

    @contextmanager
    def turn(self, long: bool = False, say: Say | None = None) -> Iterator[None]:
        """Wait for the own turn and stay inside for the block.

        Args:
            long: a job that short ones may overtake, for `GRACE` seconds.
            say: is told while waiting how many are before, and for about how long.
        """
        self.enter(long, say)
        try:
            yield
        finally:
            self.leave()

    def enter(self, long: bool = False, say: Say | None = None) -> None:
        """Wait for the own turn; each time asks for a `leave`."""
        if not self.is_mine:
            self._wait(_Place(time.monotonic() + (GRACE if long else 0), long), say)
            self._inside = threading.get_ident()
            self._long, self._since = long, time.monotonic()
        self._depth += 1

    def leave(self) -> None:
        """Let the next one in, unless this thread came in more than once."""
        self._depth -= 1
        if self._depth == 0:
            took = time.monotonic() - self._since
            usual = self._usual.get(self._long, took)
            self._usual[self._long] = usual + NEWEST * (took - usual)
            self._inside = None
            self._hand_over()

    def _wait(self, mine: _Place, say: Say | None) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            self._line.append(mine)
            self._line.sort(key=lambda place: place.due)
        try:
            while not mine.called.wait(SAY_EVERY if say else None):
                say(before_words(*self._before(mine)))
        except BaseException:
            with self._lock:
                waiting = mine in self._line
                if waiting:
                    self._line.remove(mine)
            if not waiting:  # called in the same moment
                self._hand_over()
            raise

    def _before(self, place: _Place) -> tuple[int, float | None]:
        """Who is inside and those that wait in front of a place; their seconds, None if unknown."""
        with self._lock:
            waiting = self._line[: self._line.index(place)] if place in self._line else []
            kinds = {self._long, *(other.long for other in waiting)}
            if not kinds <= self._usual.keys():
                return 1 + len(waiting), None
            left = max(0.0, self._usual[self._long] - (time.monotonic() - self._since))
            return 1 + len(waiting), left + sum(self._usual[other.long] for other in waiting)

    def _hand_over(self) -> None:
        with self._lock:
            self._taken = bool(self._line)
            if self._line:
                self._line.pop(0).called.set()


def before_words(count: int, seconds: float | None = None) -> str:
    """A place in the line, in words; of less than a second nothing is said."""
    about = "" if seconds is None or seconds < 1 else f", about {seconds:.0f} s"
    return f"Waiting for the network: {count} before you{about}"


GATE = Gate()
"""Where every network of this process passes."""
