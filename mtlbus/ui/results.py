"""Results kept by content: a bounded memory, one heavy job at a time, shared waiting.

Streamlit's own data cache samples large arrays when it hashes them, so two images that differ in
one pixel would share a result; and every visitor can empty it. Here the caller gives the key, and
it is made of digests.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any
from weakref import WeakSet

import numpy as np
import torch

from .gate import SAY_EVERY, Gate, Say

SHARED_WORDS = "Another session computes this already"

STORES: WeakSet[ResultStore] = WeakSet()
"""All stores of the process."""


class ResultStore:
    """Least recently used results, bounded by bytes; safe to share between sessions.

    Args:
        max_bytes: the oldest results are dropped above this; the newest always stays.
        size_of: bytes of a result.
        gate: what a computation has to pass; None where no network runs in it.
    """

    def __init__(
        self, max_bytes: int, size_of: Callable[[Any], int], gate: Gate | None = None
    ) -> None:
        self._max_bytes, self._size_of, self._gate = max_bytes, size_of, gate
        self._lock = threading.Lock()
        self._done: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._running: dict[Hashable, Future] = {}
        STORES.add(self)

    def peek(self, key: Hashable) -> Any | None:
        """The result if it is there, without computing anything."""
        with self._lock:
            if key not in self._done:
                return None
            self._done.move_to_end(key)
            return self._done[key][0]

    def get(self, key: Hashable, compute: Callable[[], Any], say: Say | None = None) -> Any:
        """The result of `compute()`, run once for each key however many ask at the same time.

        An error goes to everyone who waits, and is not kept. A click that ends the computation of
        one session is no error: the next one that waits computes instead.

        Args:
            key: made of digests.
            compute: passes the gate of this store first.
            say: is told what it waits for.
        """
        while True:
            with self._lock:
                if key in self._done:
                    self._done.move_to_end(key)
                    return self._done[key][0]
                waiting = self._running.get(key)
                if waiting is None:
                    mine = self._running[key] = Future()
            if waiting is None:
                return self._compute(key, compute, say, mine)
            if self._gate is not None and self._gate.is_mine:
                return compute()  # who is inside waits for nobody: the other one waits for the gate
            outcome = _wait_for(waiting, say)
            if outcome is not None:
                return outcome[0]

    def _compute(
        self, key: Hashable, compute: Callable[[], Any], say: Say | None, mine: Future
    ) -> Any:
        try:
            if self._gate is None:
                value = compute()
            else:
                with self._gate.turn(say=say):
                    value = compute()
        except BaseException as error:
            with self._lock:
                del self._running[key]
            if isinstance(error, Exception):
                mine.set_exception(error)
            else:
                mine.set_result(None)  # ended by a click: nothing is known
            raise
        with self._lock:
            del self._running[key]
            self._keep(key, value)
        mine.set_result((value,))
        return value

    def _keep(self, key: Hashable, value: Any) -> None:
        self._done[key] = (value, self._size_of(value))
        total = sum(size for _, size in self._done.values())
        while total > self._max_bytes and len(self._done) > 1:
            _, (_, size) = self._done.popitem(last=False)
            total -= size

    def forget(self, digest: str) -> None:
        """Drop every result whose key names `digest`."""
        with self._lock:
            for key in [key for key in self._done if _names(key, digest)]:
                del self._done[key]

    @property
    def held(self) -> list[Hashable]:
        """The keys of what is kept, oldest first."""
        with self._lock:
            return list(self._done)


def _names(key: Hashable, digest: str) -> bool:
    """Whether a digest stands in a key, at any depth."""
    return key == digest or (isinstance(key, tuple) and any(_names(part, digest) for part in key))


def bytes_held(*planes: np.ndarray | torch.Tensor | None) -> int:
    """What arrays and tensors keep in memory: all of the buffers they are views of, each once."""
    buffers = {}
    for plane in planes:
        while isinstance(plane, np.ndarray) and plane.base is not None:
            plane = plane.base
        if isinstance(plane, np.ndarray):
            buffers[id(plane)] = plane.nbytes
        elif isinstance(plane, torch.Tensor):
            storage = plane.untyped_storage()
            buffers[storage.data_ptr()] = storage.nbytes()
        elif plane is not None:  # the owner of a foreign buffer
            buffers[id(plane)] = memoryview(plane).nbytes
    return sum(buffers.values())


def _wait_for(other: Future, say: Say | None) -> tuple[Any] | None:
    """The result of another session in a tuple; None where it was ended before there was one."""
    while True:
        try:
            return other.result(SAY_EVERY if say else None)
        except TimeoutError:
            if other.done():  # the computation itself ran out of time
                raise
            say(SHARED_WORDS)
