"""Work in the background, step by step, as long as somebody looks.

Each step passes the gate as a long job, so that whoever turns a knob meanwhile goes first. A job
that nobody has looked at for a few seconds ends by itself: its tab was closed, or shows another
page. What is done by then is kept.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence

from ..gate import GATE
from ..session import Slot

LOG = logging.getLogger("mtlbus")
PATIENCE = 8.0  # seconds; a page looks every `EVERY` seconds
EVERY = 1.5
_JOB: Slot[Job | None] = Slot("_lab_job", None)
Work = Callable[[], None]


class _Ended(Exception):
    """The job was stopped while it waited for its turn."""


class Job:
    """Steps that a thread of its own does one after the other.

    Args:
        key: what they are for.
        steps: each keeps its own result.
    """

    def __init__(self, key: Hashable, steps: Sequence[Work]) -> None:
        self.key, self.steps = key, tuple(steps)
        self.done, self.error = 0, None
        self._seen, self._stopped = time.monotonic(), False
        self._thread = threading.Thread(target=self._run, name="phantom lab", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether there is work to come."""
        return self._thread.is_alive()

    def look(self) -> None:
        """Say that somebody looks."""
        self._seen = time.monotonic()

    def stop(self) -> None:
        """End it after the step that is being done."""
        self._stopped = True

    def wait(self, seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            for step in self.steps:
                with GATE.turn(long=True, say=self._go_on):
                    self._go_on()
                    step()
                self.done += 1
        except _Ended:
            pass
        except Exception as error:  # is told on the page, and logged as any other
            LOG.error("A step in the background failed", exc_info=error)
            self.error = error

    def _go_on(self, _: str = "") -> None:
        if self._stopped or time.monotonic() - self._seen > PATIENCE:
            raise _Ended


def begin(key: Hashable, steps: Sequence[Work]) -> Job:
    """Start the job of this session; an earlier one ends."""
    before = _JOB.get()
    if before is not None:
        before.stop()
    job = Job(key, steps)
    _JOB.set(job)
    return job


def current(key: Hashable) -> Job | None:
    """The job of this session if it is the one for this."""
    job = _JOB.get()
    return job if job is not None and job.key == key else None
