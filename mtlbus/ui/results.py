"""Results kept by content: a bounded memory, one heavy job at a time, shared waiting.

Streamlit's own data cache samples large arrays when it hashes them, so two images that differ in
one pixel would share a result. Here the caller gives the key, and it is made of digests.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

HEAVY = threading.BoundedSemaphore(1)
"""The one gate of the process: two networks at once on two cores are slower than one by one."""


class ResultStore:
    """Least recently used results, bounded by bytes; safe to share between sessions.

    Args:
        max_bytes: the oldest results are dropped above this; the newest always stays.
        size_of: bytes of a result.
        gate: what a computation has to pass.
    """

    def __init__(
        self,
        max_bytes: int,
        size_of: Callable[[Any], int],
        gate: threading.Semaphore = HEAVY,
    ) -> None:
        self._max_bytes, self._size_of, self._gate = max_bytes, size_of, gate
        self._lock = threading.Lock()
        self._done: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._running: dict[Hashable, Future] = {}

    def peek(self, key: Hashable) -> Any | None:
        """The result if it is there, without computing anything."""
        with self._lock:
            if key not in self._done:
                return None
            self._done.move_to_end(key)
            return self._done[key][0]

    def get(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """The result of `compute()`, run once for each key however many ask at the same time.

        An error goes to everyone who waits, and is not kept.
        """
        with self._lock:
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key][0]
            waiting = self._running.get(key)
            if waiting is None:
                mine = self._running[key] = Future()
        if waiting is not None:
            return waiting.result()
        try:
            with self._gate:
                value = compute()
        except BaseException as error:
            with self._lock:
                del self._running[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._running[key]
            self._keep(key, value)
        mine.set_result(value)
        return value

    def _keep(self, key: Hashable, value: Any) -> None:
        self._done[key] = (value, self._size_of(value))
        total = sum(size for _, size in self._done.values())
        while total > self._max_bytes and len(self._done) > 1:
            _, (_, size) = self._done.popitem(last=False)
            total -= size
